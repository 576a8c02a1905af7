"""What a return does to the lines of its order: schedules go the way of what was authorised, came back, was inspected.

Where they have to stand follows from the sums of the return, so that it is the same in whatever order it was told.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from fulfillment.domain.allocating import Pair
from fulfillment.domain.customer_return import ReturnLine
from fulfillment.domain.lifecycle import ERP, WMS, State
from fulfillment.domain.order_line import OrderLine, Schedule
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.refusals import NotDelivered
from fulfillment.domain.sales_order import SalesOrder

_AT_A_WAREHOUSE = (State.RETURNED, State.INSPECTED, State.CREDITED)
_DECIDED = (State.INSPECTED, State.CREDITED)


def ask_back(order: SalesOrder, line: OrderLine, quantity: Decimal, return_id: str, role: str) -> None:
    """So much of what was delivered is to come back. Raises NotDelivered, TransitionNotOwned."""
    for schedule in [each for each in line.schedules if each.state is State.DELIVERED]:
        if quantity > ZERO:
            taken = order.split(line, schedule, quantity)
            quantity -= taken.quantity
            order.move(taken, "request_return", role)
            taken.return_id = return_id
    if quantity > ZERO:
        raise NotDelivered(order.terms.number, line.line_number, str(quantity))


def follow_return(order: SalesOrder, line: OrderLine, back: ReturnLine, return_id: str) -> list[Pair]:
    """Schedules come to where the return is; what is inspected by that is handed back."""
    decided = _reach(order, line, return_id, back.decided, _DECIDED, (State.RETURNED, State.RETURN_REQUESTED))
    for schedule in decided:
        if schedule.state is State.RETURN_REQUESTED:
            order.move(schedule, "receive_return", WMS)
        order.move(schedule, "inspect", WMS)
    for schedule in _reach(order, line, return_id, back.back, _AT_A_WAREHOUSE, (State.RETURN_REQUESTED,)):
        order.move(schedule, "receive_return", WMS)
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
    """What has not come back stays with the customer."""
    for schedule in _of(line, return_id, (State.RETURN_REQUESTED,)):
        order.move(schedule, "withdraw_return", role)


def credited(order: SalesOrder, line: OrderLine, return_id: str) -> None:
    for schedule in _of(line, return_id, (State.INSPECTED,)):
        order.move(schedule, "credit", ERP)


def _of(line: OrderLine, return_id: str, states: Iterable[State]) -> list[Schedule]:
    wanted = tuple(states)
    return [each for each in line.schedules if each.return_id == return_id and each.state in wanted]
