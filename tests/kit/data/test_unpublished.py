"""What the broker refuses for good keeps up its own aggregate, has an owner, and goes on when its cause is gone."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from crossdock_kit import broker as broker_module
from crossdock_kit import exceptions
from crossdock_kit import relay as relay_module
from crossdock_kit.broker import Broker
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.exceptions import NothingLeft, RaisedException
from crossdock_kit.relay import Relay
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_kit.unpublished import EVENT_REFUSED, EVENTS_NOT_PUBLISHED, Unpublished
from kit_events import CONTEXT, CrateFilled, because, crate_event

pytestmark = pytest.mark.lasting(30)

TENANTS = ("acme",)
LARGEST, BIG = 4000, 6000


@pytest.fixture
def relay(engine: Engine, nats: Broker) -> Relay:
    return Relay(engine, nats, CONTEXT, TENANTS)


@pytest.fixture
def uow(engine: Engine, relay: Relay) -> UnitOfWork:
    return UnitOfWork(engine, relay_hint=relay.hint)


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)


async def recorded(uow: UnitOfWork, crate: str, versions: Sequence[int], *, big: int = 0) -> None:
    """`big` is the version that is too large for the broker."""
    with caused_by(because()):
        async with uow(tenants=TENANTS) as work:
            for version in versions:
                noise = Random(crate).randbytes(BIG // 2).hex() if version == big else ""
                message = CrateFilled(crate=f"{crate}{noise}", amount=version)
                work.record(crate_event(crate, version, message=message, keys=(f"crate:{crate}",)))


class Stream:
    """What it holds since this was made."""

    def __init__(self, nats: Broker) -> None:
        self._nats, self._next = nats, 0
        self.versions: dict[str, list[int]] = defaultdict(list)

    async def begin(self) -> None:
        self._next = (await self._nats.jetstream.stream_info(CONTEXT.upper())).state.last_seq + 1

    async def of(self, crates: Sequence[str]) -> list[list[int]]:
        """The versions of each that have come, in their order."""
        last = (await self._nats.jetstream.stream_info(CONTEXT.upper())).state.last_seq
        while self._next <= last:
            message = await self._nats.jetstream.get_msg(CONTEXT.upper(), self._next)
            headers = {name.lower(): value for name, value in (message.headers or {}).items()}
            self.versions[headers["ce-subject"]].append(int(headers["ce-eventversion"]))
            self._next += 1
        return [self.versions[each] for each in crates]


async def open_now(engine: Engine) -> list[RaisedException]:
    async with transaction(engine, TENANTS) as tx:
        return await exceptions.list_page(tx.driver, still_open=True)


async def closed(engine: Engine, exception_id: UUID) -> RaisedException:
    async with transaction(engine, TENANTS) as tx:
        return await exceptions.get(tx.driver, exception_id)


@pytest.fixture
async def nothing_open(engine: Engine) -> None:
    async with transaction(engine, TENANTS) as tx:
        await tx.driver.execute("DELETE FROM pending")
        await tx.driver.execute("DELETE FROM exception")


@pytest.fixture(params=["by the server", "by the stream"])
async def takes_little(
    request: pytest.FixtureRequest, nats: Broker, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A broker that takes less than what is recorded; what is returned makes it take all again."""
    limit = LARGEST + relay_module.ADDED_BYTES

    async def as_before() -> None:
        monkeypatch.undo()
        await nats.ensure_stream(CONTEXT)

    if request.param == "by the server":
        monkeypatch.setattr(nats.connection, "_max_payload", limit)
    else:
        monkeypatch.setattr(broker_module, "MAX_MESSAGE_BYTES", limit)
        await nats.ensure_stream(CONTEXT)
    yield as_before
    await as_before()


@pytest.mark.usefixtures("nothing_open")
async def test_a_refused_event_holds_its_aggregate_alone_until_the_broker_takes_it(
    engine: Engine,
    nats: Broker,
    relay: Relay,
    uow: UnitOfWork,
    monkeypatch: pytest.MonkeyPatch,
    takes_little: Callable[[], Awaitable[None]],
) -> None:
    monkeypatch.setattr(relay_module, "BATCH", 4)
    monkeypatch.setattr(relay_module, "STANDARD_SHARE", 4)
    unpublished, stream = Unpublished(relay), Stream(nats)
    await stream.begin()
    # More of them than a batch holds, before all others.
    refused = [f"big-{uuid4().hex[:8]}" for _ in range(6)]
    small = [f"small-{uuid4().hex[:8]}" for _ in range(6)]
    for crate in refused:
        await recorded(uow, crate, (1,), big=1)
    for crate in small:
        await recorded(uow, crate, (1, 2))

    async def all_told() -> bool:
        await unpublished.look()
        return len([each for each in await open_now(engine) if each.code == EVENT_REFUSED]) == len(refused)

    async def went(crates: Sequence[str], versions: list[int]) -> bool:
        return await stream.of(crates) == [versions] * len(crates)

    async with running(relay):
        await until(lambda: went(small, [1, 2]))
        await until(all_told)
        for crate in (*refused, *small):
            await recorded(uow, crate, (2,) if crate in refused else (3,))
        await until(lambda: went(small, [1, 2, 3]))
        assert await stream.of(refused) == [[]] * len(refused), "what comes later waits behind it"
        raised = await open_now(engine)
        assert {each.owner for each in raised} == {"operations"}
        assert {each.keys for each in raised} == {(f"crate:{each}",) for each in refused}
        assert all("what comes after it waits" in each.summary for each in raised)
        await takes_little()
        async with uow(tenants=TENANTS) as work:
            await unpublished.again(raised[0].subject, work)
        await until(lambda: went(refused, [1, 2]))
    await unpublished.look()
    assert await open_now(engine) == []
    settled = await closed(engine, raised[0].exception_id)
    assert (settled.resolution, settled.resolved_by) == ("it is published", "crossdock")
    with pytest.raises(NothingLeft):
        async with uow(tenants=TENANTS) as work:
            await unpublished.again(raised[0].subject, work)


@pytest.mark.usefixtures("nothing_open")
async def test_where_nothing_reaches_the_stream_somebody_is_told_once_and_it_ends_by_itself(
    engine: Engine, relay: Relay, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses_all(rows: Sequence[Any]) -> list[int]:
        relay.complaint = "maximum bytes exceeded"
        return []

    crate = f"waits-{uuid4().hex[:8]}"
    unpublished = Unpublished(relay, stuck_seconds=0)
    monkeypatch.setattr(relay, "_publish", refuses_all)
    await recorded(uow, crate, (1, 2))
    async with running(relay):

        async def claimed() -> bool:
            return relay.leases.complete and bool(relay.complaint)

        await until(claimed)
        await unpublished.look()
        assert await open_now(engine) == [], "it has only just been seen"
        await unpublished.look()
        await unpublished.look()
        [raised] = await open_now(engine)
        assert (raised.code, raised.owner, raised.occurrences) == (EVENTS_NOT_PUBLISHED, "operations", 1)
        assert "2 events" in raised.summary
        assert raised.summary.endswith("maximum bytes exceeded")
        monkeypatch.undo()

        async def settled() -> bool:
            await unpublished.look()
            return await open_now(engine) == []

        await until(settled)
