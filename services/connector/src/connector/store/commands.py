"""Commands to other contexts that have no answer yet, as far as later ones have to wait for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from crossdock_kit.driver import Driver


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A command on its way, and what it is about."""

    delivery_id: UUID
    keys: frozenset[str]


_UNFINISHED = """
SELECT delivery_id, keys FROM delivery WHERE tenant = $1 AND partner = $2 AND state IN ('waiting', 'leased')
  AND ordering_key LIKE $3 AND keys && $4::text[]
"""


async def unfinished(driver: Driver, tenant: str, peer: str, partner: str, keys: Sequence[str]) -> list[Unfinished]:
    """Commands to `peer` from documents of the partner that concern one of these keys."""
    like = partner.replace("_", r"\_").replace("%", r"\%") + "/%"
    rows = await driver.fetch(_UNFINISHED, tenant, peer, like, list(keys))
    return [Unfinished(row["delivery_id"], frozenset(row["keys"])) for row in rows]
