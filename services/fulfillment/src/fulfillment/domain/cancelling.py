"""Less is wanted, or nothing: what nobody has in hands goes at once, what somebody has is asked back.

Which commands undo what stands in the lifecycle; who carries them out learns it from the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from fulfillment.domain import events
from fulfillment.domain.allocating import Pair, ask
from fulfillment.domain.concerns import Concern
from fulfillment.domain.drop_shipping import not_cancelled
from fulfillment.domain.lifecycle import CROSSDOCK, IN_HANDS, ORDER_DESK, OUT, State, may, on_its_way, place_of, undoing
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.planning import give_back, settle_not_bound
from fulfillment.domain.quantities import ZERO, Quantity, in_base
from fulfillment.domain.recalling import ask_back
from fulfillment.domain.refusals import OrderAlreadyShipped, OrderBeingChecked, OrderNotOpen, QuantityInvalid
from fulfillment.domain.sales_order import SalesOrder, steps_of

CANCELLED_TOO_LATE = "CANCELLED_TOO_LATE"


def cancel_part(order: SalesOrder, part: int, reason: str, role: str, *, intercept: bool = False) -> list[Pair]:
    """All of a part that has not left; what has is handed back, and with `intercept` its carrier is asked to stop what
    has not arrived. Raises TransitionNotOwned."""
    pairs = [(line, schedule) for line in order.of_part(part) for schedule in line.live]
    staying = [pair for pair in pairs if _can_go(pair[1].state) and not pair[1].cancel_requested]
    left = [pair for pair in pairs if pair[1].state in OUT]
    drop(order, part, staying, reason, role)
    stopped = [pair for pair in left if intercept and on_its_way(pair[1].state) and pair[1].shipment_id]
    if stopped:
        order.events.append(events.OrderCancellationRequested(order, part, _compensations(stopped), reason))
    lost = [pair for pair in left if pair not in stopped]
    if lost:
        order.concerns.append(_too_late(order, part, lost))
    return left


def change_quantity(order: SalesOrder, line: OrderLine, wish: Quantity, reason: str, role: str) -> None:
    """The customer wants so much of a line in all. Raises OrderNotOpen, OrderBeingChecked, QuantityInvalid,
    OrderAlreadyShipped."""
    if not order.submitted or order.cancelled:
        raise OrderNotOpen(order.terms.number, order.state.value)
    if not order.accepted:
        raise OrderBeingChecked(order.terms.number)
    if wish.unit != line.quantity.unit or wish.value < ZERO:
        raise QuantityInvalid(f"{wish.value} {wish.unit}")
    old, wanted = line.quantity, in_base(wish.value, line.factor)
    difference = wanted - line.wanted
    line.quantity = wish
    if difference:
        order.events.append(events.OrderLineChanged(order, line, old, wish, reason))
    if difference > ZERO:
        line.add(difference, State.ACCEPTED)
        order.counts[State.ACCEPTED] += 1
        ask(order, line.part)
    elif difference < ZERO:
        drop(order, line.part, _least_far(order, line, -difference), reason, role)


def _least_far(order: SalesOrder, line: OrderLine, less: Decimal) -> list[Pair]:
    """So much of what has come least far. Raises OrderAlreadyShipped where that does not reach."""
    taken: list[Pair] = []
    standing = [each for each in line.live if not each.cancel_requested and _can_go(each.state)]
    for schedule in sorted(standing, key=lambda each: place_of(each.state)):
        if less > ZERO:
            apart = order.split(line, schedule, less)
            less -= apart.quantity
            taken.append((line, apart))
    if less > ZERO:
        raise OrderAlreadyShipped(order.terms.number, f"{less} of line {line.line_number}")
    return taken


def _can_go(state: State) -> bool:
    return may(state, "cancel") or state in IN_HANDS


def drop(order: SalesOrder, part: int, pairs: Sequence[Pair], reason: str, role: str) -> None:
    for line, schedule in pairs:
        if not _can_go(schedule.state):
            raise OrderAlreadyShipped(order.terms.number, f"line {line.line_number} is {schedule.state.value}")
    asked_for = any(schedule.state is State.ACCEPTED for _, schedule in pairs)
    reservations = {each.reservation_id for _, each in pairs if each.state is State.ALLOCATED}
    give_back(order, part, reservations)
    _ask_back(order, part, [pair for pair in pairs if pair[1].state in IN_HANDS], reason)
    now = [pair for pair in pairs if may(pair[1].state, "cancel")]
    for _, schedule in now:
        order.move(schedule, "cancel", role)
        schedule.reason = reason
    if now:
        order.tell_cancelled(part, now, reason)
    freed = _give_back(order, part, reservations)
    if asked_for or freed:
        ask(order, part)
    settle_not_bound(order, part)


def _too_late(order: SalesOrder, part: int, pairs: Sequence[Pair]) -> Concern:
    """Who cancels by a document reads no answer: somebody has to tell what will arrive nevertheless."""
    return Concern(
        code=CANCELLED_TOO_LATE,
        owner=ORDER_DESK,
        subject=f"sales_order/{order.order_id}/{part}",
        summary=f"order {order.terms.number} was cancelled when some of it had left: that can only come back",
        transaction_ids=(order.order_id,),
        keys=order.keys,
        details={f"line {line.line_number}": f"{each.quantity:f} of {line.sku}" for line, each in pairs[:20]},
    )


def _give_back(order: SalesOrder, part: int, reservations: Iterable[str]) -> bool:
    """A reservation is given back whole: what else it held is wanted still. Whether there is any."""
    wanted = set(reservations) - {""}
    others = [pair for pair in order.in_state(part, State.ALLOCATED) if pair[1].reservation_id in wanted]
    told = steps_of(others)
    for _, schedule in others:
        order.move(schedule, "deallocate", CROSSDOCK)
        # Its day stands until inventory has answered again.
        schedule.location_id = schedule.reservation_id = ""
    if others:
        order.events.append(events.OrderLinesDeallocated(order, part, told))
    if wanted:
        order.given_back.setdefault(part, []).extend(sorted(wanted))
    return bool(others)


def _ask_back(order: SalesOrder, part: int, pairs: Sequence[Pair], reason: str) -> None:
    """Somebody has it in hands: it is marked, its compensation is announced, and the warehouse owes an answer, or the
    ERP where a supplier has it."""
    if not pairs:
        return
    for _, schedule in pairs:
        schedule.cancel_requested = True
    order.events.append(events.OrderCancellationRequested(order, part, _compensations(pairs), reason))
    bought = sum((each.quantity for _, each in pairs if each.state is State.AT_SUPPLIER), ZERO)
    if bought > ZERO:
        order.concerns.append(not_cancelled(order, part, bought))
    ask_back(order, part, [pair for pair in pairs if pair[1].state is not State.AT_SUPPLIER], reason)


def _compensations(pairs: Sequence[Pair]) -> tuple[events.Compensation, ...]:
    return tuple(
        events.Compensation(step, schedule.state, tuple(undoing(schedule.state)))
        for (_, schedule), step in zip(pairs, steps_of(pairs), strict=True)
    )
