"""An owner that is stopped or killed in the middle of it: its partitions move, and no effect happens twice."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import asyncpg
import pytest
from crossdock_kit.broker import Broker
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.jobs import together
from crossdock_kit.relay import Relay
from crossdock_kit.subscriptions import Consumer
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_local.databases import ServiceUrls
from crossdock_local.servers.nats import Nats
from kit_events import CONTEXT, because, crate_event
from kit_events.owner import CREATE, TENANTS, counting
from kit_schema import SCHEMA

CRATES, VERSIONS = 40, 20


class Other:
    """The other process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said = line.decode().strip()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def end(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._reading


@pytest.fixture
async def other(urls: ServiceUrls, broker: Nats, nats: Broker) -> AsyncIterator[Other]:
    owner = await asyncpg.connect(urls.migration, server_settings={"search_path": SCHEMA})
    await owner.execute("DROP TABLE IF EXISTS effect; " + CREATE)
    await owner.close()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kit_events.owner", urls.database, broker.url(SCHEMA)),
        stdout=asyncio.subprocess.PIPE,
    )
    made = Other(process)
    yield made
    await made.end()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 90) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)


async def announce(uow: UnitOfWork, run: str, versions: range) -> None:
    for version in versions:
        with caused_by(because()):
            async with uow(tenants=("acme",)) as work:
                for crate in range(CRATES):
                    work.record(crate_event(f"{run}-{crate}", version))


async def effects(engine: Engine, run: str) -> dict[str, list[int]]:
    async with transaction(engine, TENANTS) as tx:
        rows = await tx.driver.fetch(
            "SELECT crate, array_agg(version ORDER BY place) AS versions FROM effect"
            " WHERE starts_with(crate, $1) GROUP BY crate",
            f"{run}-",
        )
    return {row["crate"]: row["versions"] for row in rows}


async def owning(other: Other) -> None:
    async def all_partitions() -> bool:
        return other.said == "owns 16 16"

    await until(all_partitions)


@pytest.mark.parametrize("fate", [signal.SIGSTOP, signal.SIGKILL], ids=["stopped", "killed"])
async def test_partitions_move_and_each_effect_happens_once_in_order(
    engine: Engine, nats: Broker, other: Other, fate: signal.Signals
) -> None:
    run = f"{fate.name.lower()}"
    await owning(other)
    relay = Relay(engine, nats, CONTEXT, TENANTS)
    uow = UnitOfWork(engine, relay.hint)
    consumer = Consumer(counting(), engine, nats, uow, TENANTS)
    writing = asyncio.create_task(announce(uow, run, range(1, VERSIONS // 2 + 1)))

    async def some_effect() -> bool:
        return bool(await effects(engine, run))

    await until(some_effect)
    other.send(fate)
    await writing
    here = asyncio.create_task(together(consumer.run(), relay.run()))

    async def taken_over() -> bool:
        return relay.leases.complete and consumer.leases.complete

    async def settled() -> bool:
        found = await effects(engine, run)
        return len(found) == CRATES and all(len(versions) >= VERSIONS for versions in found.values())

    try:
        await until(taken_over)
        if fate is signal.SIGSTOP:
            # It wakes up, still believing that it owns everything.
            other.send(signal.SIGCONT)
        await announce(uow, run, range(VERSIONS // 2 + 1, VERSIONS + 1))
        await until(settled)
    finally:
        here.cancel()
        with suppress(asyncio.CancelledError):
            await here
    assert await effects(engine, run) == {f"{run}-{crate}": list(range(1, VERSIONS + 1)) for crate in range(CRATES)}
