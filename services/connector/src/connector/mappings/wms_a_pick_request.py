"""wms_a.pick_request, out: what a warehouse is to pick for an order, one request for each release."""

from __future__ import annotations

from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee

from connector.mappings import consignees
from connector.mappings.model import Named, Outbound, Writing


def write(event: events_pb2.OrderReleased, writing: Writing) -> dict[str, Any]:
    return {
        "type": "PICK_REQUEST",
        "number": event.release_number or f"{event.number}/{event.part}",
        "warehouse": writing.codes.location_code(event.location_id),
        "order": event.number,
        "orderRef": event.order_id,
        "priority": "SAME_DAY" if event.same_day else "STANDARD",
        "lines": [request_line(position, step, writing) for position, step in enumerate(event.steps, start=1)],
    }


def request_line(position: int, step: events_pb2.ScheduleStep, writing: Writing) -> dict[str, Any]:
    codes = writing.codes
    return {
        "lineNo": position,
        "orderLine": step.line_number,
        "sku": codes.item_code(step.sku),
        "qty": step.quantity.value,
        "uom": codes.unit_code(step.quantity.unit),
    }


def _order(event: events_pb2.OrderReleased) -> str:
    return event.order_id if event.consignee_id else ""


def _put(request: dict[str, Any], consignee: Consignee) -> dict[str, Any]:
    return request | {"shipTo": consignees.ship_to(consignee)}


MAPPING = Outbound("wms_a.pick_request", write, Named(_order, _put))
