"""The dispatcher makes each call with nothing open, books it with its effects, and lets no partner hold up another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from crossdock_kit import timeline
from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries import Dead, Declined, Delivered, Leased, Outcome, Retry, repair
from crossdock_kit.deliveries.dispatcher import Carrier, Dispatcher
from crossdock_kit.deliveries.settling import Ended
from crossdock_kit.errors import FailureClass, Refused, Unavailable
from crossdock_kit.exceptions import NewException
from crossdock_kit.telemetry import names
from crossdock_kit.telemetry.spans import Span, current_span
from crossdock_kit.timeline import Step
from crossdock_kit.unit_of_work import UnitOfWork, Work
from kit_schema import TENANTS
from kit_schema.outbound import QUICK, Partner


async def until(true: Callable[[], Awaitable[bool]] | Callable[[], bool], what: str) -> None:
    """Waits for a condition under a generous cap."""
    async with asyncio.timeout(30):
        while True:
            found = true()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.01)
    raise AssertionError(what)


@asynccontextmanager
async def running(partner: Partner, carrier: Carrier, grace: float = 10.0) -> AsyncIterator[Dispatcher]:
    uow = UnitOfWork(partner.engine, lambda: None)
    carriers = {partner.kind: carrier}
    dispatcher = Dispatcher(partner.queue, uow, carriers, worker="tests", poll_seconds=0.05, grace_seconds=grace)
    task = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
def partner(engine: Engine) -> Partner:
    return Partner.with_own_kind(engine)


async def steps_of(partner: Partner) -> list[Step]:
    async with transaction(partner.engine, TENANTS) as tx:
        return [step for _, step in await timeline.list_steps(tx.driver, [f"t-{partner.name}"], limit=100)]


def delivered(partner: Partner, count: int) -> Callable[[], Awaitable[bool]]:
    return ended(partner, "delivered", count)


def ended(partner: Partner, state: str, count: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        done = "SELECT count(*) FROM delivery WHERE partner = $1 AND state = $2"
        return bool(await partner.fetch(done, state) == count)

    return check


async def test_an_attempt_leads_back_to_the_one_before_and_a_redriven_one_to_who_wanted_it(partner: Partner) -> None:
    spans: list[Span] = []

    async def carry(leased: Leased) -> Outcome:
        span = current_span.get()
        assert span is not None
        spans.append(span)
        return (Retry("busy", timedelta(0), answered=True), Dead("no"), Delivered())[len(spans) - 1]

    await partner.write(partner.new("A", "A1"))
    async with running(partner, Carrier(carry)):
        await until(ended(partner, "dead", 1), "it was refused")
        async with transaction(partner.engine, TENANTS) as tx:
            delivery_id = await tx.driver.fetchval("SELECT delivery_id FROM delivery WHERE partner = $1", partner.name)
            await repair.redrive(tx.driver, delivery_id, by="user:sre")
        await until(delivered(partner, 1), "it got through")
    first, second = spans[:2]
    seen = [[(link.place, link.attributes[names.LINK_TYPE]) for link in span.links] for span in spans]
    assert seen == [[], [(first.place, names.LINK_RETRY_OF)], [(second.place, names.LINK_REPLAY_OF)]]
    assert [span.attributes.get(names.END_USER) for span in spans] == [None, None, "user:sre"]


async def test_calls_are_made_in_order_with_their_key_and_leave_a_step(partner: Partner) -> None:
    calls: list[str] = []

    async def carry(leased: Leased) -> Outcome:
        calls.append(leased.idempotency_key)
        return Delivered(f"ERP-{leased.idempotency_key}")

    await partner.write(*(partner.new("A", f"A{n}") for n in range(5)))
    async with running(partner, Carrier(carry)):
        await until(delivered(partner, 5), "all five")
    assert calls == [f"A{n}" for n in range(5)]
    steps = await steps_of(partner)
    assert [(step.kind, step.outcome, step.attempt) for step in steps] == [("delivery", "advanced", 1)] * 5
    assert steps[0].keys == ("po:A",)
    assert steps[0].waited is not None
    assert len(steps[0].trace_id) == 32


@pytest.mark.feature("F223")
async def test_an_error_is_read_as_an_outcome_and_tried_again(partner: Partner) -> None:
    attempts: list[int] = []

    async def carry(leased: Leased) -> Outcome:
        attempts.append(leased.attempt)
        if len(attempts) == 1:
            raise Unavailable("connection refused")
        if len(attempts) == 2:
            raise ValueError("a bug of ours")
        return Delivered()

    async def settle(ended: Sequence[Ended], work: Work) -> None:
        ends.extend(each.outcome for each in ended)

    ends: list[Outcome] = []
    await partner.write(partner.new("A", "A1"))
    async with running(partner, Carrier(carry, settle)):
        await until(delivered(partner, 1), "delivered at last")
    assert attempts == [1, 2, 3]
    assert ends == [Delivered()], "only an end is settled"
    assert [(step.outcome, step.reason) for step in await steps_of(partner)] == [
        ("retry", "UNAVAILABLE"),
        ("retry", "VALUE_ERROR"),
        ("advanced", ""),
    ]


async def test_a_refusal_is_final(partner: Partner) -> None:
    class OrderClosed(Refused):
        pass

    async def carry(leased: Leased) -> Outcome:
        raise OrderClosed("closed on Friday")

    await partner.write(partner.new("A", "A1"))
    async with running(partner, Carrier(carry)):

        async def dead() -> bool:
            return await partner.open_exceptions() == ["ORDER_CLOSED"]

        await until(dead, "an exception")
    assert [step.outcome for step in await steps_of(partner)] == ["failed"]


async def test_a_refusal_that_is_an_answer_is_settled_and_lets_its_key_go_on(partner: Partner) -> None:
    class ItemUnknown(Refused):
        pass

    async def carry(leased: Leased) -> Outcome:
        if leased.idempotency_key == "A1":
            raise ItemUnknown("not in the catalog")
        return Delivered()

    async def settle(ended: Sequence[Ended], work: Work) -> None:
        answers.extend((each.leased.idempotency_key, each.outcome) for each in ended)

    answers: list[tuple[str, Outcome]] = []
    await partner.write(partner.new("A", "A1"), partner.new("A", "A2"))
    async with running(partner, Carrier(carry, settle, refusals_are_answers=True)):
        await until(delivered(partner, 2), "both")
    assert answers == [("A1", Declined("not in the catalog", "ITEM_UNKNOWN")), ("A2", Delivered())]
    assert await partner.open_exceptions() == []
    assert [(step.outcome, step.reason) for step in await steps_of(partner)] == [
        ("refused", "ITEM_UNKNOWN"),
        ("advanced", ""),
    ]
    with pytest.raises(ValueError):
        Carrier(carry, refusals_are_answers=True)


async def test_effects_are_booked_with_the_end_or_not_at_all(partner: Partner) -> None:
    refusing = True

    async def carry(leased: Leased) -> Outcome:
        return Delivered("ERP-1")

    async def settle(ended: Sequence[Ended], work: Work) -> None:
        [each] = ended
        assert isinstance(each.outcome, Delivered)
        work.raise_exception(
            NewException(
                failure_class=FailureClass.BUSINESS,
                code="NUMBER_CAME",
                summary=each.outcome.foreign_number,
                owner="tests",
                details={"partner": each.leased.partner},
            )
        )
        if refusing:
            await work.flush()
            raise RuntimeError("after the effect, before the commit")

    await partner.write(partner.new("A", "A1"))
    async with running(partner, Carrier(carry, settle)):

        async def tried() -> bool:
            return bool(await partner.fetch("SELECT attempts FROM delivery WHERE partner = $1") == 1)

        await until(tried, "a first attempt")
        assert await partner.open_exceptions() == []
        refusing = False
        await partner.let_leases_run_out()
        await until(delivered(partner, 1), "settled after the lease ran out")
    assert await partner.open_exceptions() == ["NUMBER_CAME"]


@pytest.mark.feature("F226")
async def test_a_partner_that_hangs_holds_up_nobody_else(engine: Engine, partner: Partner) -> None:
    hanging, other = partner, Partner(engine, kind=partner.kind)
    never = asyncio.Event()

    async def carry(leased: Leased) -> Outcome:
        if leased.partner == hanging.name:
            await never.wait()
        return Delivered()

    await hanging.write(*(hanging.new(f"K{n}", f"K{n}") for n in range(20)))
    await other.write(*(other.new(f"K{n}", f"K{n}") for n in range(20)))
    async with running(hanging, Carrier(carry), grace=0.1):
        await until(delivered(other, 20), "the other partner's twenty")


async def test_stopping_lets_a_call_under_way_end(partner: Partner) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def carry(leased: Leased) -> Outcome:
        started.set()
        await go.wait()
        return Delivered()

    await partner.write(partner.new("A", "A1"), partner.new("A", "A2"))
    async with running(partner, Carrier(carry)):
        await started.wait()
        asyncio.get_running_loop().call_later(0.05, go.set)
    assert await delivered(partner, 1)()
    assert await partner.numbers() == ["A2"]


async def test_a_call_cut_off_is_made_again_with_the_same_key(partner: Partner) -> None:
    keys: list[str] = []
    started, never = asyncio.Event(), asyncio.Event()

    async def carry(leased: Leased) -> Outcome:
        keys.append(leased.idempotency_key)
        if len(keys) == 1:
            started.set()
            await never.wait()
        return Delivered()

    await partner.write(partner.new("A", "A1"))
    async with running(partner, Carrier(carry), grace=0.0):
        await started.wait()
    await partner.let_leases_run_out()
    async with running(partner, Carrier(carry)):
        await until(delivered(partner, 1), "the second dispatcher")
    assert keys == ["A1", "A1"]


async def test_a_call_that_takes_longer_than_its_lease_is_cut_off(engine: Engine) -> None:
    partner = Partner.with_own_kind(engine, replace(QUICK, lease=timedelta(milliseconds=400)))
    never, calls = asyncio.Event(), list[UUID]()

    async def carry(leased: Leased) -> Outcome:
        calls.append(leased.delivery_id)
        if len(calls) == 1:
            await never.wait()
        return Delivered()

    await partner.write(partner.new("A", "A1"))
    async with running(partner, Carrier(carry)):
        await until(delivered(partner, 1), "the second call")
    assert (await steps_of(partner))[0].reason == "TIMEOUT_ERROR"


async def test_a_dispatcher_is_woken_by_the_commit_of_a_delivery(partner: Partner) -> None:
    calls: list[datetime] = []

    async def carry(leased: Leased) -> Outcome:
        calls.append(datetime.now(UTC))
        return Dead("seen") if leased.attempt > 1 else Retry("again", timedelta(0))

    uow = UnitOfWork(partner.engine, lambda: None)
    dispatcher = Dispatcher(partner.queue, uow, {partner.kind: Carrier(carry)}, worker="tests", poll_seconds=3600)
    task = asyncio.create_task(dispatcher.run())
    await until(lambda: dispatcher.waiting, "a first round without work")
    await partner.commit_with(uow, partner.new("A", "A1"))
    await until(lambda: len(calls) == 2, "two calls without a poll")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_calls_that_end_together_are_booked_together_and_one_that_cannot_be_booked_fails_alone(
    partner: Partner,
) -> None:
    ready, batches = asyncio.Event(), list[list[str]]()

    async def carry(leased: Leased) -> Outcome:
        await ready.wait()
        return Delivered()

    async def settle(ended: Sequence[Ended], work: Work) -> None:
        batches.append([each.leased.idempotency_key for each in ended])
        if "B3" in batches[-1]:
            raise RuntimeError("its effect cannot be booked")

    await partner.write(*(partner.new(f"key-{n}", f"B{n}") for n in range(8)))
    async with running(partner, Carrier(carry, settle)):

        async def all_leased() -> bool:
            leased = "SELECT count(*) FROM delivery WHERE partner = $1 AND state = 'leased'"
            return bool(await partner.fetch(leased) == 8)

        await until(all_leased, "all leased")
        ready.set()
        await until(delivered(partner, 7), "all but one")
    assert len(batches[0]) == 8, "one transaction for what ended together"
    assert ["B3"] in batches
    assert await partner.fetch("SELECT count(*) FROM delivery WHERE partner = $1 AND state = 'leased'") == 1
