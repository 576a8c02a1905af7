"""The day that goods are promised for once their stock is bound, and what is owed of it when they are not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from crossdock_kit import policy
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.testing import FixedClock
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.domain import events
from fulfillment.domain.allocating import allocate, fall_short, release, retry
from fulfillment.domain.bound_promise import promise_released
from fulfillment.domain.cancelling import change_quantity
from fulfillment.domain.concerns import identity
from fulfillment.domain.handling import Place, Reported, pick
from fulfillment.domain.lifecycle import CHANNEL, State
from fulfillment.domain.order_line import STOCK
from fulfillment.domain.promising import PROMISE_AT_RISK, Incoming, Lot, judge
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.questions import Held, Shortage
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import ShortageRule
from fulfillment.store.handling_time import HANDLING
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork
from fulfillment.use_cases.stocking import Answer, lock_orders, take_answer
from fulfillment_cases.calls import Caller, line, unique
from fulfillment_cases.trade import D, placed, told
from fulfillment_cases.trade import line as terms_line
from google.type.date_pb2 import Date

MONDAY = date(2026, 3, 2)


def day(after: int) -> date:
    return MONDAY + timedelta(days=after)


def bound(order: SalesOrder, ready: date | None, *skus: str) -> SalesOrder:
    """All that it asks for, or these items of it, is held where it can be with its customer by `ready`."""
    asked = order.questions[-1]
    wanted = {sku: amount for sku, amount in asked.wanted.items() if not skus or sku in skus}
    held = [Held(sku, "WH-EAST", amount, ready) for sku, amount in wanted.items()]
    allocate(order, asked.part, asked.attempt, "R-1", held)
    return order


def promises(order: SalesOrder) -> list[tuple[str, str, date | None, date | None]]:
    schedules = [each for line in order.lines.values() for each in line.schedules]
    return [(each.state.value, each.supply, each.promised_on, each.owed_on) for each in schedules]


def told_anew(order: SalesOrder) -> list[date | None]:
    found = [each for each in told(order) if isinstance(each, events.OrderLinesPromised)]
    assert all(each.state is State.ALLOCATED for each in found)
    return [step.promised_on for each in found for step in each.steps]


@pytest.mark.parametrize(
    ("requested", "ready", "promised", "tells"),
    [
        pytest.param(None, day(2), day(2), [], id="no day is wanted"),
        pytest.param(day(5), day(2), day(5), [], id="in time"),
        pytest.param(day(2), day(2), day(2), [], id="just in time"),
        pytest.param(day(1), day(2), day(2), [day(2)], id="too late"),
    ],
)
def test_the_day_that_is_wanted_is_promised_where_it_can_be_kept(
    requested: date | None, ready: date, promised: date, tells: list[date]
) -> None:
    order = bound(placed(requested_on=requested), ready)
    assert promises(order) == [("allocated", STOCK, promised, promised)]
    assert told_anew(order) == tells


def test_the_promise_stands_in_the_facts_that_tell_of_the_stock() -> None:
    order = bound(placed(), day(2))
    release(order, 1)
    found = [each for each in told(order) if isinstance(each, events.OrderLinesAllocated | events.OrderReleased)]
    assert [step.promised_on for each in found for step in each.steps] == [day(2), day(2)]


@pytest.mark.parametrize(("ready", "promised", "tells"), [(day(3), day(9), []), (day(12), day(12), [day(12)])])
def test_what_was_told_while_it_waited_stands_as_long_as_it_can_be_kept(
    ready: date, promised: date, tells: list[date]
) -> None:
    order = placed(terms_line("1", 10))
    asked = order.questions[-1]
    supply = Incoming([Lot("po.9", "WH-EAST", day(9), D(10))])
    fall_short(order, 1, asked.attempt, [Shortage("BOLT", D(0), "STOCK_SHORT")], {"BOLT": supply})
    retry(order, 1)
    told(order)
    bound(order, ready)
    assert promises(order) == [("allocated", STOCK, promised, day(9))]
    assert told_anew(order) == tells


def test_what_is_given_back_with_something_else_keeps_its_day_while_it_is_asked_for_again() -> None:
    order = bound(placed(terms_line("1", 10), terms_line("2", 4, "NUT")), day(2))
    told(order)
    change_quantity(order, order.lines[1], Quantity(D(0), "EA"), "too many", CHANNEL)
    assert promises(order)[1:] == [("accepted", STOCK, day(2), day(2))]
    judge(order, 1)
    assert order.concerns == []
    bound(order, day(2))
    assert promises(order)[1:] == [("allocated", STOCK, day(2), day(2))]
    assert told_anew(order) == []


def test_what_is_not_found_on_the_shelf_is_owed_all_the_same() -> None:
    order = bound(placed(terms_line("1", 10)), day(2))
    release(order, 1)
    judge(order, 1)
    risk = identity(PROMISE_AT_RISK, "sales_order/0191-1/1")
    assert (order.concerns, risk in order.settled) == ([], False), "nothing to be looked at while all goes well"
    told(order)
    said = Reported("", "S-1", "1", "BOLT", "EA", D(6), D(4))
    pick(Place(order, order.lines[1], "WH-EAST"), said)
    assert promises(order) == [("backordered", "", None, day(2)), ("picked", STOCK, day(2), day(2))]
    [waits] = [each for each in told(order) if isinstance(each, events.OrderLinesBackordered)]
    assert [step.at_risk for step in waits.steps] == [True]
    order.concerns.clear()
    judge(order, 1)
    assert [each.code for each in order.concerns] == ["PROMISE_AT_RISK"]


def test_an_order_that_ships_complete_is_promised_when_the_last_of_it_is_there() -> None:
    order = placed(terms_line("1", 10), terms_line("2", 4, "NUT"), shortage=ShortageRule.SHIP_COMPLETE)
    bound(order, day(2), "BOLT")
    assert [promised for _, _, promised, _ in promises(order)] == [None, None]
    promise_released(order, 1, {"WH-EAST": day(3)})
    assert [promised for _, _, promised, _ in promises(order)] == [None, None], "the rest is not there"
    retry(order, 1)
    order.move(order.lines[2].schedules[0], "allocate", "CROSSDOCK")
    order.lines[2].schedules[0].location_id = "WH-EAST"
    promise_released(order, 1, {"WH-EAST": day(7)})
    assert [promised for _, _, promised, _ in promises(order)] == [day(7), day(7)]


# --- as it is kept


@dataclass(frozen=True, slots=True)
class Stock:
    """Inventory, which holds all that an order asks for."""

    caller: Caller
    uow: UnitOfWork
    clock: FixedClock

    async def promises(self, **terms: Any) -> tuple[int, bool]:
        """In how many days a new order is promised, and whether its channel is told of that."""
        placed_order = await self.caller.place(unique("S"), line("1", 5), business_unit="EU-DAYS", **terms)
        order_id, name = placed_order.order.order_id, uuid4().hex
        held = [Held("BOLT", "WH-EAST", D(5))]
        with caused_by(Cause("event", "test", "acme", "tester", name, name, "", self.clock.now())):
            async with FulfillmentUnitOfWork(self.uow)() as work:
                orders = await lock_orders([order_id], work)
                await take_answer(Answer(order_id, 1, 1, str(uuid4()), held), orders[order_id], work)
        [schedule] = (await self.caller.order(order_id)).lines[0].schedules
        assert (schedule.promised_on, schedule.supply) == (schedule.owed_on, STOCK)
        promised = date(schedule.promised_on.year, schedule.promised_on.month, schedule.promised_on.day)
        told_of = "OrderLinesPromised" in await self.caller.facts(order_id)
        assert await self.caller.exceptions(order_id) == []
        return (promised - self.clock.now().date()).days, told_of


@pytest.fixture
def stock(caller: Caller, uow: UnitOfWork, clock: FixedClock) -> Stock:
    return Stock(caller, uow, clock)


async def test_goods_are_with_their_customer_the_next_day_and_those_for_the_same_day_at_once(stock: Stock) -> None:
    assert await stock.promises() == (1, False)
    assert await stock.promises(same_day=True) == (0, False)


async def test_how_long_goods_need_is_a_policy_of_channel_and_place(stock: Stock) -> None:
    async with transaction(stock.caller.engine, ["acme"]) as tx:
        for value, scope in (({"days": 3}, Scope(partner="far")), ({"days": 5}, Scope(partner="far", location="X"))):
            rule = NewRule(key=HANDLING, value=value, valid_from=datetime(2020, 1, 1, tzinfo=UTC), scope=scope)
            await policy.add(tx.driver, "acme", rule)
    assert await stock.promises(channel="far") == (3, False)
    assert await stock.promises() == (1, False)


async def test_a_day_that_cannot_be_kept_is_not_promised_and_its_channel_is_told(stock: Stock) -> None:
    today = stock.clock.now().date()
    wanted = [Date(year=day.year, month=day.month, day=day.day) for day in (today, today + timedelta(days=9))]
    assert await stock.promises(requested_on=wanted[0]) == (1, True)
    assert await stock.promises(requested_on=wanted[1]) == (9, False)
