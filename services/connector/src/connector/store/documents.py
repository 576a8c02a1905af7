"""Reads of documents. Whoever changes several locks them in the order of positions, so nobody waits in a circle."""

# ruff: noqa: S608  the only text put into statements is this package's own
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from crossdock_kit.database.planning import fetch_for_values
from crossdock_kit.driver import Driver

from connector.store.document import COLUMNS, Document, DocumentUnknown, from_row, message_of

_LOCKING = " FOR UPDATE"
_MESSAGES = """
SELECT document_id, kind, control_number, lines, outcome, reason, keys, transaction_ids FROM message
WHERE tenant = $1 AND document_id = ANY($2::uuid[]) ORDER BY document_id, number
"""


async def get(driver: Driver, tenant: str, document_id: UUID, *, lock: bool = False) -> Document:
    """One document with its messages. Raises DocumentUnknown."""
    found = await get_all(driver, tenant, [document_id], lock=lock)
    if document_id not in found:
        raise DocumentUnknown(str(document_id))
    return found[document_id]


async def get_all(
    driver: Driver, tenant: str, document_ids: Iterable[UUID], *, lock: bool = False
) -> dict[UUID, Document]:
    """Those that there are, with their messages, by id and in the order of their positions."""
    condition = "tenant = $1 AND document_id = ANY($2::uuid[])"
    found = await _where(driver, condition, tenant, list(document_ids), lock=lock)
    await with_messages(driver, tenant, found)
    return {each.document_id: each for each in found}


async def by_name(driver: Driver, tenant: str, partner: str, name: str, *, outbound: bool) -> list[Document]:
    condition = "tenant = $1 AND partner = $2 AND outbound = $3 AND name = $4"
    return await _where(driver, condition, tenant, partner, outbound, name)


async def in_groups(driver: Driver, tenant: str, partner: str, group_controls: Sequence[str]) -> list[Document]:
    """What was sent to a partner in these functional groups, locked."""
    condition = "tenant = $1 AND partner = $2 AND outbound AND group_control = ANY($3::text[])"
    return await _where(driver, condition, tenant, partner, list(group_controls), lock=True)


async def _where(driver: Driver, condition: str, *values: Any, lock: bool = False) -> list[Document]:
    rows = await driver.fetch(
        f"SELECT {COLUMNS} FROM document WHERE {condition} ORDER BY position{_LOCKING if lock else ''}", *values
    )
    return [from_row(row) for row in rows]


async def with_messages(driver: Driver, tenant: str, documents: Sequence[Document]) -> None:
    """Puts their messages to them. After their locks were taken, so that both are of one moment."""
    by_id = {each.document_id: each for each in documents}
    for row in await driver.fetch(_MESSAGES, tenant, list(by_id)):
        by_id[row["document_id"]].messages.append(message_of(row))


async def content(driver: Driver, tenant: str, document_id: UUID) -> bytes:
    """The sealed bytes. Raises DocumentUnknown."""
    found = await contents(driver, tenant, [document_id])
    if document_id not in found:
        raise DocumentUnknown(str(document_id))
    return found[document_id]


async def contents(driver: Driver, tenant: str, document_ids: Iterable[UUID]) -> dict[UUID, bytes]:
    rows = await driver.fetch(
        "SELECT document_id, content FROM document WHERE tenant = $1 AND document_id = ANY($2::uuid[])",
        tenant,
        list(document_ids),
    )
    return {row["document_id"]: row["content"] for row in rows}


@dataclass(frozen=True, slots=True)
class Sent:
    """A document that came before, refused and repeated ones left out: those are no reason to call another repeated."""

    position: int
    document_id: UUID
    sha256: str
    control_numbers: tuple[str, ...]


# Row security keeps an index over whole lists from us: the first control number is found by its value, and only files
# of several interchanges are looked through.
ALIKE = """
SELECT DISTINCT position, document_id, sha256, control_numbers FROM (
  SELECT * FROM document WHERE tenant = $1 AND partner = $2 AND sha256 = ANY($4::text[])
  UNION ALL
  SELECT * FROM document WHERE tenant = $1 AND partner = $2 AND control_numbers[1] = ANY($5::text[])
  UNION ALL
  SELECT * FROM document
  WHERE tenant = $1 AND partner = $2 AND cardinality(control_numbers) > 1 AND control_numbers && $5
) AS found
WHERE NOT outbound AND document_id <> ALL($3::uuid[]) AND state NOT IN (1, 4, 6)
ORDER BY position
"""


async def alike(
    driver: Driver, batch: Sequence[Document], hashes: Sequence[str], control_numbers: Sequence[str]
) -> list[Sent]:
    """What the partner sent with one of these contents or control numbers, the batch itself left out."""
    first = batch[0]
    ids = [each.document_id for each in batch]
    rows = await driver.fetch(ALIKE, first.tenant, first.partner, ids, list(hashes), list(control_numbers))
    return [_sent(row) for row in rows]


def _sent(row: asyncpg.Record) -> Sent:
    return Sent(row["position"], row["document_id"], row["sha256"], tuple(row["control_numbers"]))


_PAGE = f"""
SELECT {COLUMNS} FROM document WHERE tenant = $1 AND ($2 = '' OR partner = $2) AND ($3 = 0 OR state = $3)
  AND position < $4 ORDER BY position DESC LIMIT $5
"""


async def page(driver: Driver, tenant: str, *, partner: str, state: int, before: int, limit: int) -> list[Document]:
    """Documents with their messages, newest first."""
    rows = await fetch_for_values(driver, _PAGE, tenant, partner, state, before, limit)
    found = [from_row(row) for row in rows]
    await with_messages(driver, tenant, found)
    return found
