"""What must not wait unseen: an order that is not answered, a change that is not decided, a promise that is not kept or
has no day, a shipment that does not arrive. Each is a timer with its exception; it goes with what it watches.

A silent supplier is chased by three timers, one after the other, each of which takes one step.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time

from procurement.domain.chasing import ChaseStep, chase, owed_anew
from procurement.domain.concerns import BUYER, SUPPLIER_DESK, Concern, identity
from procurement.domain.line_concerns import about_line
from procurement.domain.order_line_lifecycle import (
    DECISION_OVERDUE,
    ESCALATION_HOURS,
    OVERDUE_DAYS,
    PROMISE_OVERDUE,
    PURCHASE_ORDER_UNACKNOWLEDGED,
    UNDATED_DAYS,
)
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.ship_notice import ShipNotice
from procurement.domain.ship_notice_lifecycle import ARRIVAL_DAYS, SHIP_NOTICE_NOT_RECEIVED
from procurement.ports import Deadline, NoticeName, OrderName, Work

UNACKNOWLEDGED = "procurement.unacknowledged"
REMINDED = "procurement.reminded"
ESCALATED = "procurement.escalated"
UNDECIDED = "procurement.undecided"
NOT_SHIPPED = "procurement.not_shipped"
NOT_ARRIVED = "procurement.not_arrived"

ACKNOWLEDGMENT_HOURS = "procurement.acknowledgment_hours"
REMINDER_HOURS = "procurement.reminder_hours"


@dataclass(frozen=True, slots=True)
class Wait:
    """How long an unanswered order waits for which step, by the timer of which kind."""

    kind: str
    policy: str
    step: ChaseStep


CHASE = (
    Wait(UNACKNOWLEDGED, ACKNOWLEDGMENT_HOURS, ChaseStep.REMINDED),
    Wait(REMINDED, REMINDER_HOURS, ChaseStep.ESCALATED),
    Wait(ESCALATED, ESCALATION_HOURS, ChaseStep.RAISED),
)


async def watch_answer(work: Work, order: PurchaseOrder) -> None:
    """The supplier owes an answer: by when is the policy's or its profile's, in its own calendar."""
    if not owed_anew(order) and order.awaits_answer:
        return
    for wait in CHASE:
        work.drop_deadline(wait.kind, order.purchase_order_id)
    said = "owed anew" if order.awaits_answer else "answered"
    work.settle([identity(PURCHASE_ORDER_UNACKNOWLEDGED, f"purchase_order/{order.purchase_order_id}")], said)
    if order.awaits_answer:
        await _wait(work, order, CHASE[0])


async def _wait(work: Work, order: PurchaseOrder, wait: Wait) -> None:
    due = await work.policies.due(wait.policy, order.business_unit, order.supplier_id, work.now)
    subject = order.purchase_order_id
    work.set_deadline(Deadline(wait.kind, subject, due, (subject,), order.keys))


def watch_decisions(work: Work, order: PurchaseOrder) -> None:
    for line in order.lines:
        if line.proposed is None:
            work.drop_deadline(UNDECIDED, line.line_id)
        elif line.proposed.decide_by is not None:
            ids = (order.purchase_order_id,)
            work.set_deadline(Deadline(UNDECIDED, line.line_id, line.proposed.decide_by, ids, order.keys))


async def watch_promises(work: Work, order: PurchaseOrder) -> None:
    """Due some days after the first day that was promised; where something has no day, some days from now."""
    subject, due = order.purchase_order_id, list[datetime]()
    if days := order.promised_days:
        span = await work.policies.span(OVERDUE_DAYS, order.business_unit, order.supplier_id)
        due.append(datetime.combine(min(days), time(0), UTC) + span)
    if order.promised_without_a_day:
        due.append(work.now + await work.policies.span(UNDATED_DAYS, order.business_unit, order.supplier_id))
    if due:
        work.set_deadline(Deadline(NOT_SHIPPED, subject, max(min(due), work.now), (subject,), order.keys))
    else:
        work.drop_deadline(NOT_SHIPPED, subject)
    if not _owes(order, work):
        work.settle([identity(PROMISE_OVERDUE, f"purchase_order/{subject}")], "nothing promised is late")


def _owes(order: PurchaseOrder, work: Work) -> str:
    """What the supplier is late with, in words; empty if nothing."""
    late = [day for day in order.promised_days if day < work.now.date()]
    if late:
        return f"what was promised for {min(late)}"
    return "a day for what it accepted or backordered" if order.promised_without_a_day else ""


async def watch_arrival(work: Work, notice: ShipNotice) -> None:
    """Due some days after the announced day, or after the notice itself where it names none. What goes straight to a
    customer never arrives here."""
    if not (notice.open and notice.comes_here):
        work.drop_deadline(NOT_ARRIVED, notice.ship_notice_id)
        work.settle([identity(SHIP_NOTICE_NOT_RECEIVED, f"ship_notice/{notice.ship_notice_id}")], "received")
        return
    expected = notice.expected_on
    begins = datetime.combine(expected, time(0), UTC) if expected else work.now
    span = await work.policies.span(ARRIVAL_DAYS, notice.business_unit, notice.supplier_id)
    due = max(begins, work.now) + span
    work.set_deadline(Deadline(NOT_ARRIVED, notice.ship_notice_id, due, notice.purchase_order_ids, notice.keys))


async def unacknowledged(subject: str, work: Work) -> None:
    """The supplier has not answered in time: it is reminded, as its partner profile says."""
    await _take_step(subject, work, 0)


async def reminded(subject: str, work: Work) -> None:
    """Nor after the reminder: the buyer is told, in the ERP."""
    await _take_step(subject, work, 1)


async def escalated(subject: str, work: Work) -> None:
    """Nor did the buyer get an answer: somebody has to see to it here."""
    await _take_step(subject, work, 2)


async def _take_step(subject: str, work: Work, position: int) -> None:
    for order in await work.purchase_orders.lock([OrderName(purchase_order_id=subject)]):
        if not chase(order, CHASE[position].step):
            continue
        if position + 1 < len(CHASE):
            await _wait(work, order, CHASE[position + 1])
        else:
            work.raise_concern(_unanswered(order))


def _unanswered(order: PurchaseOrder) -> Concern:
    asked = f"revision {order.revision} of order {order.number}"
    return Concern(
        code=PURCHASE_ORDER_UNACKNOWLEDGED,
        owner=BUYER,
        subject=f"purchase_order/{order.purchase_order_id}",
        summary=f"{order.supplier_id} has not answered {asked}, though it was reminded",
        transaction_ids=(order.purchase_order_id,),
        keys=order.keys,
    )


async def undecided(subject: str, work: Work) -> None:
    """The buyer has not decided in time. `subject` is the line's id, which begins with the order's."""
    for order in await work.purchase_orders.lock([OrderName(purchase_order_id=subject.rpartition(".")[0])]):
        line = order.line_by_id(subject)
        if line is not None and line.proposed is not None:
            words = f"a change by the supplier ({line.proposed.code}) waits for a decision"
            work.raise_concern(about_line(order, line, DECISION_OVERDUE, BUYER, words))


async def not_shipped(subject: str, work: Work) -> None:
    """A promised day has passed, or none was ever named; looked at again as long as the order is open."""
    for order in await work.purchase_orders.lock([OrderName(purchase_order_id=subject)]):
        what = _owes(order, work)
        if not what:
            await watch_promises(work, order)
            continue
        work.raise_concern(
            Concern(
                code=PROMISE_OVERDUE,
                owner=SUPPLIER_DESK,
                subject=f"purchase_order/{subject}",
                summary=f"{order.supplier_id} owes {what} on order {order.number}",
                transaction_ids=(subject,),
                keys=order.keys,
            )
        )


async def not_arrived(subject: str, work: Work) -> None:
    """Announced goods have not been received, or not all of them."""
    name = NoticeName(ship_notice_id=subject)
    orders = await work.ship_notices.orders_of([name])
    await work.purchase_orders.lock([], orders)
    for notice in await work.ship_notices.lock([name], []):
        if notice.open and notice.comes_here:
            work.raise_concern(
                Concern(
                    code=SHIP_NOTICE_NOT_RECEIVED,
                    owner=SUPPLIER_DESK,
                    subject=f"ship_notice/{subject}",
                    summary=f"ship notice {notice.number} of {notice.supplier_id} was not received in time",
                    transaction_ids=notice.purchase_order_ids,
                    keys=notice.keys,
                )
            )


HANDLERS: dict[str, Callable[[str, Work], Awaitable[None]]] = {
    UNACKNOWLEDGED: unacknowledged,
    REMINDED: reminded,
    ESCALATED: escalated,
    UNDECIDED: undecided,
    NOT_SHIPPED: not_shipped,
    NOT_ARRIVED: not_arrived,
}
