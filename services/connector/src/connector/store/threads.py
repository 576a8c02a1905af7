"""How far the documents of a thread came: whether anything of it has, or may have, reached its partner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crossdock_kit.driver import Driver


@dataclass(frozen=True, slots=True)
class Heard:
    """`here`: this partner heard of it, or is still to hear of it; `anywhere`: anybody."""

    here: bool
    anywhere: bool


# What was cancelled has reached nobody if it was never handed to a worker, or still lacks its consignee.
_HEARD = """
WITH told AS (
  SELECT d.thread, d.partner = $2 AS here,
    v.state <> 'cancelled' OR (v.attempts > 0 AND d.consignee_of = '') AS heard
  FROM document d JOIN delivery v ON v.tenant = d.tenant AND v.delivery_id = d.document_id
  WHERE d.tenant = $1 AND d.thread = ANY($3::text[]) AND d.thread <> '' AND d.unsent IS NULL)
SELECT thread, bool_or(here AND heard) AS here, bool_or(heard) AS anywhere FROM told GROUP BY thread
HAVING bool_or(here)
"""


async def heard_of(driver: Driver, tenant: str, partner: str, threads: Iterable[str]) -> dict[str, Heard]:
    """By thread, those of which the partner was to be told something."""
    rows = await driver.fetch(_HEARD, tenant, partner, sorted(set(threads)))
    return {row["thread"]: Heard(row["here"], row["anywhere"]) for row in rows}
