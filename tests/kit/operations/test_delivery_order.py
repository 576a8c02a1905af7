"""No delivery overtakes a predecessor, a stuck one blocks only its own key, and no two workers get the same one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from crossdock_kit.database import Engine, Transaction, transaction
from crossdock_kit.deliveries import Dead, Delivered, Leased, Outcome, Retry, enqueue, repair
from crossdock_kit.deliveries.repair import DeliveryNotCancellable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit_schema import TENANTS
from kit_schema.outbound import Partner


@pytest.fixture
def partner(engine: Engine) -> Partner:
    return Partner(engine)


@pytest.mark.feature("F220")
async def test_only_the_first_unfinished_of_a_key_is_given_out(partner: Partner) -> None:
    await partner.write(partner.new("A", "A1"), partner.new("A", "A2"), partner.new("B", "B1"))
    first = await partner.lease()
    assert [each.idempotency_key for each in first] == ["A1", "B1"]
    assert await partner.numbers() == []
    await partner.report(first[0], Delivered())
    assert await partner.numbers() == ["A2"]


async def test_writing_the_same_delivery_again_writes_nothing(partner: Partner) -> None:
    await partner.write(partner.new("A", "A1"))
    await partner.write(partner.new("A", "A1"), partner.new("A", "A2"))
    [leased] = await partner.lease()
    await partner.report(leased, Delivered())
    await partner.write(partner.new("A", "A1"))
    assert await partner.numbers() == ["A2"]


async def test_a_named_predecessor_of_another_key_goes_first(partner: Partner) -> None:
    order = partner.new("order", "850")
    await partner.write(order, partner.new("receipt", "861", after=(order.delivery_id,)))
    [leased] = await partner.lease()
    assert leased.idempotency_key == "850"
    await partner.report(leased, Delivered())
    assert await partner.numbers() == ["861"]


@pytest.mark.feature("F224")
async def test_a_dead_one_blocks_its_key_alone_until_somebody_decides(partner: Partner) -> None:
    await partner.write(*(partner.new(key, f"{key}{n}") for key in "AB" for n in (1, 2)))
    a1, b1 = await partner.lease()
    await partner.report(a1, Dead("wrong item"))
    await partner.report(b1, Delivered())
    assert await partner.numbers() == ["B2"]
    async with transaction(partner.engine, TENANTS) as tx:
        await repair.cancel(tx.driver, a1.delivery_id, reason="the order was withdrawn", by="ann")
    assert await partner.numbers() == ["A2"]
    assert await partner.open_exceptions() == []


async def test_one_under_way_cannot_be_cancelled(partner: Partner) -> None:
    await partner.write(partner.new("A", "A1"))
    [leased] = await partner.lease()
    with pytest.raises(DeliveryNotCancellable):
        async with transaction(partner.engine, TENANTS) as tx:
            await repair.cancel(tx.driver, leased.delivery_id, reason="too late", by="ann")


async def test_a_suppressed_one_is_kept_to_be_seen_and_never_made(partner: Partner) -> None:
    shadow = partner.new("A", "A1", suppressed=True)
    await partner.write(shadow, partner.new("A", "A2"))
    assert await partner.numbers() == ["A2"]
    assert await partner.state(shadow.delivery_id) == "suppressed"


async def test_one_that_is_not_due_yet_holds_back_its_key_only(partner: Partner) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    await partner.write(partner.new("A", "A1", not_before=later), partner.new("A", "A2"), partner.new("B", "B1"))
    assert await partner.numbers() == ["B1"]


async def test_the_newest_word_takes_the_turn_of_one_that_nobody_has_sent(partner: Partner) -> None:
    older, newer = partner.new("stock", "4 left", replaces=True), partner.new("stock", "3 left", replaces=True)
    await partner.write(older, partner.new("B", "B1"))
    await partner.write(newer)
    assert await partner.state(older.delivery_id) == "cancelled"
    assert await partner.numbers() == ["3 left", "B1"]


async def test_the_newest_word_is_due_when_the_one_was_whose_place_it_takes(partner: Partner) -> None:
    """However often it changes, it is told: else what changes more often than batches end would never be."""
    later = datetime.now(UTC) + timedelta(hours=1)
    await partner.write(partner.new("stock", "4 left", replaces=True))
    await partner.write(partner.new("stock", "3 left", replaces=True, not_before=later))
    assert await partner.numbers() == ["3 left"]


async def test_the_newest_word_waits_behind_one_that_is_on_its_way(partner: Partner) -> None:
    await partner.write(partner.new("stock", "4 left", replaces=True))
    [leased] = await partner.lease()
    await partner.write(partner.new("stock", "3 left", replaces=True))
    await partner.write(partner.new("stock", "2 left", replaces=True))
    assert await partner.numbers() == []
    await partner.report(leased, Delivered())
    assert await partner.numbers() == ["2 left"]


async def test_a_word_that_was_given_up_blocks_the_newest_no_more_and_nobody_has_to_decide(partner: Partner) -> None:
    await partner.write(partner.new("stock", "4 left", replaces=True))
    [leased] = await partner.lease()
    await partner.report(leased, Dead("no such item"))
    assert len(await partner.open_exceptions()) == 1
    await partner.write(partner.new("stock", "3 left", replaces=True))
    assert await partner.numbers() == ["3 left"]
    assert await partner.open_exceptions() == []


async def test_what_does_not_replace_takes_nobodys_place(partner: Partner) -> None:
    await partner.write(partner.new("A", "A1"), partner.new("A", "A2"))
    assert await partner.numbers() == ["A1"]


async def test_a_later_decision_waits_for_an_earlier_one_that_is_not_committed(partner: Partner) -> None:
    """Without the lock the second would be visible, leased and delivered before the first."""
    async with transaction(partner.engine, TENANTS) as tx:
        await enqueue(tx.driver, [partner.new("A", "A1")], at=datetime.now(UTC))
        second = asyncio.create_task(partner.write(partner.new("A", "A2")))
        await partner.write(partner.new("B", "B1"))
        async with asyncio.timeout(60):
            while not (second.done() or await _waiting_locks(tx)):
                await asyncio.sleep(0.01)
        assert not second.done()
    await second
    assert await partner.numbers() == ["A1", "B1"]


async def _waiting_locks(tx: Transaction) -> int:
    waiting: int = await tx.driver.fetchval(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE d.datname = current_database() AND locktype = 'advisory' AND NOT granted"
    )
    return waiting


async def test_many_workers_at_once_share_the_work_without_overlap(partner: Partner) -> None:
    await partner.write(*(partner.new(f"K{n % 40}", f"{n:03d}") for n in range(200)))
    done: dict[str, list[str]] = defaultdict(list)

    async def work(name: str) -> None:
        while leased := await partner.lease(limit=7, worker=name):
            for each in leased:
                done[each.ordering_key].append(each.idempotency_key)
                await partner.report(each, Delivered())

    for _ in range(10):
        await asyncio.gather(*(work(f"w{n}") for n in range(8)))
    assert sorted(number for numbers in done.values() for number in numbers) == [f"{n:03d}" for n in range(200)]
    assert all(numbers == sorted(numbers) for numbers in done.values())


async def test_express_goes_first_and_leaves_the_others_a_share(partner: Partner) -> None:
    await partner.write(*(partner.new(f"S{n}", f"s{n}") for n in range(10)))
    await partner.write(*(partner.new(f"E{n}", f"e{n}", express=True) for n in range(20)))
    leased = await partner.lease(limit=10)
    assert [each.express for each in leased].count(True) == 8
    one_by_one = [(await partner.lease(limit=1))[0].express for _ in range(10)]
    assert 1 <= one_by_one.count(False) <= 3


class History:
    """What the model remembers of each key: the order in which its deliveries were written, and what is finished."""

    def __init__(self) -> None:
        self.written: dict[str, list[str]] = defaultdict(list)
        self.finished: set[str] = set()
        self.dead: dict[str, Leased] = {}
        self.under_way: dict[str, Leased] = {}

    def heads(self) -> set[str]:
        unfinished = ([n for n in numbers if n not in self.finished] for numbers in self.written.values())
        return {numbers[0] for numbers in unfinished if numbers}

    def available(self) -> set[str]:
        return self.heads() - set(self.dead) - set(self.under_way)


OUTCOMES: dict[str, Outcome] = {
    "deliver": Delivered(),
    "retry": Retry("busy", timedelta(0)),
    "die": Dead("refused"),
}
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 3)),
        st.tuples(st.just("lease"), st.integers(1, 3)),
        st.tuples(st.sampled_from((*OUTCOMES, "redrive", "expire")), st.integers(0, 5)),
    ),
    min_size=5,
    max_size=30,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves=MOVES)
async def test_any_history_keeps_order_and_blocks_nothing_else(engine: Engine, moves: list[tuple[str, int]]) -> None:
    partner, history = Partner(engine), History()
    for move, n in moves:
        await _do(partner, history, move, n)
    while history.available():
        expected = history.available()
        leased = await partner.lease()
        assert {each.idempotency_key for each in leased} == expected, "each free key gives out its first, no other does"
        for each in leased:
            await partner.report(each, Delivered())
            history.finished.add(each.idempotency_key)
    assert await partner.lease() == []


async def _do(partner: Partner, history: History, move: str, n: int) -> None:
    if move == "write":
        key, number = f"K{n}", uuid4().hex
        history.written[key].append(number)
        await partner.write(partner.new(key, number))
    elif move == "lease":
        allowed = history.available()
        for leased in await partner.lease(limit=n):
            assert leased.idempotency_key in allowed
            history.under_way[leased.idempotency_key] = leased
    elif move == "redrive" and history.dead:
        _, leased = history.dead.popitem()
        async with transaction(partner.engine, TENANTS) as tx:
            await repair.redrive(tx.driver, leased.delivery_id, by="sre")
    elif move == "expire":
        await _expire(partner, history)
    elif move in OUTCOMES and history.under_way:
        number = sorted(history.under_way)[n % len(history.under_way)]
        leased = history.under_way.pop(number)
        settled = await partner.report(leased, OUTCOMES[move])
        if settled.end == "dead":
            history.dead[number] = leased
        elif settled.end == "delivered":
            history.finished.add(number)


async def _expire(partner: Partner, history: History) -> None:
    await partner.let_leases_run_out()
    await partner.queue.expire()
    for number, leased in history.under_way.items():
        if await partner.state(leased.delivery_id) == "dead":
            history.dead[number] = leased
    history.under_way.clear()
