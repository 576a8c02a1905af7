"""Orders that the ERP or a warehouse allocates, in memory: its answer, inventory's to it, what changes meanwhile."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from crossdock_kit.processes import TransitionNotOwned
from fulfillment.domain import events
from fulfillment.domain.allocating import allocate, ask, fall_short, refuse, release, retry
from fulfillment.domain.allocation import AllocatedLine, Allocation, allocation_id, named
from fulfillment.domain.cancelling import cancel_part, change_quantity
from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import NOT_ALLOCATED, NOT_BOUND
from fulfillment.domain.planning import ALLOCATION_NOT_BOUND, take
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.questions import SHORT_ANSWERS, Held, Shortage
from fulfillment.domain.refusals import (
    AllocatedAboveOrder,
    AllocationAnswered,
    AllocationUnknown,
    LineUnknown,
    NotTheAllocator,
    PlaceMayNotServe,
)
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import Allocator, ShortageRule
from fulfillment_cases.trade import ITEMS, D, blank, line, names, standing, told
from fulfillment_cases.trade import placed as allocated_by

EAST, WEST = "WH-EAST", "WH-WEST"
Taken = tuple[str, str, float]
"""Number of the line, place and quantity."""


def placed(*lines: Any, role: str = "ERP", **more: Any) -> SalesOrder:
    """One whose allocator has been asked; its facts so far are taken off."""
    return allocated_by(*lines, allocator=Allocator(role), **more)


def answer(order: SalesOrder, *taken: Taken, attempt: int = 1, role: str = "ERP", lot: str = "") -> bool:
    skus = {each.line_number: each.sku for each in order.lines.values()}
    lines = tuple(
        AllocatedLine(number, skus.get(number, "BOLT"), place, D(str(amount)), lot) for number, place, amount in taken
    )
    return take(order, Allocation(role, 1, attempt, repr(sorted(map(repr, lines))), lines))


def inventory_binds(order: SalesOrder, reservation: str = "R-1") -> None:
    asked = order.questions[-1]
    held = [Held(sku, asked.location_id, quantity) for sku, quantity in asked.wanted.items()]
    allocate(order, asked.part, asked.attempt, reservation, held)
    release(order, asked.part)


def inventory_has(order: SalesOrder, **there: float) -> None:
    asked = order.questions[-1]
    fall_short(order, 1, asked.attempt, [Shortage(sku, D(str(has)), "STOCK_SHORT") for sku, has in there.items()])


def asked(order: SalesOrder) -> tuple[str, dict[str, Decimal]]:
    """The place and the basket of the newest question."""
    return order.questions[-1].location_id, dict(order.questions[-1].wanted)


def places(order: SalesOrder, position: int = 1) -> dict[str, Decimal]:
    return {each.location_id: each.quantity for each in order.lines[position].schedules if each.location_id}


def waits(order: SalesOrder) -> dict[str, Decimal]:
    """What waits, by its reason."""
    found: dict[str, Decimal] = {}
    for each in [each for one in order.lines.values() for each in one.schedules]:
        if each.state is State.BACKORDERED:
            found[each.reason] = found.get(each.reason, D(0)) + each.quantity
    return found


# --- who is asked


def test_its_allocator_is_asked_and_inventory_is_not() -> None:
    order = blank()
    order.allocator = Allocator("ERP")
    order.append((line("1", 10), line("2", 4, "NUT")), ITEMS)
    order.submit(2, whole=True)
    order.accept()
    ask(order, 1)
    [request] = [each for each in told(order) if isinstance(each, events.AllocationRequested)]
    assert [(each.line.line_number, each.quantity.value) for each in request.steps] == [("1", D(10)), ("2", D(4))]
    assert (request.attempt, order.questions, order.parts[1].open) == (1, [], True)


@pytest.mark.feature("F111")
@pytest.mark.parametrize("role", ["ERP", "WMS"])
def test_nobody_but_the_orders_own_allocator_allocates(role: str) -> None:
    other = "WMS" if role == "ERP" else "ERP"
    order = placed(role=role)
    for wrong in (other, "CHANNEL", "CROSSDOCK"):
        with pytest.raises(NotTheAllocator, match=role):
            answer(order, ("1", EAST, 10), role=wrong)
    with pytest.raises(NotTheAllocator):
        answer(allocated_by(), ("1", EAST, 10), role=role)
    with pytest.raises(NotTheAllocator):
        answer(allocated_by(), ("1", EAST, 10), role="CROSSDOCK")
    assert answer(order, ("1", EAST, 10), role=role)


def test_a_role_that_may_not_allocate_moves_nothing() -> None:
    order = placed(role="SUPPLIER")
    answer(order, ("1", EAST, 10), role="SUPPLIER")
    with pytest.raises(TransitionNotOwned):
        inventory_binds(order)


# --- what it answers


@pytest.mark.feature("F109", "F118")
def test_what_is_allocated_is_bound_place_by_place_and_released_from_each() -> None:
    order = placed(line("1", 10), line("2", 4, "NUT"))
    answer(order, ("1", WEST, 6), ("1", EAST, 4), ("2", WEST, 4))
    assert asked(order) == (WEST, {"BOLT": D(6), "NUT": D(4)})
    inventory_binds(order, "R-WEST")
    assert asked(order) == (EAST, {"BOLT": D(4)})
    assert names(order) == ["OrderLinesAllocated", "OrderReleased"]
    inventory_binds(order, "R-EAST")
    assert names(order) == ["OrderLinesAllocated", "OrderAcknowledged", "OrderReleased"]
    assert (places(order), places(order, 2)) == ({WEST: D(6), EAST: D(4)}, {WEST: D(4)})
    assert standing(order.lines[1]) == {"released": D(10)}


def test_each_line_of_one_item_gets_what_was_taken_for_it() -> None:
    order = placed(line("1", 5), line("2", 5))
    answer(order, ("1", WEST, 5), ("2", EAST, 5))
    inventory_binds(order, "R-WEST")
    inventory_binds(order, "R-EAST")
    assert (places(order), places(order, 2)) == ({WEST: D(5)}, {EAST: D(5)})


def test_named_lots_are_asked_for_apart_from_what_inventory_may_choose() -> None:
    order = placed(line("1", 10))
    lines = tuple(AllocatedLine("1", "BOLT", EAST, D(amount), lot) for amount, lot in ((3, "L1"), (4, ""), (3, "L2")))
    take(order, Allocation("ERP", 1, 1, "x", lines))
    assert [(each.lot, each.quantity) for each in order.questions[-1].lots] == [("L1", D(3)), ("L2", D(3))]
    inventory_binds(order, "R-1")
    assert (order.questions[-1].lots, asked(order)) == ((), (EAST, {"BOLT": D(4)}))
    inventory_binds(order, "R-2")
    assert standing(order.lines[1]) == {"released": D(10)}


def test_a_line_place_and_lot_that_are_named_twice_are_one_portion() -> None:
    order = placed(line("1", 10))
    answer(order, ("1", EAST, 6), ("1", EAST, 4))
    assert asked(order) == (EAST, {"BOLT": D(10)})
    inventory_binds(order)
    assert standing(order.lines[1]) == {"released": D(10)}


@pytest.mark.parametrize(
    ("rule", "state", "fact"),
    [(ShortageRule.BACKORDER, "backordered", "OrderLinesBackordered"), (ShortageRule.CANCEL, "cancelled", "")],
)
def test_what_is_left_out_waits_or_is_given_up_as_the_order_says(rule: ShortageRule, state: str, fact: str) -> None:
    order = placed(line("1", 10), shortage=rule)
    answer(order, ("1", EAST, 7))
    assert standing(order.lines[1]) == {"accepted": D(7), state: D(3)}
    assert names(order) == [fact or "OrderLinesCancelled"]
    inventory_binds(order)
    assert names(order) == ["OrderLinesAllocated", "OrderAcknowledged", "OrderReleased"]
    assert waits(order) == ({NOT_ALLOCATED: D(3)} if fact else {})


def test_where_nothing_is_allocated_its_customer_is_told_and_it_is_asked_again_later() -> None:
    order = placed()
    assert answer(order)
    assert (names(order), order.questions) == (["OrderLinesBackordered", "OrderAcknowledged"], [])
    retry(order, 1)
    [request] = told(order)
    assert isinstance(request, events.AllocationRequested)
    assert request.attempt == 2
    answer(order, ("1", EAST, 10), attempt=2)
    inventory_binds(order)
    assert standing(order.lines[1]) == {"released": D(10)}


# --- twice, late, too much, wrong


def test_the_same_answer_again_changes_nothing_and_another_is_refused() -> None:
    order = placed()
    answer(order, ("1", EAST, 6), ("1", WEST, 4))
    assert not answer(order, ("1", WEST, 4), ("1", EAST, 6))
    assert len(order.questions) == 1
    with pytest.raises(AllocationAnswered):
        answer(order, ("1", EAST, 10))
    inventory_binds(order)
    inventory_binds(order, "R-2")
    assert not answer(order, ("1", EAST, 6), ("1", WEST, 4))
    assert standing(order.lines[1]) == {"released": D(10)}


def test_an_answer_to_an_old_question_changes_nothing() -> None:
    order = placed()
    change_quantity(order, order.lines[1], Quantity(D(12), "EA"), "", "CHANNEL")
    assert names(order) == ["OrderLineChanged", "AllocationRequested"]
    assert not answer(order, ("1", EAST, 10))
    assert (order.questions, standing(order.lines[1])) == ([], {"accepted": D(12)})
    assert answer(order, ("1", EAST, 12), attempt=2)


def test_what_nobody_asked_is_unknown() -> None:
    order = placed()
    for attempt in (0, 2):
        with pytest.raises(AllocationUnknown):
            answer(order, ("1", EAST, 10), attempt=attempt)


@pytest.mark.parametrize(
    "wrong", ["", "0191", "0191:1", "0191:1:x", "0191:-1:1", "0191:1:1:1", "0191:1:²", "0191:1:9999999999"]
)
def test_an_id_that_names_no_question_is_unknown(wrong: str) -> None:
    with pytest.raises(AllocationUnknown):
        named(wrong)
    assert named(allocation_id("0191", 2, 3)) == ("0191", 2, 3)


def test_more_than_was_asked_for_is_refused_and_nothing_is_bound() -> None:
    order = placed()
    with pytest.raises(AllocatedAboveOrder, match="11"):
        answer(order, ("1", EAST, 6), ("1", WEST, 5))
    with pytest.raises(LineUnknown):
        answer(order, ("7", EAST, 1))
    with pytest.raises(LineUnknown):
        take(order, Allocation("ERP", 1, 1, "x", (AllocatedLine("1", "NUT", EAST, D(1)),)))
    assert (order.questions, names(order)) == ([], [])
    assert answer(order, ("1", EAST, 10))


def test_a_place_that_the_order_does_not_name_may_not_serve_it() -> None:
    order = placed(locations=(EAST,))
    with pytest.raises(PlaceMayNotServe):
        answer(order, ("1", WEST, 10))


# --- inventory does not have it


def test_what_a_place_does_not_have_waits_and_is_somebodys_and_the_rest_goes_on() -> None:
    order = placed(line("1", 10), line("2", 4, "NUT"))
    answer(order, ("1", WEST, 10), ("2", EAST, 4))
    order.settled.clear()
    inventory_has(order, BOLT=7)
    assert asked(order) == (WEST, {"BOLT": D(7)})
    [concern] = order.concerns
    assert (concern.code, concern.owner) == (ALLOCATION_NOT_BOUND, "order-desk")
    assert concern.details == {"line 1": "3 of BOLT: STOCK_SHORT"}
    inventory_binds(order)
    inventory_binds(order, "R-2")
    assert (waits(order), standing(order.lines[2])) == ({NOT_BOUND: D(3)}, {"released": D(4)})
    assert concern.identity not in order.settled
    retry(order, 1)
    answer(order, ("1", EAST, 3), attempt=order.parts[1].plan.attempt if order.parts[1].plan else 0)
    assert concern.identity not in order.settled
    inventory_binds(order, "R-3")
    assert concern.identity in order.settled
    assert standing(order.lines[1]) == {"released": D(10)}


def test_what_is_given_up_for_that_stays_somebodys() -> None:
    order = placed(shortage=ShortageRule.CANCEL)
    answer(order, ("1", WEST, 6), ("1", EAST, 4))
    order.settled.clear()
    inventory_has(order, BOLT=0)
    inventory_binds(order)
    assert standing(order.lines[1]) == {"released": D(4), "cancelled": D(6)}
    assert order.concerns[0].identity not in order.settled


def test_two_portions_of_one_line_that_are_lost_are_taken_off_once() -> None:
    order = placed(line("1", 10), line("2", 3))
    answer(order, ("1", EAST, 4), ("1", WEST, 6), ("2", EAST, 3))
    inventory_has(order, BOLT=0)
    assert (standing(order.lines[1]), standing(order.lines[2])) == (
        {"accepted": D(6), "backordered": D(4)},
        {"backordered": D(3)},
    )
    assert asked(order) == (WEST, {"BOLT": D(6)})


def test_a_place_that_says_again_and_again_what_it_has_not_is_given_up() -> None:
    order = placed()
    answer(order, ("1", EAST, 10))
    for _ in range(SHORT_ANSWERS):
        assert order.parts[1].open
        inventory_has(order, BOLT=9)
    assert (order.parts[1].open, waits(order)) == (False, {NOT_BOUND: D(10)})
    assert order.lines[1].conserved


def test_what_is_refused_as_a_whole_waits_and_other_places_are_bound() -> None:
    order = placed(line("1", 10))
    answer(order, ("1", WEST, 6), ("1", EAST, 4), lot="L-GONE")
    refuse(order, 1, order.questions[-1].attempt, "LOT_SHORT", "the lot is not there")
    assert order.concerns[0].details == {"line 1 lot L-GONE": "6 of BOLT: LOT_SHORT"}
    inventory_binds(order)
    assert standing(order.lines[1]) == {"released": D(4), "backordered": D(6)}
    assert names(order)[-2:] == ["OrderAcknowledged", "OrderReleased"]


# --- what is wanted no more


def test_a_question_is_withdrawn_when_nothing_is_wanted_any_more() -> None:
    order = placed()
    cancel_part(order, 1, "", "CHANNEL")
    withdrawn = [each for each in told(order) if isinstance(each, events.AllocationWithdrawn)]
    assert [(each.attempt, each.steps) for each in withdrawn] == [(1, ())]
    assert not answer(order, ("1", EAST, 10))
    assert (order.questions, standing(order.lines[1])) == ([], {"cancelled": D(10)})


def test_what_was_bound_and_is_cancelled_is_given_back_to_its_allocator_and_to_inventory() -> None:
    order = placed(line("1", 6), line("2", 4, "NUT"), shortage=ShortageRule.SHIP_COMPLETE)
    answer(order, ("1", EAST, 6))
    inventory_binds(order)
    told(order)
    cancel_part(order, 1, "", "CHANNEL")
    withdrawn = [each for each in told(order) if isinstance(each, events.AllocationWithdrawn)]
    assert [
        [(each.line.line_number, each.location_id, each.quantity.value) for each in one.steps] for one in withdrawn
    ] == [[("1", EAST, D(6))]]
    assert order.given_back == {1: ["R-1"]}


def test_what_is_under_way_when_the_order_changes_is_given_back_and_asked_for_anew() -> None:
    order = placed()
    answer(order, ("1", EAST, 10))
    old = order.questions[-1]
    change_quantity(order, order.lines[1], Quantity(D(4), "EA"), "", "CHANNEL")
    allocate(order, 1, old.attempt, "R-OLD", [Held("BOLT", EAST, D(10))])
    assert order.given_back == {1: ["R-OLD"]}
    request = [each for each in told(order) if isinstance(each, events.AllocationRequested)][-1]
    answer(order, ("1", WEST, 4), attempt=request.attempt)
    inventory_binds(order)
    assert (places(order), order.lines[1].conserved) == ({WEST: D(4)}, True)


def test_what_a_checkout_holds_is_given_up_once_another_has_allocated() -> None:
    order = placed(checkout="0190c0de-0000-7000-8000-000000000009")
    assert order.given_back == {}
    answer(order, ("1", EAST, 10))
    assert order.given_back == {1: [order.terms.checkout]}
    assert order.questions[-1].checkout == ""
