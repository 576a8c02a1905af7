"""What a waiting line is promised, and what becomes of it when the supply that it counts on changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock.inventory.events.v1 import events_pb2 as inventory
from crossdock_cli.order_tables import promise
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.testing import FixedClock
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.domain import events
from fulfillment.domain.allocating import fall_short, retry
from fulfillment.domain.order_line import PICK_SHORT, STOCK
from fulfillment.domain.promising import Incoming, Lot, Shelf, Waiting, counted, judge, renew, waiting_of
from fulfillment.domain.questions import Shortage
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork
from fulfillment.use_cases.promising import supply_changed
from fulfillment.use_cases.stocking import Answer, lock_orders, take_answer
from fulfillment.wire import stock
from fulfillment_cases.calls import Caller, line, quantity, unique
from fulfillment_cases.trade import D, placed, told
from fulfillment_cases.trade import line as terms_line
from google.type.date_pb2 import Date
from hypothesis import given
from hypothesis import strategies as st

MONDAY = date(2026, 3, 2)


def lot(day: int, amount: float, supply: str = "", place: str = "WH-EAST") -> Lot:
    return Lot(supply or f"po.{day}", place, MONDAY + timedelta(days=day), D(str(amount)))


def waits(order: str, amount: float, *places: str, **more: object) -> Waiting:
    return Waiting(order, 1, 1, D(str(amount)), places, **more)  # type: ignore[arg-type]


def promises(waiting: Sequence[Waiting], *lots: Lot) -> list[tuple[str, int, str]]:
    return [(each.waiting.order_id, int(each.quantity), each.supply) for each in counted(waiting, lots)]


def test_the_oldest_order_counts_on_what_comes_first() -> None:
    waiting = [waits("b", 4), waits("a", 6)]
    assert promises(waiting, lot(9, 4), lot(3, 6)) == [("a", 6, "po.3"), ("b", 4, "po.9")]


def test_what_needs_two_deliveries_is_promised_for_the_later_one() -> None:
    assert promises([waits("a", 10)], lot(3, 6), lot(9, 6)) == [("a", 10, "po.9")]


def test_what_supply_does_not_reach_has_no_promise() -> None:
    assert promises([waits("a", 10)], lot(3, 6)) == [("a", 6, "po.3"), ("a", 4, "")]


def test_only_places_that_may_serve_an_order_are_counted_on() -> None:
    assert promises([waits("a", 5, "WH-WEST"), waits("b", 5)], lot(3, 5)) == [("a", 5, ""), ("b", 5, "po.3")]


def test_what_is_empty_for_one_who_waits_is_not_looked_at_for_the_next() -> None:
    shelf = Shelf([lot(day, 10, place=place) for day in range(250) for place in ("WH-EAST", "WH-WEST")])
    places = [(), ("WH-EAST",), ("WH-WEST",), ("WH-SOUTH",)]
    reached = sum(shelf.take(waits(f"o-{n}", 1, *places[n % 4]))[0] for n in range(5_000))
    assert reached == 3_750
    assert shelf.looks < 5_000 + 4 * 500 + 4 * 500


def test_what_has_arrived_keeps_its_day_until_stock_is_asked_again() -> None:
    promised = waits("a", 5, supply="po.3", promised_on=MONDAY)
    missed = waits("b", 5, reason=PICK_SHORT)
    found = counted([promised, missed], [lot(0, 10, STOCK), lot(9, 5)])
    assert [(each.supply, each.promised_on) for each in found] == [
        (STOCK, MONDAY),
        ("po.9", MONDAY + timedelta(days=9)),
    ]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["", "WH-EAST", "WH-WEST"])), max_size=8),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9), st.sampled_from(["WH-EAST", "WH-WEST"])), max_size=8),
)
def test_nothing_is_promised_twice_and_nothing_that_waits_is_lost(
    wanted: list[tuple[int, str]], comes: list[tuple[int, int, str]]
) -> None:
    waiting = [waits(f"{number:02}", amount, *filter(None, [place])) for number, (amount, place) in enumerate(wanted)]
    lots = [lot(day, amount, f"po.{number}", place) for number, (day, amount, place) in enumerate(comes)]
    found = counted(waiting, lots)
    assert sum(each.quantity for each in found if each.supply) <= sum(each.quantity for each in lots)
    for each in waiting:
        assert sum(one.quantity for one in found if one.waiting is each) == each.quantity
    # By any day no more is promised than has come by then.
    for day in {each.due_on for each in lots}:
        due = sum(each.quantity for each in lots if each.due_on <= day)
        assert sum(each.quantity for each in found if each.promised_on and each.promised_on <= day) <= due


# --- an order


def backordered(*lots: Lot) -> SalesOrder:
    order = placed(terms_line("1", 10))
    asked = order.questions[-1]
    fall_short(order, 1, asked.attempt, [Shortage("BOLT", D(0), "STOCK_SHORT")], {"BOLT": Incoming(lots)})
    return order


def again(order: SalesOrder, *lots: Lot) -> list[events.Event]:
    told(order)
    [only] = order.lines.values()
    renew(order, 1, counted([waiting_of(order, only, each) for each in only.schedules], lots))
    return told(order)


def test_a_backorder_is_told_with_the_day_that_its_supply_comes() -> None:
    order = backordered(lot(3, 20))
    [fact] = [each for each in told(order) if isinstance(each, events.OrderLinesBackordered)]
    assert [(step.promised_on, step.supply, step.at_risk) for step in fact.steps] == [
        (MONDAY + timedelta(days=3), "po.3", False)
    ]
    judge(order, 1)
    assert order.concerns == []


def test_a_delay_breaks_a_promise_until_it_holds_again() -> None:
    order = backordered(lot(3, 20))
    [fact] = again(order, lot(9, 20))
    assert isinstance(fact, events.OrderLinesPromised)
    assert [(step.promised_on, step.at_risk) for step in fact.steps] == [(MONDAY + timedelta(days=9), True)]
    judge(order, 1)
    assert [(each.code, each.owner) for each in order.concerns] == [("PROMISE_AT_RISK", "order-desk")]
    assert again(order, lot(9, 20)) == [], "told once"
    order.settled.clear()
    again(order, lot(2, 20))
    order.concerns.clear()
    judge(order, 1)
    assert (order.concerns, len(order.settled)) == ([], 1)


def test_supply_that_falls_away_leaves_no_day() -> None:
    order = backordered(lot(3, 20))
    [fact] = again(order)
    assert isinstance(fact, events.OrderLinesPromised)
    assert [(step.promised_on, step.at_risk) for step in fact.steps] == [(None, True)]


def test_the_same_day_by_another_delivery_is_no_news() -> None:
    order = backordered(lot(3, 20))
    assert again(order, lot(3, 20, "other")) == []
    assert order.lines[1].schedules[0].supply == "other"


def test_what_went_on_meanwhile_is_left_alone() -> None:
    order = backordered(lot(3, 20))
    before = waiting_of(order, order.lines[1], order.lines[1].schedules[0])
    retry(order, 1)
    told(order)
    renew(order, 1, counted([before], []))
    assert told(order) == []


def test_an_order_shows_its_day_and_the_supply_that_this_counts_on() -> None:
    waiting = sales_order_pb2.LineSchedule(
        state=sales_order_pb2.SCHEDULE_STATE_BACKORDERED,
        promised_on=Date(year=2026, month=3, day=11),
        owed_on=Date(year=2026, month=3, day=11),
        supply="po-1.1",
    )
    assert promise(waiting) == "2026-03-11 by po-1.1"
    waiting.promised_on.day, waiting.at_risk = 20, True
    assert promise(waiting) == "2026-03-20 by po-1.1, owed on 2026-03-11"
    waiting.ClearField("promised_on")
    waiting.ClearField("supply")
    assert promise(waiting) == "no day, owed on 2026-03-11"


# --- as inventory announces it


def said(sku: str, *lots: tuple[int, int]) -> inventory.SupplyChanged:
    return inventory.SupplyChanged(
        sku=sku,
        location_id="WH-EAST",
        business_unit="EU01",
        lots=[
            inventory.SupplyLot(
                purchase_order_line_id="po-1.1", due_on=Date(year=2031, month=3, day=day), quantity=quantity(amount)
            )
            for day, amount in lots
        ],
    )


class Suppliers:
    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow

    async def say(self, version: int, fact: inventory.SupplyChanged) -> None:
        with caused_by(_cause()):
            async with FulfillmentUnitOfWork(self.uow)() as work:
                await work.supplies.claim([fact.sku])
                await supply_changed(stock.statement(fact, version), work)

    async def short(self, order_id: str, sku: str) -> None:
        with caused_by(_cause()):
            async with FulfillmentUnitOfWork(self.uow)() as work:
                await work.supplies.claim([sku])
                orders = await lock_orders([order_id], work)
                answer = Answer(order_id, 1, 1, short=[Shortage(sku, D(0), "STOCK_SHORT")])
                await take_answer(answer, orders[order_id], work)


def _cause() -> Cause:
    name = str(uuid4())
    return Cause("event", "test", "acme", "tester", name, name, "", datetime.now(UTC))


@pytest.mark.feature("F128", "F130", "F131")
async def test_a_suppliers_delay_reaches_the_orders_that_counted_on_it(
    caller: Caller, uow: UnitOfWork, clock: FixedClock
) -> None:
    suppliers = Suppliers(uow)
    await suppliers.say(1, said("NUT", (3, 12)))
    orders = [(await caller.place(unique("S"), line("1", 6, "NUT"))).order.order_id for _ in range(3)]
    for order_id in orders:
        await suppliers.short(order_id, "NUT")

    async def days() -> list[tuple[int, int, bool]]:
        found = [(await caller.order(each)).lines[0].schedules[0] for each in orders]
        return [(each.promised_on.day, each.owed_on.day, each.at_risk) for each in found]

    assert await days() == [(3, 3, False), (3, 3, False), (0, 0, False)]
    await suppliers.say(3, said("NUT", (3, 6), (9, 12)))
    assert await days() == [(3, 3, False), (9, 3, True), (9, 9, False)]
    assert await caller.exceptions(orders[1]) == [("PROMISE_AT_RISK", "order-desk", True)]
    assert [(await caller.facts(each))[-1] for each in orders] == [
        "OrderAcknowledged",
        "OrderLinesPromised",
        "OrderLinesPromised",
    ]
    # The older word comes late, and the newest comes twice.
    for version in (2, 3):
        await suppliers.say(version, said("NUT"))
    assert await days() == [(3, 3, False), (9, 3, True), (9, 9, False)]
    await suppliers.say(4, said("NUT", (2, 18)))
    assert await days() == [(2, 3, False), (2, 3, False), (2, 9, False)]
    assert await caller.exceptions(orders[1]) == [("PROMISE_AT_RISK", "order-desk", False)]
