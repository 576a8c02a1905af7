"""A timer runs once, with its effects or not at all; a deadline that passes is fired or told, never forgotten."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from crossdock_kit import exceptions, timeline, timers
from crossdock_kit.calendars import Calendar
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine
from crossdock_kit.errors import FailureClass, Unavailable
from crossdock_kit.exceptions import NewException
from crossdock_kit.policy import PolicyBook, Rule, Scope
from crossdock_kit.process_timers import Course, due, entered, expiry, timer_kind
from crossdock_kit.processes import Deadline, Fire, Process, Raise, Transition
from crossdock_kit.timer_loop import ATTEMPTS, TimerHandler, TimerLoop
from crossdock_kit.timers import DueTimer, NewTimer
from crossdock_kit.unit_of_work import UnitOfWork, Work
from kit_schema import TENANTS, Open

NOW = datetime.now(UTC)
Run = Callable[[Sequence[DueTimer], Work], "asyncio.Future[None]"]


@pytest.fixture
def uow(engine: Engine) -> UnitOfWork:
    return UnitOfWork(engine, lambda: None)


def past(kind: str, subject: str, **facts: object) -> NewTimer:
    return NewTimer(kind=kind, subject=subject, due_at=NOW - timedelta(minutes=1), tenant="acme", **facts)  # type: ignore[arg-type]


async def set_all(opened: Open, *new: NewTimer) -> None:
    async with opened() as tx:
        await timers.set_timers(tx.driver, new)


async def left(opened: Open, kind: str) -> list[str]:
    async with opened() as tx:
        rows = await tx.driver.fetch("SELECT subject FROM timer WHERE kind = $1 ORDER BY subject", kind)
    return [row["subject"] for row in rows]


async def make_due(opened: Open, kind: str) -> None:
    async with opened() as tx:
        await tx.driver.execute("UPDATE timer SET due_at = now() WHERE kind = $1 AND due_at < 'infinity'", kind)


async def open_codes(opened: Open, transaction_id: str) -> list[str]:
    async with opened() as tx:
        page = await exceptions.list_page(tx.driver, still_open=True, transaction_id=transaction_id)
    return [each.code for each in page]


def loop_of(engine: Engine, uow: UnitOfWork, kind: str, handler: TimerHandler) -> TimerLoop:
    return TimerLoop(engine, uow, TENANTS, {kind: handler})


async def test_due_timers_run_in_order_and_leave_a_step(engine: Engine, uow: UnitOfWork, opened: Open) -> None:
    kind, ran = uuid4().hex, list[str]()

    async def run(due_now: Sequence[DueTimer], work: Work) -> None:
        ran.extend(each.subject for each in due_now)

    later = NewTimer(kind=kind, subject="later", due_at=NOW + timedelta(hours=1), tenant="acme")
    await set_all(opened, past(kind, "a", transaction_ids=(f"t-{kind}",), keys=("po:1",)), past(kind, "b"), later)
    loop = loop_of(engine, uow, kind, TimerHandler(run))
    while await loop.round():
        pass
    assert sorted(ran) == ["a", "b"]
    assert await left(opened, kind) == ["later"]
    async with opened() as tx:
        [(_, step)] = await timeline.list_steps(tx.driver, [f"t-{kind}"], limit=10)
    assert (step.kind, step.name, step.outcome, step.keys) == ("timer", kind, "advanced", ("po:1",))
    assert step.waited is not None
    assert step.waited >= timedelta(seconds=59)


async def test_setting_again_moves_it_and_cancelling_takes_it_away(opened: Open) -> None:
    kind = uuid4().hex
    await set_all(opened, past(kind, "a"), past(kind, "b"))
    await set_all(opened, NewTimer(kind=kind, subject="a", due_at=NOW + timedelta(hours=1), tenant="acme"))
    async with opened() as tx:
        await timers.cancel_timers(tx.driver, [("acme", kind, "b"), ("acme", kind, "unknown")])
        assert await timers.take_due(tx.driver, "acme", kind, 10) == []
    assert await left(opened, kind) == ["a"]


async def test_many_loops_run_each_timer_once(engine: Engine, uow: UnitOfWork, opened: Open) -> None:
    kind, ran = uuid4().hex, list[str]()

    async def run(due_now: Sequence[DueTimer], work: Work) -> None:
        await asyncio.sleep(0)
        ran.extend(each.subject for each in due_now)

    await set_all(opened, *(past(kind, f"{n:03d}") for n in range(100)))
    loops = [loop_of(engine, uow, kind, TimerHandler(run, batch=7)) for _ in range(4)]
    while await left(opened, kind):
        await asyncio.gather(*(loop.round() for loop in loops))
    assert sorted(ran) == [f"{n:03d}" for n in range(100)]


@pytest.mark.parametrize("moved", [False, True])
async def test_whoever_ends_what_a_running_timer_waits_for_waits_for_nobody(
    engine: Engine, uow: UnitOfWork, opened: Open, moved: bool
) -> None:
    """Timers are moved and cancelled by who holds what they are about, which the handler wants too."""
    kind, runs = uuid4().hex, asyncio.Event()
    about = "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))"

    async def run(due_now: Sequence[DueTimer], work: Work) -> None:
        runs.set()
        await work.driver.execute(about, kind)
        work.raise_exception(
            NewException(
                failure_class=FailureClass.BUSINESS,
                code="TOO_LATE",
                summary="what it waited for has come",
                owner="tests",
                transaction_ids=(f"t-{kind}",),
            )
        )

    await set_all(opened, past(kind, "a"))
    loop = loop_of(engine, uow, kind, TimerHandler(run))
    async with asyncio.timeout(30), opened() as tx:
        await tx.driver.execute(about, kind)
        running = asyncio.create_task(loop.round())
        await runs.wait()
        if moved:
            later = NewTimer(kind=kind, subject="a", due_at=NOW + timedelta(hours=1), tenant="acme")
            await timers.set_timers(tx.driver, [later])
        else:
            await timers.cancel_timers(tx.driver, [("acme", kind, "a")])
    await running
    assert await open_codes(opened, f"t-{kind}") == []
    assert await left(opened, kind) == ["a"] * moved
    assert await loop.round() == 0


async def test_one_bad_timer_of_a_batch_holds_up_no_other_and_ends_as_an_exception(
    engine: Engine, uow: UnitOfWork, opened: Open
) -> None:
    kind, ran = uuid4().hex, list[str]()

    async def run(due_now: Sequence[DueTimer], work: Work) -> None:
        if any(each.subject == "bad" for each in due_now):
            raise KeyError("bad")
        ran.extend(each.subject for each in due_now)

    bad = past(kind, "bad", transaction_ids=(f"t-{kind}",))
    await set_all(opened, past(kind, "a"), bad, past(kind, "z"))
    loop = loop_of(engine, uow, kind, TimerHandler(run, batch=10))
    for _ in range(ATTEMPTS):
        await loop.round()
        await make_due(opened, kind)
    assert sorted(ran) == ["a", "z"]
    assert await open_codes(opened, f"t-{kind}") == ["TIMER_FAILED"]
    assert await loop.round() == 0
    async with opened() as tx:
        [raised] = await exceptions.list_page(tx.driver, still_open=True, transaction_id=f"t-{kind}")
        assert "due again" in await timers.redrive(tx.driver, UUID(raised.subject.removeprefix("timer/")))
    assert await loop.round() == 1


async def test_what_the_database_is_too_slow_for_holds_up_no_other_and_is_tried_for_ever(
    engine: Engine, uow: UnitOfWork, opened: Open
) -> None:
    slow, other, ran = uuid4().hex, uuid4().hex, list[str]()
    too_slow = True

    async def run(due_now: Sequence[DueTimer], work: Work) -> None:
        if too_slow and any(each.kind == slow for each in due_now):
            raise Unavailable("the database is away or too slow")
        ran.extend(each.subject for each in due_now)

    await set_all(opened, past(slow, "slow", transaction_ids=(f"t-{slow}",)), past(other, "other"))
    both = {kind: TimerHandler(run, batch=5) for kind in (slow, other)}
    loop = TimerLoop(engine, uow, TENANTS, both)
    for _ in range(ATTEMPTS):
        assert await open_codes(opened, f"t-{slow}") == []
        await loop.round()
        await make_due(opened, slow)
    assert ran == ["other"]
    assert await open_codes(opened, f"t-{slow}") == ["TIMER_FAILED"]
    too_slow = False
    await loop.round()
    assert ran == ["other", "slow"]
    assert await open_codes(opened, f"t-{slow}") == []


async def test_effects_of_a_failed_run_do_not_remain(engine: Engine, uow: UnitOfWork, opened: Open) -> None:
    kind = uuid4().hex

    async def run(due_now: Sequence[DueTimer], work: Work) -> None:
        work.raise_exception(
            NewException(
                failure_class=FailureClass.BUSINESS,
                code="EFFECT",
                summary="half done",
                owner="tests",
                transaction_ids=(f"t-{kind}",),
            )
        )
        await work.flush()
        raise RuntimeError("after the effect")

    await set_all(opened, past(kind, "a"))
    await loop_of(engine, uow, kind, TimerHandler(run)).round()
    assert await open_codes(opened, f"t-{kind}") == []
    assert await left(opened, kind) == ["a"]


def order(name: str) -> Process:
    clock, buyer = frozenset({"CROSSDOCK"}), frozenset({"ERP"})
    return Process(
        name,
        ("placed", "priced", "done", "cancelled"),
        (
            Transition("placed", "price", "priced", buyer),
            Transition("placed", "give_up", "cancelled", clock),
            Transition("priced", "finish", "done", buyer),
        ),
        {
            "placed": Deadline(timedelta(hours=4), Fire("give_up"), "order.placed", "partner"),
            "priced": Deadline(timedelta(hours=1), Raise("PRICE_UNDECIDED", "purchasing")),
        },
    )


def test_a_deadline_counts_in_the_partners_calendar_and_takes_the_policys_value() -> None:
    process = order("order")
    rule = Rule("order.placed", Scope(partner="ACME"), {"hours": 10}, datetime(2026, 1, 1, tzinfo=UTC), None, 3)
    weekdays = Calendar(weekdays=frozenset(range(5)))
    course = Course(
        subject="1", place=Scope(partner="ACME"), calendars={"partner": weekdays}, policies=PolicyBook([rule])
    )
    friday_evening = datetime(2026, 3, 6, 20, tzinfo=UTC)
    found = due(process.deadlines["placed"], course, friday_evening)
    assert (found.at, found.policy_version) == (datetime(2026, 3, 9, 6, tzinfo=UTC), 3)
    plain = due(process.deadlines["placed"], Course(subject="1"), friday_evening)
    assert (plain.at, plain.policy_version) == (friday_evening + timedelta(hours=4), 0)


async def enter(uow: UnitOfWork, process: Process, state: str, since: datetime) -> None:
    cause = Cause("call", "Test", "acme", "tests", "c", "c", "", NOW)
    with caused_by(cause):
        async with uow(tenants=("acme",)) as work:
            entered(work, process, state, Course(subject="4711", transaction_ids=(f"t-{process.name}",)), since)


async def test_a_deadline_fires_its_trigger_for_the_state_that_it_was_set_for(
    engine: Engine, uow: UnitOfWork, opened: Open
) -> None:
    process, fired = order(uuid4().hex), list[tuple[str, ...]]()

    async def fire(subject: str, state: str, trigger: str, work: Work) -> None:
        fired.append((subject, state, trigger))

    loop = loop_of(engine, uow, timer_kind(process), expiry(process, fire))
    await enter(uow, process, "placed", NOW - timedelta(hours=3))
    assert await loop.round() == 0
    await enter(uow, process, "placed", NOW - timedelta(hours=5))
    assert await loop.round() == 1
    assert fired == [("4711", "placed", "give_up")]


async def test_an_overdue_state_is_told_to_its_owner_until_it_is_left(
    engine: Engine, uow: UnitOfWork, opened: Open
) -> None:
    process = order(uuid4().hex)

    async def fire(subject: str, state: str, trigger: str, work: Work) -> None:
        raise AssertionError("this deadline only tells")

    await enter(uow, process, "priced", NOW - timedelta(hours=2))
    assert await loop_of(engine, uow, timer_kind(process), expiry(process, fire)).round() == 1
    assert await open_codes(opened, f"t-{process.name}") == ["PRICE_UNDECIDED"]
    await enter(uow, process, "done", NOW)
    assert await open_codes(opened, f"t-{process.name}") == []
    assert await left(opened, timer_kind(process)) == []


async def test_a_state_left_in_time_never_expires(engine: Engine, uow: UnitOfWork, opened: Open) -> None:
    process = order(uuid4().hex)
    await enter(uow, process, "placed", NOW)
    await enter(uow, process, "priced", NOW)
    async with opened() as tx:
        payload = await tx.driver.fetchval("SELECT payload FROM timer WHERE kind = $1", timer_kind(process))
    assert json.loads(payload)["state"] == "priced"
    await enter(uow, process, "cancelled", NOW)
    assert await left(opened, timer_kind(process)) == []
