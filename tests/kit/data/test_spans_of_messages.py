"""What those see who search traces: a message's step with its keys and links, its batch with counts, the sending."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from crossdock_kit.broker import Broker
from crossdock_kit.context import caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import Refused
from crossdock_kit.events import AnyReceived
from crossdock_kit.relay import Relay
from crossdock_kit.subscriptions import Consumer, Subscription, held
from crossdock_kit.subscriptions.model import Handler
from crossdock_kit.telemetry import names
from crossdock_kit.telemetry.spans import Place, Span, SpanKind, record_with
from crossdock_kit.unit_of_work import UnitOfWork, Work
from kit_events import CONTEXT, CrateFilled, because, crate_event

CAP_SECONDS = 60
CAUSE = Place(0xA1, 0xB2, sampled=True)


@pytest.fixture
def ended() -> Iterator[list[Span]]:
    """Every span that ended and is kept."""
    spans: list[Span] = []
    record_with(spans.append)
    yield spans
    record_with(None)


@asynccontextmanager
async def running(*forever: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in forever]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def until(found: Callable[[], Any]) -> Any:
    async with asyncio.timeout(CAP_SECONDS):
        while not (value := found()):
            await asyncio.sleep(0.02)
    return value


@asynccontextmanager
async def carried(engine: Engine, nats: Broker, handle: Handler, crates: Sequence[str]) -> AsyncIterator[Subscription]:
    """One event of each crate, from the transaction that records it over the relay to a consumer of its own."""
    relay = Relay(engine, nats, CONTEXT, ["acme"])
    uow = UnitOfWork(engine, relay_hint=relay.hint)
    subscription = Subscription(name=f"s{uuid4().hex[:8]}", source=CONTEXT, handlers={CrateFilled: handle})
    with caused_by(replace(because(), traceparent=str(CAUSE))):
        async with uow(tenants=("acme",)) as work:
            for crate in crates:
                work.record(crate_event(crate, 1))
    async with running(relay.run(), Consumer(subscription, engine, nats, uow, ["acme"]).run()):
        yield subscription


def about(spans: list[Span], subscription: Subscription, crate: str) -> list[Span]:
    return [
        span
        for span in spans
        if span.attributes.get(names.MESSAGING_GROUP) == subscription.consumer
        and span.attributes.get(names.KEY + "crate") == crate
    ]


async def accept(events: Sequence[AnyReceived], work: Work) -> None:
    """Nothing to do: what is looked at is what surrounds it."""


async def test_a_messages_step_can_be_searched_and_leads_back_to_its_cause(
    engine: Engine, nats: Broker, ended: list[Span]
) -> None:
    crate = f"crate-{uuid4().hex[:8]}"
    async with carried(engine, nats, accept, [crate]) as subscription:
        [span] = await until(lambda: about(ended, subscription, crate))
    assert span.kind is SpanKind.CONSUMER
    assert span.parent is None
    assert [link.place for link in span.links] == [CAUSE]
    told = {
        names.STEP_KIND: "event",
        names.OUTCOME: "advanced",
        names.TENANT: "acme",
        names.MESSAGING_SYSTEM: "nats",
        names.MESSAGING_OPERATION_TYPE: "process",
        names.MESSAGING_TEMPLATE: CrateFilled.DESCRIPTOR.full_name,
        names.NATS_STREAM: CONTEXT.upper(),
        names.NATS_DELIVERED: 1,
    }
    assert {name: span.attributes.get(name) for name in told} == told
    assert int(span.attributes[names.NATS_SEQUENCE]) > 0
    assert int(span.attributes[names.MESSAGING_BODY_SIZE]) > 0


async def test_a_batch_has_its_count_and_a_link_for_each_message(
    engine: Engine, nats: Broker, ended: list[Span]
) -> None:
    crates = [f"crate-{uuid4().hex[:8]}" for _ in range(20)]
    async with carried(engine, nats, accept, crates) as subscription:
        await until(lambda: all(about(ended, subscription, crate) for crate in crates))
        batches = await until(
            lambda: [span for span in ended if span.name == f"process {subscription.consumer}" and span.links]
        )
    for batch in batches:
        assert batch.attributes[names.MESSAGING_BATCH] == len(batch.links) > 1
    sent = [span for span in ended if span.name == f"send {CONTEXT}"]
    assert sum(int(span.attributes[names.MESSAGING_BATCH]) for span in sent) >= len(crates)


async def test_a_refused_message_is_a_failed_step_with_its_reason(
    engine: Engine, nats: Broker, ended: list[Span]
) -> None:
    async def refuse(events: Sequence[AnyReceived], work: Work) -> None:
        raise Refused("no crate is wanted")

    crate = f"crate-{uuid4().hex[:8]}"
    async with carried(engine, nats, refuse, [crate]) as subscription:
        [span] = await until(lambda: about(ended, subscription, crate))
    assert span.error
    assert span.attributes[names.OUTCOME] == "refused"
    assert span.attributes[names.REASON] == "REFUSED"


async def test_an_attempt_leads_back_to_the_one_before_and_a_replay_to_who_wanted_it(
    engine: Engine, nats: Broker, ended: list[Span], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossdock_kit.subscriptions.aside.ATTEMPTS", 2)
    monkeypatch.setattr("crossdock_kit.subscriptions.aside.FIRST_PAUSE", timedelta(0))
    mended = False

    async def break_down(events: Sequence[AnyReceived], work: Work) -> None:
        if not mended:
            raise ZeroDivisionError

    crate = f"crate-{uuid4().hex[:8]}"
    async with carried(engine, nats, break_down, [crate]) as subscription:
        steps = partial(about, ended, subscription, crate)
        await until(lambda: [each.attributes[names.OUTCOME] for each in steps()] == ["retry", "parked"])
        mended = True
        async with transaction(engine, ("acme",)) as tx:
            query = "SELECT event_id FROM held WHERE consumer = $1 AND aggregate = $2"
            event_id = await tx.driver.fetchval(query, subscription.consumer, f"crate/{crate}")
            await held.try_again(tx.driver, subscription.consumer, event_id, by="user:sre")
        await until(lambda: len(steps()) == 3)
    first, second, replay = steps()
    cause = (CAUSE, names.LINK_CAUSED_BY)
    seen = [[(link.place, link.attributes[names.LINK_TYPE]) for link in span.links] for span in (first, second, replay)]
    assert seen == [[cause], [cause, (first.place, names.LINK_RETRY_OF)], [cause, (second.place, names.LINK_REPLAY_OF)]]
    assert [span.attributes.get(names.END_USER) for span in (first, second, replay)] == [None, None, "user:sre"]
    assert len({span.trace_id for span in (first, second, replay)}) == 3
