"""One service that publishes, one consumer of it, and the books of both, on real servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from crossdock_kit import journal
from crossdock_kit.broker import Broker
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.events import AnyReceived
from crossdock_kit.jobs import together
from crossdock_kit.journal import Extract, JournalEntry
from crossdock_kit.reconcile import Reconciler
from crossdock_kit.relay import Relay
from crossdock_kit.repairs.streams import Books
from crossdock_kit.subscriptions import Consumer, Subscription
from crossdock_kit.subscriptions.catch_up import past_arrival
from crossdock_kit.unit_of_work import UnitOfWork, Work
from kit_events import CONTEXT, CrateFilled, because, crate_event

TENANTS = ("acme",)


class OwnJournal:
    """The journal of this very schema, but for what it has forgotten: its rows can be deleted by nobody."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.forgotten: set[UUID] = set()

    async def read(self, source: str, part: Extract | None = None) -> AsyncIterator[Sequence[JournalEntry]]:
        async for page in journal.read(self.engine, part or Extract(TENANTS)):
            yield [entry for entry in page if past_arrival(entry).event_id not in self.forgotten]


@asynccontextmanager
async def running(*jobs: Coroutine[object, object, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(together(*jobs))
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
        async with running(self.watcher.run(), self.watcher.relay.run(), self.consumer.run()):
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
