"""Events that a consumer never saw, and events that the broker lost, are found by comparing the books and mended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

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
from crossdock_kit.subscriptions import Consumer, Subscription
from crossdock_kit.unit_of_work import UnitOfWork, Work
from kit_events import CONTEXT, CrateFilled, because, crate_event

TENANTS = ("acme",)
HOUR = timedelta(hours=1)


class OwnJournal:
    """The journal of this very schema."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def read(self, source: str, part: Extract | None = None) -> AsyncIterator[Sequence[JournalEntry]]:
        async for page in journal.read(self.engine, part or Extract(TENANTS)):
            yield page


@asynccontextmanager
async def running(consumer: Consumer, watcher: Reconciler) -> AsyncIterator[None]:
    task = asyncio.create_task(together(watcher.run(), watcher.relay.run(), consumer.run()))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def record(uow: UnitOfWork, number: int) -> str:
    crate = f"crate-{uuid4().hex[:8]}"
    with caused_by(because()):
        async with uow(tenants=TENANTS) as work:
            for version in range(1, number + 1):
                work.record(crate_event(crate, version))
    return crate


async def test_what_a_consumer_never_saw_and_the_broker_lost_is_shown_and_then_mended(
    engine: Engine, nats: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "GRACE", timedelta(0))
    applied: list[tuple[str, int]] = []

    async def handle(events: Sequence[AnyReceived], work: Work) -> None:
        entries = [(event.aggregate_id, event.version) for event in events]
        work.after_commit(lambda: applied.extend(entries))

    relay = Relay(engine, nats, CONTEXT, TENANTS)
    watcher, uow = Reconciler(relay), UnitOfWork(engine, relay.hint)
    subscription = Subscription(name=f"c{uuid4().hex[:8]}", source=CONTEXT, handlers={CrateFilled: handle})
    consumer = Consumer(subscription, engine, nats, uow, TENANTS, OwnJournal(engine))
    crate = await record(uow, 5)
    async with transaction(engine, TENANTS) as tx:
        # As after a broker that acknowledged and then lost all of it.
        await tx.driver.execute("DELETE FROM pending")
    books = Books(watcher, [consumer])
    async with running(consumer, watcher):
        async with asyncio.timeout(60):
            while not (relay.leases.complete and consumer.leases.complete):
                await asyncio.sleep(0.05)
        since = datetime.now(UTC) - HOUR
        shown = await books.compare("acme", since, repair=False)
        assert [(each.compared, each.missing) for each in shown] == [(5, 5), (5, 5)]
        assert shown[0].effect == "they would be published again"
        assert applied == []
        mended = await books.compare("acme", since, repair=True)
        assert [each.effect for each in mended] == ["they are published again", "they are applied"]
        async with asyncio.timeout(60):
            while consumer.counters["duplicate_dropped"] < 5 or len(applied) < 5:
                await asyncio.sleep(0.05)
        assert applied == [(crate, version) for version in range(1, 6)], "once, although it came by two ways"
        left = await books.compare("acme", since, repair=False)
        assert [each.missing for each in left] == [0, 0]
