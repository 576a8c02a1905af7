"""What a supplier ships straight to the customer: bought through the ERP, and shipped when the supplier says so.

No stock of ours is asked, held or moved for it. Quantities are in the item's base unit. It must not know how a ship
notice or a purchase order came here; what of them fits no line is handed back, and moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from fulfillment.domain import events
from fulfillment.domain.concerns import Concern, identity
from fulfillment.domain.lifecycle import CROSSDOCK, ERP, ORDER_DESK, PROCUREMENT, SUPPLIER, State
from fulfillment.domain.order_line import OrderLine, Schedule
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.sales_order import SalesOrder, promised, steps_of

PURCHASE_NOT_CANCELLED, SUPPLY_WITHDRAWN = "PURCHASE_NOT_CANCELLED", "SUPPLY_WITHDRAWN"
PURCHASE_WITHDRAWN = "PURCHASE_WITHDRAWN"
"""Why a schedule is cancelled of which the purchase order was taken back."""
Pair = tuple[OrderLine, Schedule]


def source(order: SalesOrder, part: int) -> None:
    """What is wanted of lines that a supplier ships is never asked of stock."""
    for line, schedule in order.in_state(part, State.ACCEPTED):
        if line.supplier_id:
            order.move(schedule, "source", CROSSDOCK)


def buy(order: SalesOrder, part: int) -> bool:
    """Nothing is bought for an order that a check still holds. Whether anything is bought now."""
    ready = [] if order.barred else order.in_state(part, State.SOURCED)
    for _, schedule in ready:
        order.move(schedule, "buy", CROSSDOCK)
    if ready:
        order.events.append(events.OrderLinesSourced(order, part, steps_of(ready)))
    return bool(ready)


# --- the purchase order


@dataclass(frozen=True, slots=True)
class Purchased:
    """A purchase order's line as it stands for a customer's: so much of it in all, what was shipped included, and the
    day that the supplier has confirmed."""

    purchase_line_id: str
    purchase_order_number: str
    quantity: Decimal
    expected_on: date | None = None


def stand_for(order: SalesOrder, line: OrderLine, said: Purchased) -> Decimal:
    """What the supplier still owes by this purchase order counts for the line: what of it is taken back confirms what
    was to be cancelled, and is told as lost where the customer wants it still. Returns what nobody ordered."""
    gone = sum((each.quantity for each in line.schedules if _left_by(each, said)), ZERO)
    owes = max(ZERO, said.quantity - gone)
    mine = [each for each in _standing(line) if each.supply == said.purchase_line_id]
    kept, lost = _cut(order, line, mine, owes)
    free = [each for each in _standing(line) if not each.supply]
    taken, _ = _cut(order, line, free, owes - _sum(kept))
    _confirm(order, line, [each for each in lost if each.cancel_requested])
    _promise(order, line, [*kept, *taken], said)
    _lose(order, line, [each for each in lost if not each.cancel_requested], said)
    return owes - _sum(kept) - _sum(taken)


def purchase_booked(order: SalesOrder, line: OrderLine, quantity: Decimal) -> None:
    """The ERP has booked so much of a line: what was asked back, and was never ordered, is cancelled, unless the ERP
    speaks of what was wanted before that."""
    if quantity <= line.wanted:
        _confirm(order, line, [each for each in _standing(line) if each.cancel_requested and not each.supply])


def _standing(line: OrderLine) -> list[Schedule]:
    """What is wanted still comes before what is asked back."""
    found = [each for each in line.schedules if each.state is State.AT_SUPPLIER]
    return sorted(found, key=lambda each: (each.cancel_requested, each.number))


def _left_by(schedule: Schedule, said: Purchased) -> bool:
    gone = schedule.state not in {State.AT_SUPPLIER, State.CANCELLED}
    return gone and schedule.supply == said.purchase_line_id


def _cut(
    order: SalesOrder, line: OrderLine, schedules: Sequence[Schedule], quantity: Decimal
) -> tuple[list[Schedule], list[Schedule]]:
    """So much of these, in their order, and the rest."""
    kept: list[Schedule] = []
    rest: list[Schedule] = []
    for each in schedules:
        if quantity <= ZERO:
            rest.append(each)
            continue
        apart = order.split(line, each, quantity)
        quantity -= apart.quantity
        kept.append(apart)
        if apart is not each:
            rest.append(each)
    return kept, rest


def _sum(schedules: Iterable[Schedule]) -> Decimal:
    return sum((each.quantity for each in schedules), ZERO)


def _confirm(order: SalesOrder, line: OrderLine, schedules: Sequence[Schedule]) -> None:
    for each in schedules:
        order.move(each, "confirm_recall", ERP)
        each.reason = each.reason or PURCHASE_WITHDRAWN
    if schedules:
        pairs = [(line, each) for each in schedules]
        order.tell_cancelled(line.part, pairs, PURCHASE_WITHDRAWN)
    _settle_recall(order, line.part)


def _settle_recall(order: SalesOrder, part: int) -> None:
    asked_back = [each for found in order.of_part(part) for each in _standing(found) if each.cancel_requested]
    if not asked_back:
        order.settled.append(identity(PURCHASE_NOT_CANCELLED, subject(order, part)))


def _lose(order: SalesOrder, line: OrderLine, schedules: Sequence[Schedule], said: Purchased) -> None:
    """The customer wants it, and the purchase order no longer stands for it: somebody orders anew, or cancels."""
    for each in schedules:
        promised(each, "", None)
    if schedules:
        _tell_promise(order, [(line, each) for each in schedules])
        what = f"{_sum(schedules):f} of {line.sku}"
        order.concerns.append(
            _about(
                order,
                line,
                SUPPLY_WITHDRAWN,
                ORDER_DESK,
                f"purchase order {said.purchase_order_number} no longer stands for {what}, which is wanted still",
            )
        )
    elif not any(not each.supply for each in _standing(line)):
        order.settled.append(identity(SUPPLY_WITHDRAWN, f"{subject(order, line.part)}/{line.line_number}"))


def _promise(order: SalesOrder, line: OrderLine, schedules: Sequence[Schedule], said: Purchased) -> None:
    """The day that the supplier confirmed, and not before the day that the customer wants it."""
    wanted = order.terms.requested_on
    day = max(said.expected_on, wanted or said.expected_on) if said.expected_on else None
    told: list[Pair] = []
    for each in schedules:
        if each.promised_on != day and not each.cancel_requested:
            told.append((line, each))
        promised(each, said.purchase_line_id, day)
        each.owed_on = each.owed_on or day
    _tell_promise(order, told)


def _tell_promise(order: SalesOrder, pairs: Sequence[Pair]) -> None:
    if pairs:
        part = pairs[0][0].part
        order.events.append(events.OrderLinesPromised(order, part, steps_of(pairs), State.AT_SUPPLIER))


# --- the ship notice


@dataclass(frozen=True, slots=True)
class Sent:
    """So much of a schedule left with the supplier's shipment."""

    order: SalesOrder
    line: OrderLine
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Leaving:
    """So much more of a line leaves with a shipment, by a purchase order's line."""

    quantity: Decimal
    shipment_id: str
    purchase_line_id: str


def ship(order: SalesOrder, line: OrderLine, leaving: Leaving) -> tuple[list[Sent], Decimal]:
    """What is wanted goes before what was asked back: that has left nevertheless. Returns what left, and what exceeds
    all that the supplier had."""
    quantity = leaving.quantity
    sent: list[Sent] = []
    for each in _standing(line):
        if quantity > ZERO:
            taken = order.split(line, each, quantity)
            quantity -= taken.quantity
            order.move(taken, "ship_direct", SUPPLIER)
            taken.shipment_id, taken.supply = leaving.shipment_id, taken.supply or leaving.purchase_line_id
            sent.append(Sent(order, line, taken))
    _settle_recall(order, line.part)
    return sent, quantity


def tell_shipped(order: SalesOrder, sent: Sequence[Sent], sending: events.Sending, at: datetime | None) -> None:
    """One fact for each part."""
    by_part: dict[int, list[Pair]] = {}
    for each in sent:
        by_part.setdefault(each.line.part, []).append((each.line, each.schedule))
    for part, pairs in sorted(by_part.items()):
        order.events.append(events.OrderStatusChanged(order, part, steps_of(pairs), State.SHIPPED, sending, at))


def shipped_with(line: OrderLine, shipment_id: str) -> Decimal:
    """What of a line is known to have left with a shipment."""
    return _sum(each for each in line.schedules if each.shipment_id == shipment_id)


def not_cancelled(order: SalesOrder, part: int, quantity: Decimal) -> Concern:
    """The purchase order is the ERP's to change: until it says so, the supplier may ship."""
    return Concern(
        code=PURCHASE_NOT_CANCELLED,
        owner=PROCUREMENT,
        subject=subject(order, part),
        summary=f"order {order.terms.number} is to be cancelled and a supplier is to ship {quantity:f} of it",
        transaction_ids=(order.order_id,),
        keys=order.keys,
    )


def subject(order: SalesOrder, part: int) -> str:
    return f"sales_order/{order.order_id}/{part}"


def _about(order: SalesOrder, line: OrderLine, code: str, owner: str, summary: str) -> Concern:
    return Concern(
        code=code,
        owner=owner,
        subject=f"{subject(order, line.part)}/{line.line_number}",
        summary=f"order {order.terms.number} line {line.line_number}: {summary}",
        transaction_ids=(order.order_id,),
        keys=(*order.keys, f"sku:{line.sku}"),
    )
