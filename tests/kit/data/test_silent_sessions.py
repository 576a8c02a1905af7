"""A process that stops at any point of its talk with the database keeps nothing from the others.

The timeouts are here half and a third of what they are in production, and no test waits them out one after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TypeAlias

import pytest
from crossdock_kit.database import Engine, create_engine, silence
from crossdock_kit.database.engine import OWNER_SETTINGS, SETTINGS
from crossdock_kit.database.failures import DRIVER_ERRORS
from crossdock_kit.driver import Driver
from crossdock_kit.leases import PartitionLeases
from crossdock_local.databases import ServiceUrls
from kit_schema import SCHEMA, app_engine
from kit_stops import Link, link

pytestmark = pytest.mark.lasting(30)

CAP_SECONDS = 90
OWNER_SILENCE, TRANSACTION_SILENCE = timedelta(seconds=5), timedelta(seconds=10)
LIMITS = ("idle_session_timeout", "idle_in_transaction_session_timeout", "tcp_user_timeout")
Point: TypeAlias = Callable[[Driver, Link], Awaitable[None]]


@pytest.fixture(scope="module", autouse=True)
def impatient() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for settings, limit in ((OWNER_SETTINGS, OWNER_SILENCE), (SETTINGS, TRANSACTION_SILENCE)):
            for name in settings.keys() & set(LIMITS):
                patch.setitem(settings, name, f"{limit.seconds}s")
        patch.setattr(silence, "OWNER_SILENCE", OWNER_SILENCE)
        patch.setattr(silence, "TRANSACTION_SILENCE", TRANSACTION_SILENCE)
        yield


async def idle(driver: Driver, to: Link) -> None:
    await driver.execute("SELECT 1")
    to.stop()


async def between_statements(driver: Driver, to: Link) -> None:
    await driver.fetch("SELECT 1")
    to.stop()


async def between_parse_and_bind(driver: Driver, to: Link) -> None:
    to.stop_after_prepare()
    await driver.fetch("SELECT $1::int + 1", 1)


async def after_a_refused_parse(driver: Driver, to: Link) -> None:
    to.stop_after_prepare()
    await driver.fetch("SELECT no_such_column")


async def before_the_rows_are_read(driver: Driver, to: Link) -> None:
    """More rows than the buffers of the sockets take: the server cannot get rid of them."""
    statement = await driver.prepare("SELECT repeat('x', 1000) FROM generate_series(1, 100000)")
    to.stop_at_rows()
    await statement.fetch()


def in_transaction(point: Point) -> Point:
    async def begun(driver: Driver, to: Link) -> None:
        await driver.execute("BEGIN")
        await point(driver, to)

    begun.__name__ = f"{point.__name__}_in_transaction"
    return begun


OWNERS_STOP = (
    idle,
    in_transaction(between_statements),
    between_parse_and_bind,
    in_transaction(between_parse_and_bind),
    after_a_refused_parse,
    before_the_rows_are_read,
)
TRANSACTIONS_STOP = (between_statements, between_parse_and_bind, before_the_rows_are_read)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(CAP_SECONDS):
        while not condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*leases: PartitionLeases) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each.run()) for each in leases]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@asynccontextmanager
async def through_link(urls: ServiceUrls) -> AsyncIterator[tuple[Engine, Link]]:
    async with link(urls.database) as to:
        engine = create_engine(to.url, SCHEMA, size=2)
        try:
            yield engine, to
        finally:
            to.go_on()
            await engine.stop()


@asynccontextmanager
async def stopped_at(point: Point, driver: Driver, to: Link) -> AsyncIterator[None]:
    """Inside, the process is stopped there. Afterwards it goes on, and learns whether it lost its connection."""
    doing = asyncio.ensure_future(point(driver, to))
    await to.stopped.wait()
    yield
    to.go_on()
    with suppress(*DRIVER_ERRORS):
        await doing


async def loses_all(urls: ServiceUrls, engine: Engine, point: Point) -> None:
    """An owner stops at the point; another one gets all of its partitions, and the former has no connection left."""
    async with through_link(urls) as (through, to):
        work = f"work of {point.__name__}"
        silent, other = PartitionLeases(through, work), PartitionLeases(engine, work)
        async with running(silent):
            await until(lambda: silent.complete)
            async with running(other), silent.hold() as (session, _):
                async with stopped_at(point, session.driver, to):
                    await until(lambda: other.complete)
                await until(lambda: session.lost)


async def test_an_owner_loses_locks_and_connection_together_wherever_it_stops(
    urls: ServiceUrls, engine: Engine
) -> None:
    await asyncio.gather(*(loses_all(urls, engine, point) for point in OWNERS_STOP))


async def lets_go(urls: ServiceUrls, engine: Engine, point: Point) -> None:
    """A transaction that has changed a row stops at the point; another one can change the row."""
    change = "INSERT INTO stream_mark (stream) VALUES ($1) ON CONFLICT (stream) DO UPDATE SET noted_at = now()"
    async with through_link(urls) as (through, to):
        session = await through.checkout()
        await session.driver.execute("BEGIN")
        await session.driver.execute(change, point.__name__)
        async with stopped_at(point, session.driver, to):
            await changed(engine, change, point.__name__)
        await until(lambda: session.lost)
        await session.discard()
        through.checkin(session)


async def changed(engine: Engine, change: str, stream: str) -> None:
    async with asyncio.timeout(CAP_SECONDS):
        while True:
            session = await engine.checkout()
            try:
                await session.driver.execute(change, stream)
            except DRIVER_ERRORS:
                continue
            finally:
                engine.checkin(session)
            return


async def test_a_transaction_lets_go_of_its_rows_wherever_its_process_stops(urls: ServiceUrls, engine: Engine) -> None:
    """The others need not wait for its end: each service has owners of partitions, and they look."""
    async with running(*(PartitionLeases(engine, "others") for _ in range(2))):
        await asyncio.gather(*(lets_go(urls, engine, point) for point in TRANSACTIONS_STOP))


async def test_an_owner_at_work_in_a_long_statement_is_not_silent(urls: ServiceUrls, engine: Engine) -> None:
    async with app_engine(urls) as beside:
        working, other = PartitionLeases(beside, "long work"), PartitionLeases(engine, "long work")
        async with running(working, other):
            await until(lambda: bool(working.owned and other.owned))
            async with working.hold() as (session, owned):
                await session.driver.execute("SELECT pg_sleep($1)", OWNER_SILENCE.seconds + 2.0)
                assert not session.lost
                assert working.owned == owned
            assert not other.complete
