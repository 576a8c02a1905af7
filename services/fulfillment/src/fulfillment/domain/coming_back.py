"""What a return does to the lines of its order: schedules go the way of what was authorised, came back, was inspected.

Where they have to stand follows from the sums of the return, so that it is the same in whatever order it was told. What
did not arrive stands as a delivery exception until a warehouse has it: nobody calls it delivered.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from fulfillment.domain.allocating import Pair
from fulfillment.domain.customer_return import LineKey, ReturnLine
from fulfillment.domain.lifecycle import CROSSDOCK, ERP, WMS, State
from fulfillment.domain.order_line import OrderLine, Schedule
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.refusals import NotDelivered
from fulfillment.domain.sales_order import SalesOrder

_AT_A_WAREHOUSE = (State.RETURNED, State.INSPECTED, State.CREDITED)
_DECIDED = (State.INSPECTED, State.CREDITED)
_ARRIVES = {State.RETURN_REQUESTED: "receive_return", State.DELIVERY_EXCEPTION: "turn_back"}
"""By which trigger what is on its way back comes to a warehouse."""


def ask_back(order: SalesOrder, line: OrderLine, quantity: Decimal, return_id: str, role: str) -> None:
    """So much is to come back of what was delivered, and after that of what went wrong on the way. Raises NotDelivered,
    TransitionNotOwned."""
    for schedule in [*_free(line, State.DELIVERED), *_free(line, State.DELIVERY_EXCEPTION)]:
        if quantity > ZERO:
            taken = order.split(line, schedule, quantity)
            quantity -= taken.quantity
            if taken.state is State.DELIVERED:
                order.move(taken, "request_return", role)
            taken.return_id = return_id
    if quantity > ZERO:
        raise NotDelivered(order.terms.number, line.line_number, str(quantity))


def stranded(order: SalesOrder, shipment_id: str) -> list[Pair]:
    """What of a shipment went wrong on the way and is under no return."""
    free = [(line, each) for line in order.lines.values() for each in _free(line, State.DELIVERY_EXCEPTION)]
    return [(line, each) for line, each in free if each.shipment_id == shipment_id]


def turn_back(pairs: Iterable[Pair], return_id: str) -> dict[LineKey, tuple[Decimal, str]]:
    """It is to come back; how much of which line, in base units."""
    found: dict[LineKey, tuple[Decimal, str]] = {}
    for line, schedule in pairs:
        schedule.return_id = return_id
        before, _ = found.get((line.line_number, line.sku), (ZERO, ""))
        found[line.line_number, line.sku] = before + schedule.quantity, line.base_unit
    return found


def coming_back(order: SalesOrder, shipment_id: str) -> set[str]:
    """The returns by which something of a shipment that did not arrive is to come back."""
    schedules = [each for line in order.lines.values() for each in line.schedules if each.shipment_id == shipment_id]
    return {each.return_id for each in schedules if each.state is State.DELIVERY_EXCEPTION} - {""}


def follow_return(order: SalesOrder, line: OrderLine, back: ReturnLine, return_id: str) -> list[Pair]:
    """Schedules come to where the return is; what is inspected by that is handed back."""
    decided = _reach(order, line, return_id, back.decided, _DECIDED, (State.RETURNED, *_ARRIVES))
    for schedule in decided:
        if schedule.state in _ARRIVES:
            order.move(schedule, _ARRIVES[schedule.state], WMS)
        order.move(schedule, "inspect", WMS)
    for schedule in _reach(order, line, return_id, back.back, _AT_A_WAREHOUSE, _ARRIVES):
        order.move(schedule, _ARRIVES[schedule.state], WMS)
    return [(line, each) for each in decided]


def _reach(
    order: SalesOrder,
    line: OrderLine,
    return_id: str,
    wanted: Decimal,
    there: Iterable[State],
    before: Iterable[State],
) -> list[Schedule]:
    """So much as is missing of what has to be there, out of what stands before it."""
    missing = wanted - sum((each.quantity for each in _of(line, return_id, there)), ZERO)
    found: list[Schedule] = []
    for state in before:
        for schedule in _of(line, return_id, (state,)):
            if missing > ZERO:
                taken = order.split(line, schedule, missing)
                missing -= taken.quantity
                found.append(taken)
    return found


def let_be(order: SalesOrder, line: OrderLine, return_id: str, role: str) -> None:
    """What has not come back stays with the customer, or is what went wrong on the way again."""
    for schedule in _of(line, return_id, (State.RETURN_REQUESTED,)):
        order.move(schedule, "withdraw_return", role)
    for schedule in _of(line, return_id, (State.DELIVERY_EXCEPTION,)):
        schedule.return_id = ""


def credited(order: SalesOrder, line: OrderLine, return_id: str) -> None:
    for schedule in _of(line, return_id, (State.INSPECTED,)):
        order.move(schedule, "credit", ERP)


def never_arrived(lines: Iterable[OrderLine], return_id: str) -> bool:
    """Whether all that is inspected of a return, and waits for what becomes of it, came back undelivered."""
    inspected = [each for line in lines for each in _of(line, return_id, (State.INSPECTED,))]
    return bool(inspected) and all(each.came_undelivered for each in inspected)


def settled(order: SalesOrder, line: OrderLine, return_id: str) -> None:
    """Nothing is owed for it: it was never invoiced."""
    for schedule in _of(line, return_id, (State.INSPECTED,)):
        order.move(schedule, "settle", CROSSDOCK)


def _free(line: OrderLine, state: State) -> list[Schedule]:
    return [each for each in line.schedules if each.state is state and not each.return_id]


def _of(line: OrderLine, return_id: str, states: Iterable[State]) -> list[Schedule]:
    wanted = tuple(states)
    return [each for each in line.schedules if each.return_id == return_id and each.state in wanted]
