"""Which stored document is read next: one at a time per partner, in the order of arrival; waits are put off."""

# ruff: noqa: S608  the only text put into statements is this package's own
from __future__ import annotations

from collections.abc import Sequence

from crossdock_kit.driver import Driver

from connector.store import documents
from connector.store.documents import Document

_DUE = "SELECT DISTINCT tenant, partner FROM document WHERE next_attempt_at <= now()"
_NEXT = f"""
SELECT {documents.COLUMNS} FROM document WHERE tenant = $1 AND partner = $2 AND next_attempt_at <= now()
ORDER BY position LIMIT 1
"""
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1))"


async def due_partners(driver: Driver) -> list[tuple[str, str]]:
    """Tenant and partner of whatever is to be translated now."""
    return [(row["tenant"], row["partner"]) for row in await driver.fetch(_DUE)]


async def next_due(driver: Driver, tenant: str, partner: str) -> Document | None:
    """The partner's first document that is due; None where another process is at it. One at a time per partner."""
    if not await driver.fetchval(_LOCK, f"translate/{tenant}/{partner}"):
        return None
    row = await driver.fetchrow(_NEXT, tenant, partner)
    if row is None:
        return None
    document = documents.from_row(row)
    document.messages = await documents.messages_of(driver, tenant, document.document_id)
    return document


_BEFORE = """
SELECT document_id::text FROM document WHERE tenant = $1 AND partner = $2 AND state = 7 AND position < $3
  AND keys && $4::text[] ORDER BY position LIMIT 1
"""


async def waiting_before(driver: Driver, document: Document, keys: Sequence[str]) -> str:
    """An earlier document of the partner that waits and concerns the same order; empty text if there is none."""
    found = await driver.fetchval(_BEFORE, document.tenant, document.partner, document.position, list(keys))
    return str(found or "")


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
