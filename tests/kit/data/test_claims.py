"""Claims on natural keys: nobody else has them meanwhile, and a work that claims thousands leaves locks for others."""

from __future__ import annotations

import asyncpg
from crossdock_kit.database import Engine, transaction
from crossdock_kit.database.claims import GROUPS, groups_claimed
from crossdock_kit.errors import CrossdockError

HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"


async def test_a_work_that_claims_thousands_of_names_holds_a_bounded_number_of_locks(engine: Engine) -> None:
    async with transaction(engine, ["acme"]) as tx:
        await groups_claimed(tx.driver, "acme", "sscc", (f"{n:018d}" for n in range(20_000)))
        assert await tx.driver.fetchval(HELD) == GROUPS


async def test_a_name_that_is_claimed_with_others_is_waited_for(engine: Engine) -> None:
    async with transaction(engine, ["acme"]) as first:
        await groups_claimed(first.driver, "acme", "sscc", ["a", "b", "c"])
        assert not await free(engine, "acme", "sscc", "b")
        assert await free(engine, "globex", "sscc", "b")
        assert await free(engine, "acme", "supply", "b")
    assert await free(engine, "acme", "sscc", "b")


async def free(engine: Engine, tenant: str, kind: str, name: str) -> bool:
    try:
        async with transaction(engine, [tenant]) as tx:
            await tx.driver.execute("SET LOCAL lock_timeout = '50ms'")
            await groups_claimed(tx.driver, tenant, kind, [name])
    except (CrossdockError, asyncpg.PostgresError):
        return False
    return True
