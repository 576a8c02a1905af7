"""Whose turn it is: what is ordered for the same day overtakes, and nobody waits for ever because of that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from crossdock_kit import policy
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.testing import FixedClock
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.domain.promising import Lot, Waiting, counted
from fulfillment.domain.questions import Shortage
from fulfillment.domain.turns import LEAD, turn
from fulfillment.ports import Supply
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork
from fulfillment.use_cases.stocking import Answer, lock_orders, supplied, take_answer
from fulfillment_cases.calls import Caller, line, unique
from hypothesis import given
from hypothesis import strategies as st

T0 = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOURS = st.integers(min_value=0, max_value=200)


def at(hours: float, *, same_day: bool = False, lead: timedelta = LEAD) -> datetime:
    return turn(T0 + timedelta(hours=hours), same_day=same_day, lead=lead)


@pytest.mark.feature("F232")
def test_what_is_ordered_for_the_same_day_overtakes_what_came_shortly_before() -> None:
    assert at(5, same_day=True) < at(0)
    assert at(5, same_day=True) < at(6, same_day=True), "among themselves the older goes first"


@pytest.mark.feature("F232")
def test_what_has_waited_longer_than_the_lead_is_overtaken_no_more() -> None:
    assert at(0) < at(25, same_day=True)


def test_a_lead_of_less_than_nothing_makes_nobody_late() -> None:
    assert at(0, same_day=True, lead=timedelta(hours=-5)) == at(0)


@pytest.mark.feature("F232")
@given(
    st.lists(HOURS, max_size=80),
    st.lists(HOURS, min_size=1, max_size=20),
    st.integers(min_value=1, max_value=48),
)
def test_under_any_load_a_standard_order_lets_pass_only_what_came_within_the_lead(
    urgent: list[int], standard: list[int], lead_hours: int
) -> None:
    lead = timedelta(hours=lead_hours)
    queue = sorted(
        [(at(hour, same_day=True, lead=lead), "urgent", hour) for hour in urgent]
        + [(at(hour), "standard", hour) for hour in standard]
    )
    for place, (_, kind, hour) in enumerate(queue):
        if kind == "standard":
            before = [each for _, other, each in queue[:place] if other == "urgent"]
            assert all(each <= hour + lead_hours for each in before)
            older = [each for _, other, each in queue[:place] if other == "standard"]
            assert all(each <= hour for each in older)


@pytest.mark.feature("F232")
def test_a_steady_stream_of_urgent_orders_starves_no_standard_one() -> None:
    """One unit comes each hour, and an urgent order for it, too: for ever there is less than is wanted."""
    waiting = [(at(0), "standard")]
    for hour in range(1, 100):
        waiting.append((at(hour, same_day=True), "urgent"))
        served = min(waiting)
        waiting.remove(served)
        if served[1] == "standard":
            break
    assert hour == LEAD // timedelta(hours=1)


def test_what_is_to_come_is_promised_in_the_same_turn() -> None:
    lots = [Lot("po.1", "WH-EAST", date(2026, 3, 5), Decimal(10))]
    waiting = [
        Waiting("a", 1, 1, Decimal(10), turn_at=at(0)),
        Waiting("b", 1, 1, Decimal(10), turn_at=at(5, same_day=True)),
    ]
    found = {each.waiting.order_id: each.supply for each in counted(waiting, lots)}
    assert found == {"b": "po.1", "a": ""}


# --- served


@dataclass(frozen=True, slots=True)
class Queue:
    """Orders that wait for one item."""

    caller: Caller
    uow: UnitOfWork
    clock: FixedClock

    async def joins(self, sku: str, ordered: int = 10, **more: Any) -> str:
        """An order's id; nothing of it is there."""
        number = unique("S")
        order_id = (
            await self.caller.place(number, line("1", ordered, sku), business_unit="EU-TURN", **more)
        ).order.order_id
        short = Answer(order_id, 1, 1, short=[Shortage(sku, Decimal(), "STOCK_SHORT")])
        with caused_by(_cause()):
            async with FulfillmentUnitOfWork(self.uow)() as work:
                await work.supplies.claim([sku])
                orders = await lock_orders([order_id], work)
                await take_answer(short, orders[order_id], work)
        return order_id

    async def asks(self, sku: str, available: int, *order_ids: str) -> list[str]:
        """Which of these ask for stock, of which so much is there again, in the sequence in which they do."""
        with caused_by(_cause()):
            async with FulfillmentUnitOfWork(self.uow)() as work:
                await supplied(Supply(sku, "WH-EAST", "EU-TURN", Decimal(available)), work)
        rows = await self.caller.fetch(
            "SELECT idempotency_key FROM delivery WHERE kind = 'inventory.allocate' AND idempotency_key LIKE '%:1:3'"
            " ORDER BY position"
        )
        asked = [row["idempotency_key"].partition(":")[0] for row in rows]
        return [each for each in asked if each in order_ids]


@pytest.fixture
def queue(caller: Caller, uow: UnitOfWork, clock: FixedClock) -> Queue:
    return Queue(caller, uow, clock)


def _cause() -> Cause:
    name = str(uuid4())
    return Cause("event", "test", "acme", "tester", name, name, "", datetime.now(UTC))


@pytest.mark.feature("F232")
async def test_what_is_there_again_is_asked_for_by_those_whose_turn_it_is_and_no_others(queue: Queue) -> None:
    standard = [await queue.joins("NUT") for _ in range(3)]
    urgent = await queue.joins("NUT", same_day=True)
    everybody = (*standard, urgent)
    assert await queue.asks("NUT", 15, *everybody) == [urgent, standard[0]]
    assert await queue.asks("NUT", 1, *everybody) == [urgent, *standard[:2]]
    assert await queue.asks("NUT", 100, *everybody) == [urgent, *standard]


@pytest.mark.feature("F232")
async def test_a_standard_order_that_has_waited_longer_than_the_lead_goes_before_urgent_ones(queue: Queue) -> None:
    old = await queue.joins("TABLE")
    queue.clock.advance(timedelta(hours=25))
    urgent = [await queue.joins("TABLE", same_day=True) for _ in range(5)]
    assert await queue.asks("TABLE", 1, old, *urgent) == [old]
    assert await queue.asks("TABLE", 11, old, *urgent) == [old, *urgent[:2]]


@pytest.mark.feature("F232")
async def test_how_far_urgent_orders_go_ahead_is_a_policy(queue: Queue) -> None:
    rule = NewRule(
        key="fulfillment.same_day_lead_hours",
        value={"hours": 0},
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        scope=Scope(business_unit="EU-TURN", partner="edi-calm"),
    )
    async with transaction(queue.caller.engine, ["acme"]) as tx:
        await policy.add(tx.driver, "acme", rule)
    standard = await queue.joins("BOLT")
    urgent = await queue.joins("BOLT", same_day=True, channel="edi-calm")
    assert await queue.asks("BOLT", 1, standard, urgent) == [standard]
