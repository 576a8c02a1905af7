"""A consumer that comes later than the data: the stream has forgotten the past, the journal has not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from crossdock_kit import journal
from crossdock_kit.broker import Broker, connect, stream_config
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import Unavailable
from crossdock_kit.events import AnyReceived
from crossdock_kit.journal import Extract, JournalEntry
from crossdock_kit.subscriptions import Consumer, Subscription
from crossdock_kit.unit_of_work import UnitOfWork, Work
from crossdock_local.servers.nats import Nats
from kit_events import CONTEXT, CrateFilled, because, crate_event
from kit_schema import SCHEMA

TENANTS = ("acme",)


@pytest.fixture(scope="module")
async def old_stream(broker: Nats) -> AsyncIterator[Broker]:
    """A stream whose first thousand messages have reached their age."""
    made = await connect(broker.url(SCHEMA), "tests")
    config = stream_config(CONTEXT, made.settings)
    config.first_seq = 1001
    await made.jetstream.add_stream(config)
    yield made
    await made.close()


class OwnJournal:
    """The journal of this very schema, which fails at its first reading."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.reads = 0

    async def read(self, source: str, part: Extract | None = None) -> AsyncIterator[Sequence[JournalEntry]]:
        self.reads += 1
        async for page in journal.read(self.engine, part or Extract(TENANTS)):
            yield page
            if self.reads == 1:
                raise Unavailable("the source is away")


async def test_it_reads_the_journal_first_and_then_what_the_stream_brought(
    engine: Engine, old_stream: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "PAGE", 4)
    uow = UnitOfWork(engine, relay_hint=lambda: None)
    crates = [f"crate-{uuid4().hex[:8]}" for _ in range(3)]
    with caused_by(because()):
        async with uow(tenants=TENANTS) as work:
            for crate in crates:
                for version in range(1, 6):
                    work.record(crate_event(crate, version))
    async with transaction(engine, TENANTS) as tx:
        rows = await tx.driver.fetch(
            "SELECT event_id, recorded_at, slot, type, headers, body FROM journal WHERE version = 5"
        )
    for entry in map(journal.entry_of, rows):
        headers = dict(line.split(": ", 1) for line in entry.headers.split("\r\n") if line)
        await old_stream.jetstream.publish(entry.subject, entry.body, headers=headers)
    applied: dict[str, list[int]] = {}

    async def handle(events: Sequence[AnyReceived], work: Work) -> None:
        def note() -> None:
            for event in events:
                applied.setdefault(event.aggregate_id, []).append(event.version)

        work.after_commit(note)

    subscription = Subscription(name="late", source=CONTEXT, handlers={CrateFilled: handle})
    past = OwnJournal(engine)
    consumer = Consumer(subscription, engine, old_stream, uow, TENANTS, past)
    task = asyncio.create_task(consumer.run())
    try:
        async with asyncio.timeout(60):
            while sum(map(len, applied.values())) < 15:
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert applied == {crate: [1, 2, 3, 4, 5] for crate in crates}
    assert past.reads == 2
    async with transaction(engine, TENANTS) as tx:
        assert await tx.driver.fetchval("SELECT count(*) FROM held") == 0


async def test_the_journal_is_read_by_type_and_time(engine: Engine) -> None:
    uow = UnitOfWork(engine, relay_hint=lambda: None)
    with caused_by(because()):
        async with uow(tenants=TENANTS) as work:
            work.record(crate_event(f"crate-{uuid4().hex[:8]}", 1))
    everything = [entry async for page in journal.read(engine, Extract(TENANTS)) for entry in page]
    none = Extract(TENANTS, types=("crossdock.procurement.events.v1.CrateEmptied",))
    assert [entry async for page in journal.read(engine, none) for entry in page] == []
    async with transaction(engine, TENANTS) as tx:
        last = await tx.driver.fetchval("SELECT max(recorded_at) FROM journal")
    late = replace(none, types=(), recorded_from=last + timedelta(seconds=1))
    assert [entry async for page in journal.read(engine, late) for entry in page] == []
    assert everything
