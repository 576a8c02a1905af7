"""Who is behind a record: names, addresses and numbers of people. The one table of a service that holds any.

Records, events and the ledger of changes carry only the row's id. Erasing empties the row and leaves the id; what was
erased stays so, though the same document is loaded again. A service that keeps such data makes the table with its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import asyncpg
from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects.postgresql import BYTEA

from crossdock_kit.database.tables import instant, tenant_key, words
from crossdock_kit.driver import Driver


def personal_data_table(metadata: MetaData) -> Table:
    """`facts` is empty once it was erased."""
    return Table(
        "personal_data",
        metadata,
        tenant_key(),
        words("personal_data_id", key=True),
        Column("facts", BYTEA, nullable=True),
        instant("erased_at", optional=True),
        words("reason"),
    )


_KEEP = """
INSERT INTO personal_data (tenant, personal_data_id, facts)
SELECT $1, * FROM unnest($2::text[], $3::bytea[])
ON CONFLICT (tenant, personal_data_id) DO UPDATE SET facts = excluded.facts
WHERE personal_data.erased_at IS NULL AND personal_data.facts <> excluded.facts
"""
_READ = "SELECT facts FROM personal_data WHERE tenant = $1 AND personal_data_id = $2"
_READ_ALL = """
SELECT personal_data_id, facts FROM personal_data
WHERE tenant = $1 AND personal_data_id = ANY($2::text[]) AND facts IS NOT NULL
"""
_ERASE = """
UPDATE personal_data SET facts = NULL, erased_at = coalesce(erased_at, $3), reason = coalesce(nullif(reason, ''), $4)
WHERE tenant = $1 AND personal_data_id = $2 RETURNING erased_at
"""


class StoredPersonalData:
    """The rows of one tenant on one connection."""

    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant

    async def keep(self, facts: Mapping[str, bytes]) -> None:
        """In the order of the ids, so that two loads wait for each other and never for ever."""
        if facts:
            ordered = sorted(facts.items())
            await self._driver.execute(_KEEP, self._tenant, [key for key, _ in ordered], [each for _, each in ordered])

    async def erase(self, personal_data_id: str, reason: str, at: datetime) -> datetime | None:
        """When it was erased, now or before; None if there never was any."""
        row: asyncpg.Record | None = await self._driver.fetchrow(_ERASE, self._tenant, personal_data_id, at, reason)
        return row["erased_at"] if row else None

    async def read(self, personal_data_id: str) -> bytes | None:
        """None where there is none, or none any more."""
        found: bytes | None = await self._driver.fetchval(_READ, self._tenant, personal_data_id)
        return found

    async def read_all(self, personal_data_ids: Iterable[str]) -> dict[str, bytes]:
        """By id, those that there are and that were not erased."""
        rows = await self._driver.fetch(_READ_ALL, self._tenant, sorted(set(personal_data_ids)))
        return {row["personal_data_id"]: row["facts"] for row in rows}
