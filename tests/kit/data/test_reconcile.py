"""A broker that lost what it had acknowledged gets it again, found by message ids."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from crossdock_kit import reconcile
from crossdock_kit.broker import Broker
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.jobs import together
from crossdock_kit.reconcile import Reconciler
from crossdock_kit.relay import Relay
from crossdock_kit.subscriptions import inbox
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_kit.upkeep import Upkeep
from crossdock_local.servers.nats import Nats
from kit_events import CONTEXT, CrateFilled, because, crate_event
from nats.js.errors import NotFoundError

pytestmark = pytest.mark.lasting(25)

TENANTS = ("acme",)
HOUR = timedelta(hours=1)


@asynccontextmanager
async def running(*watchers: Reconciler) -> AsyncIterator[None]:
    jobs = [job for watcher in watchers for job in (watcher.run(), watcher.relay.run())]
    task = asyncio.create_task(together(*jobs))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def watcher(engine: Engine, nats: Broker) -> Reconciler:
    return Reconciler(Relay(engine, nats, CONTEXT, TENANTS))


async def announce(watcher: Reconciler, number: int, letters: int = 0) -> list[str]:
    """Records events of a new crate, so many letters long, and waits until the broker has them; their ids."""
    uow = UnitOfWork(watcher.relay.engine, relay_hint=watcher.relay.hint)
    crate = f"crate-{uuid4().hex[:8]}"
    with caused_by(because()):
        async with uow(tenants=TENANTS) as work:
            for version in range(1, number + 1):
                message = CrateFilled(crate="x" * letters, amount=version) if letters else None
                work.record(crate_event(crate, version, message=message))
    await drained(watcher)
    async with transaction(watcher.relay.engine, TENANTS) as tx:
        rows = await tx.driver.fetch(
            "SELECT event_id FROM journal WHERE aggregate = $1 ORDER BY version", f"crate/{crate}"
        )
    return [str(row["event_id"]) for row in rows]


async def drained(watcher: Reconciler) -> None:
    async with asyncio.timeout(60):
        while True:
            async with transaction(watcher.relay.engine, TENANTS) as tx:
                if not await tx.driver.fetchval("SELECT count(*) FROM pending"):
                    return
            await asyncio.sleep(0.05)


async def ids_on_stream(nats: Broker) -> list[str]:
    state = (await nats.jetstream.stream_info(CONTEXT.upper())).state
    found = []
    for sequence in range(max(1, state.first_seq), state.last_seq + 1):
        message = await nats.jetstream.get_msg(CONTEXT.upper(), sequence)
        found.append((message.headers or {})["Nats-Msg-Id"])
    return found


async def test_nothing_is_published_again_while_the_broker_has_it(watcher: Reconciler, nats: Broker) -> None:
    async with running(watcher):
        sent = await announce(watcher, 50)
        assert await watcher.compare(datetime.now(UTC) - HOUR) == 0
    assert (await ids_on_stream(nats))[-50:] == sent


async def test_more_than_one_page_and_one_request_are_compared(
    watcher: Reconciler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossdock_kit.reconcile.PAGE", 7)
    monkeypatch.setattr("crossdock_kit.reconcile.BATCH", 11)
    async with running(watcher):
        await announce(watcher, 60)
        assert await watcher.compare(datetime.now(UTC) - HOUR) == 0


async def test_what_comes_twice_on_the_way_does_not_hide_what_comes_behind_it(
    watcher: Reconciler, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = reconcile._Ids.take

    def twice(self: reconcile._Ids, *delivery: Any) -> None:
        take(self, *delivery)
        take(self, *delivery)

    monkeypatch.setattr(reconcile, "BATCH", 20)
    monkeypatch.setattr(reconcile._Ids, "take", twice)
    async with running(watcher):
        await announce(watcher, 50)
        assert await watcher.compare(datetime.now(UTC) - HOUR) == 0


async def test_what_waits_for_the_relay_is_not_lost(watcher: Reconciler) -> None:
    uow = UnitOfWork(watcher.relay.engine, relay_hint=lambda: None)
    with caused_by(because()):
        async with uow(tenants=TENANTS) as work:
            work.record(crate_event(f"crate-{uuid4().hex[:8]}", 1))
    assert await watcher.compare(datetime.now(UTC) - HOUR) == 0
    async with running(watcher):
        await drained(watcher)


async def test_what_commits_during_the_comparison_is_not_lost(
    watcher: Reconciler, monkeypatch: pytest.MonkeyPatch
) -> None:
    uow = UnitOfWork(watcher.relay.engine, relay_hint=watcher.relay.hint)
    looked, committed = asyncio.Event(), asyncio.Event()
    look = Reconciler._on_stream

    async def late(self: Reconciler, since: datetime) -> set[bytes]:
        found = await look(self, since)
        if not looked.is_set():
            looked.set()
            await committed.wait()
            await drained(watcher)
        return found

    monkeypatch.setattr(Reconciler, "_on_stream", late)
    async with running(watcher):
        await drained(watcher)
        with caused_by(because()):
            async with uow(tenants=TENANTS) as work:
                work.record(crate_event(f"crate-{uuid4().hex[:8]}", 1))
                await work.flush()
                comparing = asyncio.create_task(watcher.compare(datetime.now(UTC) - HOUR))
                await looked.wait()
        committed.set()
        assert await comparing == 0


@pytest.mark.parametrize("known", [True, False], ids=["the same process", "a new process"])
async def test_a_broker_that_lost_its_tail_gets_it_again(
    engine: Engine, broker: Nats, nats: Broker, tmp_path: Path, known: bool
) -> None:
    watcher = Reconciler(Relay(engine, nats, CONTEXT, TENANTS))
    async with running(watcher):
        before = await announce(watcher, 10)
        await stop(broker)
        await asyncio.to_thread(shutil.copytree, store(broker), tmp_path / "disk")
        await broker.start()
        await reconnected(nats)
        lost = await announce(watcher, 20)
        await noted(watcher)
    await stop(broker)
    # A crash of the machine: what the disk had not yet got is gone, its sequences are given out again.
    await asyncio.to_thread(shutil.rmtree, store(broker))
    await asyncio.to_thread(shutil.copytree, tmp_path / "disk", store(broker))
    await broker.start()
    await reconnected(nats)
    other = watcher if known else Reconciler(Relay(engine, nats, CONTEXT, TENANTS))
    async with running(other):
        later = await announce(other, 30)
        async with asyncio.timeout(60):
            while set(await ids_on_stream(nats)) < {*before, *lost, *later}:
                await asyncio.sleep(0.1)
    kept = await ids_on_stream(nats)
    assert len(kept) == len(set(kept))
    assert other.reconciled == len(lost)


@pytest.mark.parametrize("step", ["_suspect", "_investigate"])
async def test_a_tail_that_was_lost_before_younger_messages_is_missed_all_the_same(
    watcher: Reconciler, broker: Nats, nats: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """What is published after the link is back says nothing about what was lost before, however late that is asked."""
    asked = asyncio.Event()
    take = getattr(Reconciler, step)

    async def late(self: Reconciler) -> None:
        await asked.wait()
        await take(self)

    monkeypatch.setattr(Reconciler, step, late)
    monkeypatch.setattr(Reconciler, "_note", nothing_noted)
    async with running(watcher):
        before = await announce(watcher, 5)
        async with rolled_back(broker, tmp_path / "disk"):
            lost = await announce(watcher, 10)
        await reconnected(nats)
        later = await announce(watcher, 20)
        asked.set()
        await on_stream(nats, {*before, *lost, *later})
    assert watcher.reconciled == len(lost)


async def test_what_was_just_being_marked_when_the_tail_was_lost_is_looked_at_again(
    watcher: Reconciler, broker: Nats, nats: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the first look it still waits for the relay, which has its acknowledgment already and marks it after that."""
    monkeypatch.setattr("crossdock_kit.reconcile.AGAIN_SECONDS", 1.0)
    publish, acknowledged, marked = Relay._publish, asyncio.Event(), asyncio.Event()

    async def slow_to_mark(self: Relay, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        done = await publish(self, rows)
        acknowledged.set()
        await marked.wait()
        return done

    async with running(watcher):
        await announce(watcher, 5)
        async with rolled_back(broker, tmp_path / "disk"):
            monkeypatch.setattr(Relay, "_publish", slow_to_mark)
            announcing = asyncio.create_task(announce(watcher, 3))
            await acknowledged.wait()
            runs = watcher.runs
        async with asyncio.timeout(60):
            while watcher.runs == runs:
                await asyncio.sleep(0.05)
        marked.set()
        await on_stream(nats, set(await announcing))


async def nothing_noted(self: Reconciler) -> None:
    """In the place of the note that is taken every two seconds: it would tell of the tail as well."""


async def test_what_the_broker_lost_in_the_middle_is_published_again(
    watcher: Reconciler, broker: Nats, nats: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk gives back the end of the stream, but not all that stood in a file before the last one."""
    monkeypatch.setattr("crossdock_kit.reconcile.HOLES_SECONDS", 1.0)
    async with running(watcher):
        sent = await announce(watcher, 40, letters=400_000)
        await noted(watcher)
        await stop(broker)
        await asyncio.to_thread(spoil_a_message, store(broker), sent[1])
        await broker.start()
        await reconnected(nats)
        async with asyncio.timeout(60):
            while watcher.reconciled == 0:
                await asyncio.sleep(0.05)
        await drained(watcher)
        assert 0 < watcher.reconciled < len(sent)
        assert await watcher.compare(datetime.now(UTC) - HOUR) == 0


def spoil_a_message(store: Path, message_id: str) -> None:
    """Turns a byte of it on disk and has the index built anew, as after a crash."""
    for file in store.glob("jetstream/*/streams/*/msgs/*.blk"):
        data = file.read_bytes()
        place = data.find(f"Nats-Msg-Id: {message_id}".encode())
        if place >= 0:
            file.write_bytes(data[:place] + b"X" + data[place + 1 :])
    for index in store.glob("jetstream/*/streams/*/msgs/index.db"):
        index.unlink()


@asynccontextmanager
async def rolled_back(broker: Nats, disk: Path) -> AsyncIterator[None]:
    """A crash of the broker's machine: what is stored within is acknowledged and forgotten, its sequences reused."""
    await stop(broker)
    await asyncio.to_thread(shutil.copytree, store(broker), disk)
    await broker.start()
    yield
    await stop(broker)
    await asyncio.to_thread(shutil.rmtree, store(broker))
    await asyncio.to_thread(shutil.copytree, disk, store(broker))
    await broker.start()


async def on_stream(nats: Broker, wanted: set[str]) -> None:
    async with asyncio.timeout(60):
        while not wanted <= set(await ids_on_stream(nats)):
            await asyncio.sleep(0.1)


async def stop(broker: Nats) -> None:
    await broker.child.kill()


def store(broker: Nats) -> Path:
    return broker._folder


async def reconnected(nats: Broker) -> None:
    async with asyncio.timeout(60):
        while not nats.connection.is_connected:
            await asyncio.sleep(0.05)


async def noted(watcher: Reconciler) -> None:
    async with asyncio.timeout(60):
        while watcher._noted != watcher.relay.last:
            await asyncio.sleep(0.05)


async def test_a_stream_that_is_gone_is_made_anew_though_nobody_publishes(
    watcher: Reconciler, broker: Nats, nats: Broker
) -> None:
    async with running(watcher):
        sent = await announce(watcher, 5)
        await stop(broker)
        await asyncio.to_thread(shutil.rmtree, store(broker))
        await broker.start()
        await reconnected(nats)
        async with asyncio.timeout(60):
            while not await holds(nats, sent):
                await asyncio.sleep(0.1)


async def holds(nats: Broker, wanted: Sequence[str]) -> bool:
    try:
        return set(wanted) <= set(await ids_on_stream(nats))
    except NotFoundError:
        return False


async def test_upkeep_forgets_what_no_stream_can_ask_for(engine: Engine) -> None:
    old, young = uuid4(), uuid4()
    async with transaction(engine, TENANTS) as tx:
        await tx.driver.execute(
            "INSERT INTO inbox (consumer, event_id, tenant, seen_at)"
            " VALUES ('c', $1, 'acme', now() - interval '46 days'), ('c', $2, 'acme', now() - interval '44 days')",
            old,
            young,
        )
        await tx.driver.execute(
            "INSERT INTO idempotency (tenant, method, request_id, request_hash, created_at)"
            " VALUES ('acme', 'm', 'old', '', now() - interval '8 days'), ('acme', 'm', 'young', '', now())"
        )
    await Upkeep(engine, TENANTS).once()
    async with transaction(engine, TENANTS) as tx:
        assert await inbox.seen(tx.driver, "c", [old, young]) == {young}
        assert await tx.driver.fetchval("SELECT array_agg(request_id) FROM idempotency") == ["young"]
