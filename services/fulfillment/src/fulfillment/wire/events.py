"""Facts as messages: one case for each event of the domain. Their envelopes stand in envelopes.py."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock_kit.dates_wire import date_message, timestamp
from google.protobuf.message import Message

from fulfillment.domain import events
from fulfillment.domain.allocation import allocation_id
from fulfillment.domain.checks import check_id
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.wire import values
from fulfillment.wire.sales_order import (
    ALLOCATORS,
    CHECK_KINDS,
    ORDER_STATES,
    SCHEDULE_STATES,
    check,
    order,
    order_line,
)


@singledispatch
def to_message(event: events.Event) -> Message:
    raise TypeError(f"{type(event).__name__} has no wire form")


@to_message.register
def _(event: events.OrderOpened) -> Message:
    return events_pb2.OrderOpened(**_named(event.order), channel=event.order.terms.channel, order=order(event.order))


@to_message.register
def _(event: events.OrderLinesAppended) -> Message:
    lines = [order_line(each) for each in event.lines]
    return events_pb2.OrderLinesAppended(**_named(event.order), part=event.part, lines=lines)


@to_message.register
def _(event: events.OrderSubmitted) -> Message:
    return events_pb2.OrderSubmitted(
        **_named(event.order),
        channel=event.order.terms.channel,
        line_count=event.order.line_count,
        order=order(event.order),
        lines=[order_line(each) for each in event.lines],
    )


@to_message.register
def _(event: events.OrderAccepted) -> Message:
    return events_pb2.OrderAccepted(**_named(event.order), channel=event.order.terms.channel, order=order(event.order))


@to_message.register
def _(event: events.OrderCheckRequested) -> Message:
    return events_pb2.OrderCheckRequested(
        **_named(event.order),
        channel=event.order.terms.channel,
        check_id=check_id(event.order.order_id, event.check),
        kind=CHECK_KINDS[event.check.kind],
        order=order(event.order),
        lines=[order_line(each) for each in event.lines],
    )


@to_message.register
def _(event: events.OrderCheckDecided) -> Message:
    return events_pb2.OrderCheckDecided(
        **_named(event.order),
        channel=event.order.terms.channel,
        check=check(event.order, event.check),
        state=ORDER_STATES[event.order.state],
    )


@to_message.register
def _(event: events.OrderRejected) -> Message:
    return events_pb2.OrderRejected(
        **_named(event.order),
        channel=event.order.terms.channel,
        kind=CHECK_KINDS[event.check.kind],
        reason=event.check.verdict.reason if event.check.verdict else "",
        state=ORDER_STATES[event.order.state],
    )


@to_message.register
def _(event: events.OrderLinesAllocated) -> Message:
    return events_pb2.OrderLinesAllocated(**_part(event))


@to_message.register
def _(event: events.AllocationRequested) -> Message:
    return events_pb2.AllocationRequested(**_allocation(event))


@to_message.register
def _(event: events.AllocationWithdrawn) -> Message:
    return events_pb2.AllocationWithdrawn(**_allocation(event))


@to_message.register
def _(event: events.OrderLinesSubstituted) -> Message:
    return events_pb2.OrderLinesSubstituted(**_part(event), channel=event.order.terms.channel)


@to_message.register
def _(event: events.OrderLinesDeallocated) -> Message:
    return events_pb2.OrderLinesDeallocated(**_part(event))


@to_message.register
def _(event: events.OrderLinesBackordered) -> Message:
    return events_pb2.OrderLinesBackordered(**_part(event), channel=event.order.terms.channel)


@to_message.register
def _(event: events.OrderLinesPromised) -> Message:
    return events_pb2.OrderLinesPromised(
        **_part(event), channel=event.order.terms.channel, line_state=SCHEDULE_STATES[event.state]
    )


@to_message.register
def _(event: events.OrderLinesSourced) -> Message:
    return events_pb2.OrderLinesSourced(**_part(event), channel=event.order.terms.channel)


@to_message.register
def _(event: events.OrderAcknowledged) -> Message:
    return events_pb2.OrderAcknowledged(
        **_named(event.order),
        channel=event.order.terms.channel,
        part=event.part,
        order=order(event.order),
        lines=[order_line(each) for each in event.lines],
    )


@to_message.register
def _(event: events.OrderReleased) -> Message:
    return events_pb2.OrderReleased(
        **_part(event),
        location_id=event.location_id,
        consignee_id=event.order.consignee_id,
        same_day=event.order.terms.same_day,
        release_number=event.number,
    )


@to_message.register
def _(event: events.OrderLineChanged) -> Message:
    return events_pb2.OrderLineChanged(
        **_named(event.order),
        line_id=event.line.line_id,
        line_number=event.line.line_number,
        old_quantity=values.quantity_message(event.old),
        new_quantity=values.quantity_message(event.new),
        reason=event.reason,
    )


@to_message.register
def _(event: events.OrderChanged) -> Message:
    return events_pb2.OrderChanged(
        **_named(event.order),
        channel=event.order.terms.channel,
        order=order(event.order),
        lines=[order_line(each) for each in event.lines],
        added_lines=event.added,
        reason=event.reason,
        reference=event.reference,
    )


@to_message.register
def _(event: events.OrderLinesCancelled) -> Message:
    told = events_pb2.OrderLinesCancelled(**_part(event), channel=event.order.terms.channel, reason=event.reason)
    if event.acknowledged:
        told.order.CopyFrom(order(event.order))
        told.lines.extend(order_line(each) for each in event.lines)
    return told


@to_message.register
def _(event: events.OrderCancellationRequested) -> Message:
    return events_pb2.OrderCancellationRequested(
        **_named(event.order),
        part=event.part,
        compensations=[
            events_pb2.Compensation(step=_step(each.step), state=SCHEDULE_STATES[each.state], commands=each.commands)
            for each in event.compensations
        ],
        reason=event.reason,
    )


@to_message.register
def _(event: events.OrderReleaseRecalled) -> Message:
    return events_pb2.OrderReleaseRecalled(
        **_part(event),
        location_id=event.location_id,
        release_number=event.number,
        remaining=[_step(each) for each in event.remaining],
        reason=event.reason,
    )


@to_message.register
def _(event: events.OrderCancellationRefused) -> Message:
    return events_pb2.OrderCancellationRefused(**_part(event))


@to_message.register
def _(event: events.OrderStatusChanged) -> Message:
    return events_pb2.OrderStatusChanged(
        **_part(event),
        channel=event.order.terms.channel,
        line_state=SCHEDULE_STATES[event.state],
        shipment_id=event.sending.shipment_id,
        at=timestamp(event.at),
        shipment_number=event.sending.number,
        carrier=event.sending.carrier,
        tracking_number=event.sending.tracking_number,
        eta=timestamp(event.eta),
        delayed=event.delayed,
    )


def _allocation(event: events.AllocationRequested | events.AllocationWithdrawn) -> dict[str, Any]:
    found, attempt = event.order, event.attempt
    return {
        **_part(event),
        "channel": found.terms.channel,
        "allocation_id": allocation_id(found.order_id, event.part, attempt) if attempt else "",
        "allocator": ALLOCATORS[found.allocator.role],
        "location_id": found.allocator.location_id,
        "order": order(found),
    }


def _named(found: SalesOrder) -> dict[str, str]:
    return {"order_id": found.order_id, "number": found.terms.number}


def _part(event: Any) -> dict[str, Any]:
    """What every fact about a part of an order says."""
    steps = [_step(each) for each in event.steps]
    return {
        **_named(event.order),
        "part": event.part,
        "steps": steps,
        "state": ORDER_STATES[event.order.state],
    }


def _step(step: events.Step) -> events_pb2.ScheduleStep:
    return events_pb2.ScheduleStep(
        line_id=step.line.line_id,
        line_number=step.line.line_number,
        sku=step.line.sku,
        schedule_id=step.schedule_id,
        quantity=values.quantity_message(step.quantity),
        location_id=step.location_id,
        reservation_id=step.reservation_id,
        reason=step.reason,
        promised_on=date_message(step.promised_on),
        supply=step.supply,
        at_risk=step.at_risk,
        supplier_id=step.line.supplier_id,
        ordered_sku=step.line.ordered_sku,
        shipment_id=step.shipment_id,
    )
