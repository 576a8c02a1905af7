"""What a load costs the database, counted and not timed: rows that were read and written, by table.

A table of a few rows is read whole by a good planner, which says nothing of one with millions. So whole reads are
forbidden for the while (`enable_seqscan`): what is then still read whole has no index for what it is asked.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

# Counters of a session that does nothing more come after ten seconds at the latest.
CAUGHT_UP_SECONDS = 60
_MONTH = re.compile(r"_\d{4}_?\d{2}$|_elsewhen$")
_TABLES = """
SELECT schemaname || '.' || relname AS name, coalesce(seq_tup_read, 0) AS whole, coalesce(n_tup_ins, 0) AS made,
  coalesce(n_tup_ins + n_tup_upd + n_tup_del, 0) AS written
FROM pg_stat_user_tables
"""
_INDEXES = """
SELECT schemaname || '.' || relname AS name, sum(idx_tup_read)::bigint AS entries
FROM pg_stat_user_indexes GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Costs:
    """Rows since the database was made: read whole, index entries read, rows made, rows written; by table."""

    whole: Counter[str]
    entries: Counter[str]
    made: Counter[str]
    written: Counter[str]

    def since(self, before: Costs) -> Costs:
        return Costs(
            *(
                Counter({name: each - then[name] for name, each in now.items()})
                for now, then in (
                    (self.whole, before.whole),
                    (self.entries, before.entries),
                    (self.made, before.made),
                    (self.written, before.written),
                )
            )
        )

    @property
    def read(self) -> Counter[str]:
        return self.whole + self.entries


@asynccontextmanager
async def observer(database: str) -> AsyncIterator[asyncpg.Connection]:
    """Who looks on is not counted."""
    connection = await asyncpg.connect(database, timeout=60, server_settings={"track_counts": "off"})
    try:
        yield connection
    finally:
        await connection.close()


async def never_whole(database: str) -> None:
    """For every session of the server, until it ends."""
    async with observer(database) as connection:
        await connection.execute("ALTER SYSTEM SET enable_seqscan = off")
        await connection.execute("SELECT pg_reload_conf()")


async def vacuumed(database: str) -> None:
    """As autovacuum does it sooner or later."""
    async with observer(database) as connection:
        await connection.execute("VACUUM ANALYZE")


async def counted(database: str) -> Costs:
    """Once the counters say of every journal at least what it holds. Raises TimeoutError."""
    async with observer(database) as connection, asyncio.timeout(CAUGHT_UP_SECONDS):
        while True:
            await connection.execute("SELECT pg_stat_clear_snapshot()")
            tables = await connection.fetch(_TABLES)
            if await _caught_up(connection, {each["name"]: each["made"] for each in tables}):
                return _costs(tables, await connection.fetch(_INDEXES))
            await asyncio.sleep(0.5)


async def _caught_up(connection: asyncpg.Connection, made: Mapping[str, int]) -> bool:
    for name in (each for each in made if ".journal_" in each or each.endswith(".delivery")):
        schema, _, table = name.partition(".")
        held = await connection.fetchval(f'SELECT count(*) FROM "{schema}"."{table}"')
        if held > made[name]:
            return False
    return True


def _costs(tables: list[asyncpg.Record], indexes: list[asyncpg.Record]) -> Costs:
    found = Costs(Counter(), Counter(), Counter(), Counter())
    for each in tables:
        name = _MONTH.sub("", each["name"])
        found.whole[name] += each["whole"]
        found.made[name] += each["made"]
        found.written[name] += each["written"]
    for each in indexes:
        found.entries[_MONTH.sub("", each["name"])] += each["entries"]
    return found
