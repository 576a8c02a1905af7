"""Two replicas of one service at work: partitions are shared, move when one leaves, and no effect happens twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import asyncpg
import pytest
from crossdock_kit.broker import Broker, connect
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.ids import PARTITIONS
from crossdock_kit.jobs import together
from crossdock_kit.relay import Relay
from crossdock_kit.subscriptions import Consumer
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_local.databases import ServiceUrls
from crossdock_local.servers.nats import Nats
from kit_events import CONTEXT, because, crate_event
from kit_events.owner import CREATE, TENANTS, counting
from kit_schema import SCHEMA, app_engine

CRATES, VERSIONS = 40, 30
CAP_SECONDS = 90


@dataclass(eq=False)
class Replica:
    """A relay and a consumer with connections of their own, as a process has them."""

    relay: Relay
    consumer: Consumer
    uow: UnitOfWork
    running: asyncio.Task[None]

    @classmethod
    def started(cls, engine: Engine, broker: Broker) -> Replica:
        relay = Relay(engine, broker, CONTEXT, TENANTS)
        uow = UnitOfWork(engine, relay.hint)
        consumer = Consumer(counting(), engine, broker, uow, TENANTS)
        return cls(relay, consumer, uow, asyncio.create_task(together(consumer.run(), relay.run())))

    @property
    def shares(self) -> tuple[int, int]:
        return len(self.relay.leases.owned), len(self.consumer.leases.owned)

    async def announce(self, versions: range, crates: range) -> None:
        for version in versions:
            with caused_by(because()):
                async with self.uow(tenants=("acme",)) as work:
                    for crate in crates:
                        work.record(crate_event(f"crate-{crate}", version))

    async def leave(self) -> None:
        self.running.cancel()
        await asyncio.wait([self.running])


@pytest.fixture
async def replicas(urls: ServiceUrls, broker: Nats, nats: Broker) -> AsyncIterator[list[Replica]]:
    owner = await asyncpg.connect(urls.migration, server_settings={"search_path": SCHEMA})
    await owner.execute("DROP TABLE IF EXISTS effect; " + CREATE)
    await owner.close()
    second = await connect(broker.url(SCHEMA), "second")
    async with app_engine(urls, size=8) as one, app_engine(urls, size=8) as two:
        made = [Replica.started(one, nats), Replica.started(two, second)]
        yield made
        for each in made:
            await each.leave()
    await second.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(CAP_SECONDS):
        while not condition():
            await asyncio.sleep(0.05)


async def settled(engine: Engine, versions: int) -> dict[str, list[int]]:
    """What each crate saw, once all have seen that many."""
    async with asyncio.timeout(CAP_SECONDS):
        while True:
            async with transaction(engine, TENANTS) as tx:
                rows = await tx.driver.fetch(
                    "SELECT crate, array_agg(version ORDER BY place) AS versions FROM effect GROUP BY crate"
                )
            found = {row["crate"]: list(row["versions"]) for row in rows}
            if len(found) == CRATES and all(len(seen) >= versions for seen in found.values()):
                return found
            await asyncio.sleep(0.05)


async def test_two_replicas_share_the_work_and_one_goes_on_alone(
    engine: Engine, replicas: list[Replica], database: str, deadlocks: Callable[[str], list[str]]
) -> None:
    one, two = replicas
    half = PARTITIONS // 2
    await until(lambda: one.shares == two.shares == (half, half))
    for leases in ((one.relay.leases, two.relay.leases), (one.consumer.leases, two.consumer.leases)):
        assert not leases[0].owned & leases[1].owned
    # Each writes half of the crates; either may have to publish and to apply what the other wrote.
    await asyncio.gather(
        one.announce(range(1, VERSIONS + 1), range(CRATES // 2)),
        two.announce(range(1, VERSIONS + 1), range(CRATES // 2, CRATES)),
    )
    assert await settled(engine, VERSIONS) == {f"crate-{n}": list(range(1, VERSIONS + 1)) for n in range(CRATES)}
    assert one.consumer.counters["applied"]
    assert two.consumer.counters["applied"]
    # It leaves in the middle of more of it.
    more = asyncio.create_task(one.announce(range(VERSIONS + 1, 2 * VERSIONS + 1), range(CRATES)))
    await until(lambda: two.consumer.counters["applied"] > CRATES)
    await two.leave()
    await more
    await until(lambda: one.shares == (PARTITIONS, PARTITIONS))
    seen = await settled(engine, 2 * VERSIONS)
    assert seen == {f"crate-{n}": list(range(1, 2 * VERSIONS + 1)) for n in range(CRATES)}
    assert deadlocks(database) == []
