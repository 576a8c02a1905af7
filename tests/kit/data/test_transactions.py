"""What a transaction sees, what can never be changed, and what a failure leaves behind."""
# ruff: noqa: PT012 - what is raised comes out of a whole transaction

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from crossdock_kit import journal
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.database.tables import WITHOUT_TENANT
from crossdock_kit.database.tables import journal as journal_table
from crossdock_kit.database.transaction import LostTransaction
from crossdock_kit.errors import PermissionDenied, Unavailable
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_local.databases import ServiceUrls
from kit_events import because, crate_event
from kit_schema import SCHEMA
from sqlalchemy import func, select


@pytest.fixture
def uow(engine: Engine) -> UnitOfWork:
    return UnitOfWork(engine, relay_hint=lambda: None, served=frozenset({"acme", "globex"}))


async def fill(uow: UnitOfWork, crate: str, tenant: str = "acme", versions: range = range(1, 2)) -> None:
    with caused_by(because(tenant)):
        async with uow(tenants=(tenant,)) as work:
            for version in versions:
                work.record(crate_event(crate, version, tenant=tenant))


async def versions_of(engine: Engine, crate: str, *tenants: str) -> list[int]:
    async with transaction(engine, tenants) as tx:
        rows = await tx.driver.fetch(
            "SELECT version FROM journal WHERE aggregate = $1 ORDER BY version", f"crate/{crate}"
        )
    return [row["version"] for row in rows]


async def test_an_event_and_its_pending_row_commit_with_the_state(uow: UnitOfWork, engine: Engine) -> None:
    await fill(uow, "both", versions=range(1, 4))
    async with transaction(engine, ("acme",)) as tx:
        pending = await tx.driver.fetch(
            "SELECT j.version FROM pending p JOIN journal j USING (event_id, recorded_at)"
            " WHERE j.aggregate = 'crate/both' ORDER BY p.position"
        )
    assert [row["version"] for row in pending] == [1, 2, 3]


async def test_nothing_is_left_of_a_transaction_that_fails(uow: UnitOfWork, engine: Engine) -> None:
    with pytest.raises(RuntimeError), caused_by(because()):
        async with uow(tenants=("acme",)) as work:
            work.record(crate_event("failed", 1))
            await work.flush()
            raise RuntimeError
    assert await versions_of(engine, "failed", "acme") == []


async def test_core_and_driver_see_the_same_transaction(uow: UnitOfWork) -> None:
    with caused_by(because()):
        async with uow(tenants=("acme",)) as work:
            work.record(crate_event("core", 1))
            await work.flush()
            count = select(func.count()).where(journal_table.c.aggregate == "crate/core")
            assert (await work.connection.execute(count)).scalar_one() == 1


async def test_a_transaction_for_one_tenant_sees_nothing_of_another(uow: UnitOfWork, engine: Engine) -> None:
    await fill(uow, "same-name", "acme")
    await fill(uow, "same-name", "globex", range(1, 3))
    assert await versions_of(engine, "same-name", "acme") == [1]
    assert await versions_of(engine, "same-name", "globex") == [1, 2]
    assert await versions_of(engine, "same-name", "acme", "globex") == [1, 1, 2]


async def test_a_row_for_another_tenant_cannot_be_written(engine: Engine) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(engine, ("acme",)) as tx:
            await tx.driver.execute("INSERT INTO inbox (consumer, event_id, tenant) VALUES ('c', $1, 'globex')", ID)


async def test_outside_a_transaction_nothing_is_visible(engine: Engine, uow: UnitOfWork) -> None:
    await fill(uow, "hidden")
    session = await engine.checkout()
    try:
        assert await session.driver.fetchval("SELECT count(*) FROM journal") == 0
    finally:
        engine.checkin(session)


async def test_every_table_of_the_kit_has_forced_row_level_security(urls: ServiceUrls) -> None:
    owner = await asyncpg.connect(urls.migration)
    try:
        bare = await owner.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition AND NOT (relrowsecurity AND relforcerowsecurity)",
            SCHEMA,
        )
        assert {row["relname"] for row in bare} == WITHOUT_TENANT
        for partition in await owner.fetch("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"):
            privilege = f"has_table_privilege('{SCHEMA}_app', '{SCHEMA}.{partition['relname']}', 'SELECT')"
            assert not await owner.fetchval(f"SELECT {privilege}"), "a partition is reachable past the parent's policy"
    finally:
        await owner.close()


@pytest.mark.parametrize("statement", ["UPDATE journal SET version = 9", "DELETE FROM journal"])
async def test_the_journal_is_append_only_even_for_its_owner(
    urls: ServiceUrls, uow: UnitOfWork, engine: Engine, statement: str
) -> None:
    await fill(uow, "kept")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(engine, ("acme",)) as tx:
            await tx.driver.execute(statement)
    owner = await asyncpg.connect(urls.migration)
    try:
        await owner.execute("SET app.tenants = 'acme'")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await owner.execute(statement)
    finally:
        await owner.close()


async def test_a_commit_that_was_really_a_rollback_is_an_error(engine: Engine) -> None:
    with pytest.raises(LostTransaction):
        async with transaction(engine, ("acme",)) as tx:
            with pytest.raises(asyncpg.PostgresError):
                await tx.driver.execute("SELECT 1 / 0")


async def test_a_savepoint_undoes_its_part_alone(engine: Engine) -> None:
    async with transaction(engine, ("acme",)) as tx:
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with tx.savepoint():
                await tx.driver.execute("SELECT 1 / 0")
        assert await tx.driver.fetchval("SELECT 1") == 1


async def test_a_killed_session_is_unavailable_and_the_next_one_works(engine: Engine, urls: ServiceUrls) -> None:
    with pytest.raises(Unavailable):
        async with transaction(engine, ("acme",)) as tx:
            mine = await tx.driver.fetchval("SELECT pg_backend_pid()")
            killer = await asyncpg.connect(urls.database)
            await killer.execute("SELECT pg_terminate_backend($1)", mine)
            await killer.close()
            await tx.driver.fetchval("SELECT 1")
    async with transaction(engine, ("acme",)) as tx:
        assert await tx.driver.fetchval("SELECT 1") == 1


async def test_a_call_that_is_cancelled_while_it_begins_leaves_no_transaction_behind(engine: Engine) -> None:
    async def begin_and_end() -> None:
        async with transaction(engine, ("acme",)):
            pass

    await begin_and_end()
    for turns in range(20):
        beginning = asyncio.create_task(begin_and_end())
        for _ in range(turns):
            await asyncio.sleep(0)
        beginning.cancel()
        await asyncio.wait([beginning])
        session = await engine.checkout()
        # The answer to this comes after whatever was under way.
        assert await session.driver.fetchval("SELECT 1") == 1
        assert not session.driver.is_in_transaction(), f"cancelled after {turns} turns of the loop"
        engine.checkin(session)


async def test_a_tenant_that_nobody_relays_for_is_refused(uow: UnitOfWork) -> None:
    with pytest.raises(PermissionDenied):
        async with uow(tenants=("stranger",)):
            pytest.fail("opened")


async def test_an_event_of_another_tenant_is_refused(uow: UnitOfWork) -> None:
    with pytest.raises(PermissionDenied), caused_by(because()):
        async with uow(tenants=("acme",)) as work:
            work.record(crate_event("foreign", 1, tenant="globex"))


async def test_work_leaves_a_step_with_its_keys(uow: UnitOfWork, engine: Engine) -> None:
    await fill(uow, "told")
    async with transaction(engine, ("acme",)) as tx:
        step = await tx.driver.fetchrow("SELECT name, keys, outcome FROM step WHERE 't-told' = ANY(transaction_ids)")
    assert step is not None
    assert (step["name"], step["keys"], step["outcome"]) == ("FillCrate", ["crate:told"], "advanced")


async def test_after_commit_runs_once_and_only_after_a_commit(uow: UnitOfWork) -> None:
    called: list[str] = []
    async with uow(tenants=("acme",)) as work:
        work.after_commit(lambda: called.append("done"))
        assert called == []
    with pytest.raises(RuntimeError):
        async with uow(tenants=("acme",)) as work:
            work.after_commit(lambda: called.append("never"))
            raise RuntimeError
    assert called == ["done"]


async def test_partitions_of_the_journal_are_made_ahead(engine: Engine, urls: ServiceUrls) -> None:
    assert await journal.make_partitions(engine, ("acme",), 5) == 2
    assert await journal.make_partitions(engine, ("acme",), 5) == 0
    owner = await asyncpg.connect(urls.migration)
    try:
        names = {
            row["relname"]
            for row in await owner.fetch("SELECT relname FROM pg_class WHERE relname ~ '^journal_[0-9]{4}_[0-9]{2}$'")
        }
    finally:
        await owner.close()
    first = datetime.now(UTC).replace(day=1)
    assert len(names) == 6
    assert f"journal_{(first + timedelta(days=32)):%Y_%m}" in names


async def test_events_land_in_this_months_partition(uow: UnitOfWork, engine: Engine) -> None:
    await fill(uow, "placed")
    async with transaction(engine, ("acme",)) as tx:
        place = await tx.driver.fetchval(
            "SELECT tableoid::regclass::text FROM journal WHERE aggregate = 'crate/placed'"
        )
    assert place == f"journal_{datetime.now(UTC):%Y_%m}"


ID = "018f0000-0000-7000-8000-000000000001"


async def test_events_that_came_before_their_month_was_made_move_into_it(engine: Engine) -> None:
    async with transaction(engine, ("acme",)) as tx:
        month = await tx.driver.fetchval(
            "INSERT INTO journal (event_id, recorded_at, tenant, slot, type, aggregate, version, headers, body)"
            " VALUES ($1, now() + interval '9 months', 'acme', 0, 't', 'crate/early', 1, '', '')"
            " RETURNING to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY_MM')",
            ID,
        )
    query = "SELECT tableoid::regclass::text FROM journal WHERE aggregate = 'crate/early'"
    async with transaction(engine, ("acme",)) as tx:
        assert await tx.driver.fetchval(query) == "journal_elsewhen"
    await journal.make_partitions(engine, ("acme",), 10)
    async with transaction(engine, ("acme",)) as tx:
        assert await tx.driver.fetchval(query) == f"journal_{month}"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(engine, ("acme",)) as tx:
            await tx.driver.execute("DELETE FROM journal WHERE aggregate = 'crate/early'")


async def test_a_call_for_many_crates_leads_from_each_to_its_own_transaction(uow: UnitOfWork, engine: Engine) -> None:
    with caused_by(because()):
        async with uow(tenants=("acme",)) as work:
            for crate in ("many-a", "many-b"):
                work.record(crate_event(crate, 1))
    async with transaction(engine, ("acme",)) as tx:
        rows = await tx.driver.fetch(
            "SELECT key, transaction_id FROM transaction_key WHERE key LIKE 'crate:many-%' ORDER BY key"
        )
        step = await tx.driver.fetchrow(
            "SELECT keys, transaction_ids FROM step WHERE 't-many-a' = ANY(transaction_ids)"
        )
    assert [tuple(row) for row in rows] == [("crate:many-a", "t-many-a"), ("crate:many-b", "t-many-b")]
    assert step is not None
    assert tuple(step) == (["crate:many-a", "crate:many-b"], ["t-many-a", "t-many-b"])
