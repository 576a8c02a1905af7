"""Events that a consumer never saw, and events that the broker lost, are found by comparing the books and mended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from crossdock_kit import journal
from crossdock_kit.broker import Broker
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.events import AnyReceived
from crossdock_kit.jobs import together
from crossdock_kit.journal import Extract, JournalEntry
from crossdock_kit.reconcile import Reconciler
from crossdock_kit.relay import Relay
from crossdock_kit.repairs import streams
from crossdock_kit.repairs.streams import Books
from crossdock_kit.subscriptions import Consumer, Subscription, held
from crossdock_kit.subscriptions.catch_up import past_arrival
from crossdock_kit.subscriptions.discarding import discard
from crossdock_kit.unit_of_work import UnitOfWork, Work
from kit_events import CONTEXT, CrateFilled, because, crate_event

TENANTS = ("acme",)
HOUR = timedelta(hours=1)


class OwnJournal:
    """The journal of this very schema, but for what it has forgotten: its rows can be deleted by nobody."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.forgotten: set[UUID] = set()

    async def read(self, source: str, part: Extract | None = None) -> AsyncIterator[Sequence[JournalEntry]]:
        async for page in journal.read(self.engine, part or Extract(TENANTS)):
            yield [entry for entry in page if past_arrival(entry).event_id not in self.forgotten]


@asynccontextmanager
async def running(consumer: Consumer, watcher: Reconciler) -> AsyncIterator[None]:
    task = asyncio.create_task(together(watcher.run(), watcher.relay.run(), consumer.run()))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def record(uow: UnitOfWork, last: int, crate: str = "", first: int = 1) -> str:
    crate = crate or f"crate-{uuid4().hex[:8]}"
    with caused_by(because()):
        async with uow(tenants=TENANTS) as work:
            for version in range(first, last + 1):
                work.record(crate_event(crate, version))
    return crate


@dataclass
class Scene:
    """One service that publishes, and one consumer of it, which read the same journal."""

    engine: Engine
    nats: Broker
    applied: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        relay = Relay(self.engine, self.nats, CONTEXT, TENANTS)
        self.watcher, self.uow = Reconciler(relay), UnitOfWork(self.engine, relay.hint)
        subscription = Subscription(name=f"c{uuid4().hex[:8]}", source=CONTEXT, handlers={CrateFilled: self.handle})
        self.journal = OwnJournal(self.engine)
        self.consumer = Consumer(subscription, self.engine, self.nats, self.uow, TENANTS, self.journal)
        self.books = Books(self.watcher, [self.consumer])

    async def handle(self, events: Sequence[AnyReceived], work: Work) -> None:
        entries = [(event.aggregate_id, event.version) for event in events]
        work.after_commit(lambda: self.applied.extend(entries))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with running(self.consumer, self.watcher):
            await until(lambda: self.watcher.relay.leases.complete and self.consumer.leases.complete)
            yield

    def versions(self, crate: str) -> list[int]:
        return [version for name, version in self.applied if name == crate]

    async def ids(self, crate: str, versions: Sequence[int]) -> list[UUID]:
        async with transaction(self.engine, TENANTS) as tx:
            query = "SELECT event_id FROM journal WHERE aggregate = $1 AND version = ANY ($2)"
            return [row["event_id"] for row in await tx.driver.fetch(query, f"crate/{crate}", list(versions))]

    async def lost_by_the_broker(self, crate: str, versions: Sequence[int]) -> None:
        """As after a broker that acknowledged and then lost them."""
        gone = await self.ids(crate, versions)
        async with transaction(self.engine, TENANTS) as tx:
            await tx.driver.execute("DELETE FROM pending WHERE event_id = ANY ($1)", gone)

    async def held(self, crate: str) -> list[tuple[int, str]]:
        async with transaction(self.engine, TENANTS) as tx:
            query = "SELECT version, why FROM held WHERE consumer = $1 AND aggregate = $2 ORDER BY version"
            found = await tx.driver.fetch(query, self.consumer.subscription.consumer, f"crate/{crate}")
        return [(row["version"], row["why"]) for row in found]


async def until(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not (await found if isinstance(found := holds(), Awaitable) else found):
            await asyncio.sleep(0.05)


@pytest.fixture
def scene(engine: Engine, nats: Broker) -> Scene:
    return Scene(engine, nats)


async def test_what_a_consumer_never_saw_and_the_broker_lost_is_shown_and_then_mended(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "GRACE", timedelta(0))
    crate = await record(scene.uow, 5)
    await scene.lost_by_the_broker(crate, range(1, 6))
    async with scene.running():
        since = datetime.now(UTC) - HOUR
        shown = await scene.books.compare("acme", since, repair=False)
        assert [(each.compared, each.missing) for each in shown] == [(5, 5), (5, 5)]
        assert shown[0].effect == "they would be published again"
        assert scene.applied == []
        mended = await scene.books.compare("acme", since, repair=True)
        assert [each.effect for each in mended] == ["they are published again", "they are applied"]
        await until(lambda: scene.consumer.counters["duplicate_dropped"] >= 5 and len(scene.applied) >= 5)
        assert scene.applied == [(crate, version) for version in range(1, 6)], "once, although it came by two ways"
        left = await scene.books.compare("acme", since, repair=False)
        assert [each.missing for each in left] == [0, 0]


async def test_what_a_consumer_forgot_a_moment_ago_is_brought_though_it_may_be_on_its_way(scene: Scene) -> None:
    crate = await record(scene.uow, 3)
    await scene.lost_by_the_broker(crate, [1, 2])
    async with scene.running():
        await until(lambda: _holds(scene, crate, [(3, "gap")]))
        since = datetime.now(UTC) - HOUR
        [_, inbox] = await scene.books.compare("acme", since, repair=True)
        assert (inbox.missing, inbox.unknown) == (0, 0), "younger than a minute: not told as missing"
        await until(lambda: scene.versions(crate) == [1, 2, 3])


async def test_what_waits_and_its_owner_never_announced_is_raised_and_the_history_that_there_is_flows_past(
    scene: Scene,
) -> None:
    crate, since = await record(scene.uow, 4), datetime.now(UTC) - HOUR
    # The consumer had acknowledged 2 and 3; then a replica took over that knows neither these nor the fourth.
    await scene.lost_by_the_broker(crate, [2, 3])
    async with scene.running():
        await until(lambda: _holds(scene, crate, [(4, "gap")]))
        scene.journal.forgotten.update(await scene.ids(crate, [2, 3, 4]))
        inbox = Books(None, [scene.consumer])
        [shown] = await inbox.compare("acme", since, repair=False)
        assert (shown.unknown, await scene.held(crate)) == (1, [(4, "gap")])
        [raised] = await inbox.compare("acme", since, repair=True)
        assert raised.unknown == 1
        assert "an exception for each" in raised.effect
        assert await scene.held(crate) == [(4, held.DISOWNED)]
        [again] = await inbox.compare("acme", since, repair=True)
        assert again.unknown == 0
        await record(scene.uow, 5, crate, first=2)
        await until(lambda: scene.versions(crate) == [1, 2, 3, 4, 5])
        assert await scene.held(crate) == [(4, held.DISOWNED)], "what was lost is applied by nobody's leave"
        [found] = await _open_exceptions(scene, crate)
        assert (found["code"], found["keys"]) == ("HISTORY_LOST", [f"crate:{crate}"])
        async with transaction(scene.engine, TENANTS) as tx:
            told = await discard(tx.driver, *held.reference_of(found["subject"]))
        assert "which its owner does not know, is given up" in told
        assert await scene.held(crate) == []


async def _holds(scene: Scene, crate: str, expected: list[tuple[int, str]]) -> bool:
    return await scene.held(crate) == expected


async def _open_exceptions(scene: Scene, crate: str) -> list[Any]:
    async with transaction(scene.engine, TENANTS) as tx:
        query = "SELECT code, keys, subject FROM exception WHERE resolved_at IS NULL AND $1 = ANY (keys)"
        return list(await tx.driver.fetch(query, f"crate:{crate}"))
