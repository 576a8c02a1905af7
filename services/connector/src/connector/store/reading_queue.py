"""Which stored document is read next: by one process per partner, in the order of arrival; waits are put off."""

# ruff: noqa: S608  the only text put into statements is this package's own
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from crossdock_kit.driver import Driver

from connector.store import documents
from connector.store.document import COLUMNS, Document, from_row

_DUE = "SELECT DISTINCT tenant, partner FROM document WHERE next_attempt_at <= now()"
_NEXT = f"""
SELECT {COLUMNS} FROM document WHERE tenant = $1 AND partner = $2 AND next_attempt_at <= now()
ORDER BY position LIMIT $3 FOR UPDATE
"""
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1))"


async def due_partners(driver: Driver) -> list[tuple[str, str]]:
    """Tenant and partner of whatever is to be translated now."""
    return [(row["tenant"], row["partner"]) for row in await driver.fetch(_DUE)]


async def next_due(driver: Driver, tenant: str, partner: str, limit: int) -> list[Document]:
    """The partner's first documents that are due, locked; none where another process is at it. A document that could
    not be read before comes alone."""
    if not await driver.fetchval(_LOCK, f"translate/{tenant}/{partner}"):
        return []
    found = [from_row(row) for row in await driver.fetch(_NEXT, tenant, partner, limit)]
    failed_before = next((n for n, each in enumerate(found) if each.failures), len(found))
    found = found[: failed_before or 1]
    await documents.with_messages(driver, tenant, found)
    return found


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that waits, and what it is about."""

    position: int
    document_id: UUID
    keys: frozenset[str]


_WAITING = """
SELECT position, document_id, keys FROM document WHERE tenant = $1 AND partner = $2 AND state = 7
  AND document_id <> ALL($3::uuid[]) AND keys && $4::text[] ORDER BY position
"""


async def waiting_for(driver: Driver, batch: Sequence[Document], keys: Sequence[str]) -> list[Waiting]:
    """Documents of the partner, the batch itself left out, that wait and concern one of the same orders."""
    first = batch[0]
    ids = [each.document_id for each in batch]
    rows = await driver.fetch(_WAITING, first.tenant, first.partner, ids, list(keys))
    return [Waiting(row["position"], row["document_id"], frozenset(row["keys"])) for row in rows]


async def wake_waiting(driver: Driver, tenants: Sequence[str]) -> None:
    """Whatever waits for master data is tried again now."""
    await driver.execute(
        "UPDATE document SET next_attempt_at = now() WHERE tenant = ANY($1::text[]) AND state = 7", list(tenants)
    )


async def failed(driver: Driver, document: Document) -> None:
    """Notes that reading it broke, and puts it off with growing pauses."""
    await driver.execute(
        "UPDATE document SET failures = failures + 1, next_attempt_at = now() + make_interval(secs => $3)"
        " WHERE tenant = $1 AND document_id = $2",
        document.tenant,
        document.document_id,
        float(min(60, 2**document.failures)),
    )
