"""json.order_status, out: a channel hears where lines of its order stand, so that it can tell its customer.

That it is accepted, what waits for supply or is with a supplier and the day that it is promised for, what is bound and
promised for another day than its customer was told or wants, what goes out in place of what was ordered, what a check
refused, what is cancelled, and what a carrier says of goods on the road. Of an order a receiver keeps the highest
version.
"""

from __future__ import annotations

from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import sales_order_pb2

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing

Waits = events_pb2.OrderLinesBackordered | events_pb2.OrderLinesPromised
Whole = events_pb2.OrderAccepted | events_pb2.OrderRejected
Told = events_pb2.OrderStatusChanged | Waits | events_pb2.OrderLinesSubstituted | events_pb2.OrderLinesCancelled | Whole


_STANDS: dict[type[Told], str] = {
    events_pb2.OrderAccepted: "accepted",
    events_pb2.OrderRejected: "rejected",
    events_pb2.OrderLinesCancelled: "cancelled",
    events_pb2.OrderLinesBackordered: "backordered",
    events_pb2.OrderLinesPromised: "backordered",
    events_pb2.OrderLinesSubstituted: "allocated",
}


def write(event: Told, writing: Writing) -> dict[str, Any]:
    return {
        "documentType": "orderStatus",
        "messageId": writing.event_id,
        "order": event.number,
        "orderRef": event.order_id,
        "orderState": canonical.lower_name(sales_order_pb2.OrderState.Name(_order_state(event)), "ORDER_STATE_"),
        **_where(event),
        "aggregateVersion": writing.event_version,
        **_lines(event, writing),
    }


def _order_state(event: Told) -> sales_order_pb2.OrderState.ValueType:
    return event.order.state if isinstance(event, events_pb2.OrderAccepted) else event.state


def _where(event: Told) -> dict[str, Any]:
    """Where these lines stand; of goods on the road with their shipment, who carries it, and the carrier's instant."""
    if isinstance(event, events_pb2.OrderStatusChanged):
        return {
            "lineState": _line_state(event.line_state),
            "shipment": event.shipment_id or None,
            "shipmentNumber": event.shipment_number or None,
            "carrier": event.carrier or None,
            "trackingNumber": event.tracking_number or None,
            "eta": canonical.iso_instant(event.eta) if event.HasField("eta") else None,
            "delayed": event.delayed,
            "at": canonical.iso_instant(event.at) if event.HasField("at") else None,
        }
    if isinstance(event, events_pb2.OrderLinesPromised) and event.line_state:
        return {"lineState": _line_state(event.line_state), "shipment": None, "at": None}
    return {"lineState": _STANDS[type(event)], "shipment": None, "at": None}


def _line_state(state: sales_order_pb2.ScheduleState.ValueType) -> str:
    return canonical.lower_name(sales_order_pb2.ScheduleState.Name(state), "SCHEDULE_STATE_")


def _lines(event: Told, writing: Writing) -> dict[str, Any]:
    """What is accepted or refused is so as a whole."""
    if isinstance(event, events_pb2.OrderAccepted):
        return {"lines": []}
    if isinstance(event, events_pb2.OrderRejected):
        return {"reason": event.reason or None, "lines": []}
    if isinstance(event, events_pb2.OrderLinesCancelled):
        return {"reason": event.reason or None, "lines": [_line(each, writing) for each in event.steps]}
    if isinstance(event, Waits):
        return {"lines": [_line(each, writing) | _promise(each) for each in event.steps]}
    return {"lines": [_line(each, writing) for each in event.steps]}


def _promise(step: events_pb2.ScheduleStep) -> dict[str, Any]:
    """No day where none can be named; `atRisk` where it is later than the first that was told."""
    return {"promisedOn": canonical.iso_day(step.promised_on), "atRisk": step.at_risk}


def _line(step: events_pb2.ScheduleStep, writing: Writing) -> dict[str, Any]:
    codes = writing.codes
    return {
        "line": step.line_number,
        "item": codes.item_code(step.sku),
        "quantity": step.quantity.value,
        "unit": codes.unit_code(step.quantity.unit),
        "reason": step.reason or None,
    } | ({"orderedItem": codes.item_code(step.ordered_sku)} if step.ordered_sku else {})


MAPPING = Outbound("json.order_status", write)
