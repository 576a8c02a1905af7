"""The relay: nothing is lost, order holds per aggregate, a stopped owner loses its partitions."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from crossdock_kit import relay as relay_module
from crossdock_kit.acknowledgments import Acknowledgments
from crossdock_kit.broker import Broker
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import Unavailable
from crossdock_kit.events import decoded_list, parsed_headers
from crossdock_kit.relay import Relay
from crossdock_kit.unit_of_work import UnitOfWork
from kit_events import CONTEXT, CrateFilled, because, crate_event

pytestmark = pytest.mark.lasting(30)

TENANTS = ("acme", "globex")


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[Relay]:
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for a condition under a generous cap."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def unpublished(engine: Engine) -> int:
    async with transaction(engine, TENANTS) as tx:
        count: int = await tx.driver.fetchval("SELECT count(*) FROM pending")
    return count


async def drained(engine: Engine, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while await unpublished(engine):
            await asyncio.sleep(0.05)


async def stream_of(nats: Broker) -> list[dict[str, str]]:
    """Headers of everything that the stream holds, in its order."""
    info = await nats.jetstream.stream_info(CONTEXT.upper())
    found: list[dict[str, str]] = []
    for sequence in range(max(1, info.state.first_seq), info.state.last_seq + 1):
        message = await nats.jetstream.get_msg(CONTEXT.upper(), sequence)
        found.append({name.lower(): value for name, value in (message.headers or {}).items()})
    return found


def versions_by_aggregate(messages: list[dict[str, str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for headers in messages:
        found[headers["ce-tenant"] + "/" + headers["ce-aggregate"]].append(int(headers["ce-eventversion"]))
    return found


class Crates:
    """Aggregates as a service keeps them: a row that is locked while its event is recorded."""

    def __init__(self, engine: Engine, uow: UnitOfWork) -> None:
        self.engine = engine
        self.uow = uow
        self.locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.versions: dict[str, int] = defaultdict(int)

    async def fill(self, crate: str, tenant: str, pause: float, *, fails: bool = False) -> None:
        with caused_by(because(tenant)):
            async with self.locks[crate], self.uow(tenants=(tenant,)) as work:
                version = self.versions[crate] + 1
                work.record(crate_event(crate, version, tenant=tenant))
                # The position is taken here, the commit comes later: others commit in between.
                await work.flush()
                await asyncio.sleep(pause)
                if fails:
                    raise Broken
                self.versions[crate] = version


class Broken(Exception):
    pass


@pytest.fixture
def relay(engine: Engine, nats: Broker) -> Relay:
    return Relay(engine, nats, CONTEXT, TENANTS)


@pytest.fixture
def uow(engine: Engine, relay: Relay) -> UnitOfWork:
    return UnitOfWork(engine, relay_hint=relay.hint)


def test_the_last_message_that_was_stored_is_known_although_later_ones_are_not_answered() -> None:
    answers = Acknowledgments(4)
    answers.take(1, b'{"stream":"KIT","seq":8}')
    answers.take(0, b'{"stream":"KIT","seq":7}')
    answers.take(2, b'{"error":{"code":503}}')
    assert answers.latest == (1, 8)


def test_a_message_that_was_stored_before_proves_nothing_about_the_end_of_the_stream() -> None:
    answers = Acknowledgments(2)
    answers.take(0, b'{"stream":"KIT","seq":9}')
    answers.take(1, b'{"stream":"KIT","seq":3,"duplicate":true}')
    assert (answers.latest, answers.duplicates, answers.accepted) == ((0, 9), 1, {0, 1})


async def test_a_hint_that_finds_the_broker_away_is_no_failure(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    unheard: list[object] = []
    loop = asyncio.get_running_loop()

    async def away(commands: bytes) -> None:
        raise Unavailable("the broker is away")

    monkeypatch.setattr(relay.broker.connection, "write", away)
    loop.set_exception_handler(lambda _, context: unheard.append(context))
    try:
        relay._send_hint()
        assert relay._hinting is not None
        await asyncio.wait([relay._hinting])
        relay._hinting = None
        gc.collect()
    finally:
        loop.set_exception_handler(None)
    assert unheard == []


async def test_what_was_acknowledged_over_a_link_that_broke_is_published_again(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"event_id": uuid4(), "position": 7}]

    async def broken(self: Relay, sent: Sequence[Mapping[str, Any]]) -> Acknowledgments:
        answers = Acknowledgments(len(sent))
        answers.take(0, b'{"stream":"KIT","seq":9}')
        self.broker._tell_lost()
        return answers

    monkeypatch.setattr(Relay, "_send", broken)
    assert await relay._publish(rows) == []
    assert relay.last is None


async def test_an_event_of_more_lines_and_keys_than_a_message_may_have_is_published(
    relay: Relay, uow: UnitOfWork, engine: Engine, nats: Broker
) -> None:
    crate = uuid4().hex
    message = CrateFilled(crate="so many lines, " * 100_000, amount=1)
    keys = (f"crate:{crate}", *(f"sku:SKU-{n:06d}" for n in range(10_000)))
    with caused_by(because()):
        async with uow(tenants=("acme",)) as work:
            work.record(crate_event(crate, 1, message=message, keys=keys))
    async with running(relay):
        await drained(engine)
    [sent] = [each for each in await stream_of(nats) if each["ce-subject"] == crate]
    assert sent["content-encoding"] == "deflate"
    told = decoded_list(sent["ce-keys"])
    assert told == keys[: len(told)]
    assert len(told) > 2_000


@dataclass(frozen=True)
class Lingering:
    """A relay that keeps what it has published until `over` is set, whatever else wakes it: a hint that comes late, a
    lease that it takes."""

    relay: Relay
    begun: asyncio.Event
    over: asyncio.Event


@pytest.fixture
def lingering(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> Lingering:
    begun, over, otherwise = asyncio.Event(), asyncio.Event(), relay._wait_for_work

    async def wait(seconds: float) -> None:
        if seconds == relay_module.LINGER_SECONDS:
            begun.set()
            await over.wait()
        else:
            await otherwise(seconds)

    monkeypatch.setattr(relay, "_wait_for_work", wait)
    return Lingering(relay, begun, over)


async def test_what_was_acknowledged_before_the_link_broke_and_is_not_removed_yet_is_published_again(
    nats: Broker, lingering: Lingering, uow: UnitOfWork
) -> None:
    before = len(await stream_of(nats))
    async with running(lingering.relay):
        await recorded(uow, "forgotten")
        await until(lingering.begun.is_set)
        lingering.relay.broker._tell_lost()
        lingering.over.set()
        await until(lambda: lingering.relay.republished == 1)
    assert len(await stream_of(nats)) == before + 1


async def test_a_relay_that_is_told_to_end_removes_what_it_has_published(
    engine: Engine, lingering: Lingering, uow: UnitOfWork
) -> None:
    async with running(lingering.relay):
        await recorded(uow, "leaving")
        await until(lingering.begun.is_set)
        assert await unpublished(engine) == 1
    assert await unpublished(engine) == 0


async def recorded(uow: UnitOfWork, crate: str) -> None:
    with caused_by(because()):
        async with uow(tenants=("acme",)) as work:
            work.record(crate_event(crate, 1))


@pytest.mark.feature("F236")
async def test_many_writers_with_random_transaction_times_lose_nothing(
    engine: Engine, nats: Broker, relay: Relay, uow: UnitOfWork
) -> None:
    chance = random.Random(4711)
    crates = Crates(engine, uow)
    before = len(await stream_of(nats))

    async def write(writer: int) -> None:
        for _ in range(25):
            crate, tenant = f"many-{chance.randrange(40)}", TENANTS[writer % 2]
            with suppress(Broken):
                await crates.fill(f"{tenant}-{crate}", tenant, chance.random() * 0.05, fails=chance.random() < 0.1)

    async with running(relay):
        await asyncio.gather(*(write(writer) for writer in range(32)))
        await drained(engine)
    published = versions_by_aggregate((await stream_of(nats))[before:])
    assert {key.rpartition("/")[2]: versions for key, versions in published.items()} == {
        crate: list(range(1, last + 1)) for crate, last in crates.versions.items() if last
    }


async def test_what_was_published_but_not_removed_is_published_again_under_its_id(
    engine: Engine, nats: Broker, relay: Relay, uow: UnitOfWork
) -> None:
    before = len(await stream_of(nats))
    await recorded(uow, "twice")
    async with transaction(engine, ("acme",)) as tx:
        row = await tx.driver.fetchrow("SELECT tenant, slot, event_id, recorded_at FROM pending")
    assert row is not None
    async with running(relay):
        await drained(engine)
        async with transaction(engine, ("acme",)) as tx:
            # As if the process had died between the acknowledgment and the removal.
            await tx.driver.execute(
                "INSERT INTO pending (tenant, slot, event_id, recorded_at) VALUES ($1, $2, $3, $4)", *row
            )
        await drained(engine)
    assert len(await stream_of(nats)) == before + 1
    assert relay.republished == 1


async def test_the_message_carries_the_envelope_and_the_body(
    engine: Engine, nats: Broker, relay: Relay, uow: UnitOfWork
) -> None:
    with caused_by(because()) as cause:
        async with uow(tenants=("acme",)) as work:
            work.record(crate_event("carried", 1))
    async with running(relay):
        await drained(engine)
    last = (await nats.jetstream.stream_info(CONTEXT.upper())).state.last_seq
    message = await nats.jetstream.get_msg(CONTEXT.upper(), last)
    assert message.subject is not None
    assert message.subject.startswith("crossdock.procurement.events.v1.CrateFilled.")
    headers = {name.lower(): value for name, value in (message.headers or {}).items()}
    assert headers["ce-correlationid"] == cause.correlation_id
    assert headers["ce-id"] == headers["nats-msg-id"]
    assert headers["ce-time"].endswith("Z")
    assert parsed_headers("") == {}


async def test_a_killed_owner_connection_is_replaced(
    engine: Engine, nats: Broker, relay: Relay, uow: UnitOfWork
) -> None:
    async with running(relay):
        await until(lambda: relay.leases.complete)
        async with relay.leases.hold() as (session, _):
            owner = await session.driver.fetchval("SELECT pg_backend_pid()")
        async with transaction(engine, ("acme",)) as tx:
            await tx.driver.execute("SELECT pg_terminate_backend($1)", owner)
        with caused_by(because()):
            async with uow(tenants=("acme",)) as work:
                work.record(crate_event("after-kill", 1))
        await drained(engine)


@pytest.mark.feature("F336")
async def test_two_relays_share_the_partitions_and_the_second_takes_over(
    engine: Engine, nats: Broker, relay: Relay, uow: UnitOfWork
) -> None:
    other = Relay(engine, nats, CONTEXT, TENANTS)
    async with running(relay):
        await until(lambda: relay.leases.complete)
        async with running(other):
            await until(lambda: len(relay.leases.owned) == 8 and len(other.leases.owned) == 8)
            assert not relay.leases.owned & other.leases.owned
        await until(lambda: relay.leases.complete)


@pytest.mark.feature("F232")
async def test_the_express_lane_goes_first(engine: Engine, nats: Broker, relay: Relay, uow: UnitOfWork) -> None:
    before = len(await stream_of(nats))
    with caused_by(because()):
        async with uow(tenants=("acme",)) as work:
            for crate in range(20):
                work.record(crate_event(f"slow-{crate}", 1))
            for crate in range(20):
                work.record(crate_event(f"fast-{crate}", 1, express=True))
    async with running(relay):
        await drained(engine)
    lanes = [headers["ce-priority"] for headers in (await stream_of(nats))[before:]]
    assert lanes == ["express"] * 20 + ["standard"] * 20
