"""Consumers against a real broker and a real database: each event once, in order, whatever the way does to it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from crossdock_kit.broker import Broker
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import Refused, Waiting
from crossdock_kit.events import AnyReceived
from crossdock_kit.journal import JournalEntry, entry_of
from crossdock_kit.repairs.finding import held_messages
from crossdock_kit.repairs.model import Decision, Selection
from crossdock_kit.repairs.redoing import redo
from crossdock_kit.subscriptions import Consumer, Subscription, each, held
from crossdock_kit.subscriptions.discarding import discard
from crossdock_kit.unit_of_work import UnitOfWork, Work
from kit_events import CONTEXT, CrateEmptied, CrateFilled, because, crate_event

TENANTS = ("acme", "globex")
_SENT = "SELECT event_id, recorded_at, slot, type, headers, body FROM journal ORDER BY recorded_at, event_id"


@dataclass(eq=False)
class Seen:
    """What a consumer applied; an entry stands only if its transaction committed."""

    entries: list[tuple[str, str, int]] = field(default_factory=list)

    async def note(self, events: Sequence[AnyReceived], work: Work) -> None:
        entries = [(e.tenant, e.aggregate_id, e.version) for e in events]
        work.after_commit(lambda: self.entries.extend(entries))

    def versions(self, crate: str, tenant: str = "acme") -> list[int]:
        return [version for of, name, version in self.entries if (of, name) == (tenant, crate)]


@dataclass(eq=False)
class Way:
    """Events on their way: recorded as a service does, sent by hand in any order."""

    engine: Engine
    nats: Broker
    uow: UnitOfWork

    async def recorded(
        self, *crates: tuple[str, int], tenant: str = "acme", kind: Any = CrateFilled
    ) -> list[JournalEntry]:
        """The first versions of each crate, as they would be published, in order."""
        names = {f"crate/{crate}" for crate, _ in crates}
        with caused_by(because(tenant)):
            async with self.uow(tenants=(tenant,)) as work:
                for crate, last in crates:
                    for version in range(1, last + 1):
                        message = kind(crate=crate, amount=version)
                        work.record(crate_event(crate, version, tenant=tenant, message=message))
        async with transaction(self.engine, (tenant,)) as tx:
            rows = await tx.driver.fetch(_SENT.replace("ORDER", "WHERE aggregate = ANY($1) ORDER"), list(names))
        return [entry_of(row) for row in rows]

    async def send(self, entries: Sequence[JournalEntry], *, again: bool = False, other_event: bool = False) -> None:
        """Publishes; `again` under another message id, so that the broker does not drop the repetition; `other_event`
        with an identity of its own, as a source does that was put back and has written its history anew."""
        for entry in entries:
            headers = dict(line.split(": ", 1) for line in entry.headers.split("\r\n") if line)
            if again or other_event:
                headers["Nats-Msg-Id"] = str(uuid4())
            if other_event:
                headers = {name: headers["Nats-Msg-Id"] if name == "ce-id" else headers[name] for name in headers}
            await self.nats.jetstream.publish(entry.subject, entry.body, headers=headers)


@pytest.fixture
def way(engine: Engine, nats: Broker) -> Way:
    return Way(engine, nats, UnitOfWork(engine, relay_hint=lambda: None))


@pytest.fixture
def seen() -> Seen:
    return Seen()


@asynccontextmanager
async def listening(way: Way, handlers: dict[Any, Any], **settings: Any) -> AsyncIterator[Consumer]:
    """A consumer of its own name, so that tests do not share watermarks."""
    subscription = Subscription(name=f"c{uuid4().hex[:8]}", source=CONTEXT, handlers=handlers, **settings)
    async with running(Consumer(subscription, way.engine, way.nats, way.uow, TENANTS)) as consumer:
        yield consumer


@asynccontextmanager
async def running(consumer: Consumer) -> AsyncIterator[Consumer]:
    task = asyncio.create_task(consumer.run())
    try:
        yield consumer
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.02)


async def rows(engine: Engine, query: str, *values: Any) -> list[dict[str, Any]]:
    async with transaction(engine, TENANTS) as tx:
        return [dict(row) for row in await tx.driver.fetch(query, *values)]


async def exceptions_of(engine: Engine, consumer: Consumer, name: str) -> list[dict[str, Any]]:
    """Those of one crate: all tests listen under one consumer's name, and read the stream from its beginning."""
    like = f"held/{consumer.subscription.consumer}/%"
    query = "SELECT * FROM exception WHERE subject LIKE $1 AND keys @> ARRAY[$2] ORDER BY raised_at"
    return await rows(engine, query, like, f"crate:{name}")


def crate() -> str:
    return f"crate-{uuid4().hex[:8]}"


@pytest.mark.feature("F220")
async def test_events_take_effect_once_and_in_order(way: Way, seen: Seen) -> None:
    names = [crate() for _ in range(30)]
    entries = await way.recorded(*((name, 10) for name in names))
    async with listening(way, {CrateFilled: seen.note}):
        await way.send(entries)
        await until(lambda: all(seen.versions(name) == list(range(1, 11)) for name in names))


@pytest.mark.feature("F218")
@pytest.mark.feature("F270")
@pytest.mark.feature("F366")
async def test_every_event_twice_and_in_reverse_takes_effect_once(way: Way, seen: Seen) -> None:
    names = [crate() for _ in range(10)]
    entries = await way.recorded(*((name, 8) for name in names))
    async with listening(way, {CrateFilled: seen.note}, batch=7) as consumer:
        await way.send(list(reversed(entries)), again=True)
        await way.send(entries, again=True)
        await until(lambda: consumer.counters["duplicate_dropped"] >= 80)
        await until(lambda: all(len(seen.versions(name)) >= 8 for name in names))
    assert all(seen.versions(name) == list(range(1, 9)) for name in names)
    assert all([await holds(way, consumer, name, []) for name in names])


@pytest.mark.feature("F366")
async def test_a_shuffled_stream_of_several_tenants_ends_in_order(way: Way, seen: Seen) -> None:
    name = crate()
    entries = [*await way.recorded((name, 20)), *await way.recorded((name, 15), tenant="globex")]
    random.Random(7).shuffle(entries)
    async with listening(way, {CrateFilled: seen.note}, batch=3):
        await way.send(entries)
        await until(lambda: len(seen.versions(name)) >= 20 and len(seen.versions(name, "globex")) >= 15)
    assert seen.versions(name) == list(range(1, 21))
    assert seen.versions(name, "globex") == list(range(1, 16))


@pytest.mark.feature("F221")
async def test_what_follows_a_gap_is_held_and_applied_when_the_gap_closes(way: Way, seen: Seen) -> None:
    name = crate()
    first, second, third, fourth = await way.recorded((name, 4))
    async with listening(way, {CrateFilled: seen.note}) as consumer:
        await way.send([first, fourth, third])
        await until(lambda: holds(way, consumer, name, ["gap", "gap"]))
        assert seen.versions(name) == [1]
        await way.send([second])
        await until(lambda: seen.versions(name) == [1, 2, 3, 4])
    assert await holds(way, consumer, name, [])


async def holds(way: Way, consumer: Consumer, name: str, reasons: list[str]) -> bool:
    query = "SELECT why FROM held WHERE consumer = $1 AND aggregate = $2"
    found = await rows(way.engine, query, consumer.subscription.consumer, f"crate/{name}")
    return [row["why"] for row in found] == reasons


async def test_a_gap_that_stays_becomes_an_exception_and_closes_it_again(
    way: Way, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = crate()
    first, second, third = await way.recorded((name, 3))
    monkeypatch.setattr("crossdock_kit.subscriptions.consumer.OVERDUE_SECONDS", 0.1)
    async with listening(way, {CrateFilled: seen.note}) as consumer:
        await way.send([first, third])
        await until(lambda: holds(way, consumer, name, ["gap"]))
        async with transaction(way.engine, TENANTS) as tx:
            await tx.driver.execute("UPDATE held SET held_at = now() - interval '6 minutes'")
        await until(lambda: raised(way, consumer, name))
        (missing,) = await exceptions_of(way.engine, consumer, name)
        assert (missing["code"], missing["resolved_at"]) == ("VERSIONS_MISSING", None)
        assert missing["keys"] == [f"crate:{name}"]
        await way.send([second])
        await until(lambda: seen.versions(name) == [1, 2, 3])
    assert (await exceptions_of(way.engine, consumer, name))[0]["resolved_at"] is not None


async def raised(way: Way, consumer: Consumer, name: str) -> bool:
    return len(await exceptions_of(way.engine, consumer, name)) == 1


async def test_types_that_nobody_uses_only_count(way: Way, seen: Seen) -> None:
    name = crate()
    entries = await way.recorded((name, 2), kind=CrateEmptied)
    async with listening(way, {CrateFilled: seen.note}) as consumer:
        await way.send(entries)
        await until(lambda: reached(way, consumer, name, 2))
    assert seen.versions(name) == []


async def reached(way: Way, consumer: Consumer, name: str, version: int) -> bool:
    query = "SELECT version FROM watermark WHERE consumer = $1 AND aggregate = $2"
    found = await rows(way.engine, query, consumer.subscription.consumer, f"crate/{name}")
    return [row["version"] for row in found] == [version]


async def kept_back(way: Way, consumer: Consumer, name: str, number: int) -> bool:
    query = "SELECT event_id FROM held WHERE consumer = $1 AND aggregate = $2"
    return len(await rows(way.engine, query, consumer.subscription.consumer, f"crate/{name}")) == number


async def test_a_source_that_was_put_back_and_tells_another_history_is_parked_until_somebody_decides(
    way: Way, seen: Seen
) -> None:
    name, other = crate(), crate()
    entries = await way.recorded((name, 4), (other, 2))
    async with listening(way, {CrateFilled: seen.note}) as consumer:
        await way.send([*entries[:3], entries[4]])
        await until(lambda: seen.versions(name) == [1, 2, 3])
        await way.send([entries[2]], other_event=True)
        await way.send([entries[3], entries[5]])
        await until(lambda: seen.versions(other) == [1, 2])
        await until(lambda: kept_back(way, consumer, name, 2))
        (raised,) = await exceptions_of(way.engine, consumer, name)
        assert raised["code"] == "HISTORY_CONTRADICTED"
        assert seen.versions(name) == [1, 2, 3]
        before = consumer.counters["held"]
        with caused_by(because()):
            async with way.uow(tenants=("acme",)) as work:
                (item, *_) = [
                    each for each in await held_messages(Selection(), work) if each.subject == raised["subject"]
                ]
                assert item.decision is Decision.REFUSE
                await redo(raised["subject"], work, {})
        await until(lambda: consumer.counters["held"] > before)
        assert seen.versions(name) == [1, 2, 3]
        async with transaction(way.engine, ("acme",)) as tx:
            told = await discard(tx.driver, *held.reference_of(raised["subject"]))
        assert "is given up" in told
        await until(lambda: seen.versions(name) == [1, 2, 3, 4])


@pytest.mark.feature("F223")
@pytest.mark.feature("F224")
async def test_a_poison_event_parks_its_aggregate_and_the_others_flow(
    way: Way, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossdock_kit.subscriptions.aside.ATTEMPTS", 3)
    monkeypatch.setattr("crossdock_kit.subscriptions.aside.FIRST_PAUSE", timedelta(0))
    bad, good = crate(), [crate() for _ in range(20)]
    attempts: list[int] = []
    poisonous = True

    async def handle(events: Sequence[AnyReceived], work: Work) -> None:
        # Cannot say which event it was: the batch has to be halved.
        if poisonous and any(event.aggregate_id == bad and event.version == 2 for event in events):
            attempts.extend(event.cause.attempt for event in events if len(events) == 1)
            raise ZeroDivisionError("secret of the trade")
        await seen.note(events, work)

    entries = await way.recorded((bad, 4), *((name, 5) for name in good))
    async with listening(way, {CrateFilled: handle}) as consumer:
        await way.send(entries)
        await until(lambda: consumer.counters["parked"] == 1)
        await until(lambda: all(seen.versions(name) == [1, 2, 3, 4, 5] for name in good))
        assert seen.versions(bad) == [1]
        (parked,) = await exceptions_of(way.engine, consumer, bad)
        assert (parked["failure_class"], parked["code"]) == ("bug", "ZERO_DIVISION_ERROR")
        assert "secret" not in json.dumps(parked, default=str)
        steps = await rows(
            way.engine, "SELECT outcome FROM step WHERE aggregate = $1 ORDER BY position", f"crate/{bad}"
        )
        assert [row["outcome"] for row in steps].count("retry") == 2
        assert "parked" in [row["outcome"] for row in steps]
        poisonous = False
        name, event_id = held.reference_of(parked["subject"])
        async with transaction(way.engine, ("acme",)) as tx:
            await held.try_again(tx.driver, name, event_id, by="sre")
        await until(lambda: seen.versions(bad) == [1, 2, 3, 4])
    assert attempts[:3] == [1, 2, 3]
    assert (await exceptions_of(way.engine, consumer, bad))[0]["resolved_at"] is not None


@pytest.mark.feature("F228")
async def test_a_business_refusal_is_an_exception_and_the_event_counts_as_applied(way: Way, seen: Seen) -> None:
    name = crate()

    async def handle(event: AnyReceived, work: Work) -> None:
        if (event.aggregate_id, event.version) == (name, 2):
            raise Refused("no room")
        await seen.note([event], work)

    async with listening(way, {CrateFilled: each(handle)}) as consumer:
        await way.send(await way.recorded((name, 3)))
        await until(lambda: seen.versions(name) == [1, 3])
    (refused,) = await exceptions_of(way.engine, consumer, name)
    assert (refused["failure_class"], refused["code"], refused["resolved_at"]) == ("business", "REFUSED", None)
    assert refused["transaction_ids"] == [f"t-{name}"]


async def test_who_waits_for_master_data_is_retried_until_it_is_known(
    way: Way, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossdock_kit.subscriptions.aside.ATTEMPTS", 2)
    monkeypatch.setattr("crossdock_kit.subscriptions.aside.FIRST_PAUSE", timedelta(0))
    name, known = crate(), asyncio.Event()

    async def handle(event: AnyReceived, work: Work) -> None:
        if event.aggregate_id == name and not known.is_set():
            raise Waiting("item A1")
        await seen.note([event], work)

    async with listening(way, {CrateFilled: each(handle)}) as consumer:
        await way.send(await way.recorded((name, 2)))
        await until(lambda: consumer.counters["retried"] >= 3)
        known.set()
        await until(lambda: seen.versions(name) == [1, 2])
    assert consumer.counters["parked"] == 0


async def test_an_event_caused_by_another_says_so(way: Way) -> None:
    name = crate()

    async def handle(event: AnyReceived, work: Work) -> None:
        if event.aggregate_id == name:
            work.record(crate_event(f"of-{name}", 1, tenant=event.tenant))

    async with listening(way, {CrateFilled: each(handle)}) as consumer:
        (entry,) = await way.recorded((name, 1))
        await way.send([entry])
        await until(lambda: reached(way, consumer, name, 1))
    (row,) = await rows(way.engine, "SELECT headers FROM journal WHERE aggregate = $1", f"crate/of-{name}")
    first = dict(line.split(": ", 1) for line in entry.headers.split("\r\n") if line)
    later = dict(line.split(": ", 1) for line in row["headers"].split("\r\n") if line)
    assert later["ce-causationid"] == first["ce-id"]
    assert later["ce-correlationid"] == first["ce-correlationid"]
    assert later["traceparent"]
    (step,) = await rows(way.engine, "SELECT * FROM step WHERE aggregate = $1", f"crate/{name}")
    assert (step["kind"], step["name"], step["outcome"]) == ("event", "CrateFilled", "advanced")
    assert step["waited"] is not None
    assert step["trace_id"] == later["traceparent"].split("-")[1]


async def test_a_consumer_that_comes_back_goes_on_where_it_was(way: Way, seen: Seen) -> None:
    name = crate()
    entries = await way.recorded((name, 6))
    async with listening(way, {CrateFilled: seen.note}) as consumer:
        await way.send(entries[:3])
        await until(lambda: seen.versions(name) == [1, 2, 3])
    await way.send(entries[3:])
    again = Consumer(consumer.subscription, way.engine, way.nats, way.uow, TENANTS)
    async with running(again):
        await until(lambda: seen.versions(name) == [1, 2, 3, 4, 5, 6])


@pytest.mark.feature("F336")
async def test_two_consumers_share_the_partitions_and_apply_each_event_once(way: Way, seen: Seen) -> None:
    names = [crate() for _ in range(40)]
    entries = await way.recorded(*((name, 5) for name in names))
    async with listening(way, {CrateFilled: seen.note}) as one:
        other = Consumer(one.subscription, way.engine, way.nats, way.uow, TENANTS)
        await way.send(entries[:100])
        async with running(other):
            await until(lambda: len(one.leases.owned) == 8 and len(other.leases.owned) == 8)
            await way.send(entries[100:])
            await until(lambda: all(len(seen.versions(name)) >= 5 for name in names))
    assert all(seen.versions(name) == [1, 2, 3, 4, 5] for name in names)
    assert other.counters["applied"] > 0
