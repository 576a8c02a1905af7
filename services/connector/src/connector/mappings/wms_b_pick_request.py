"""wms_b.pick_request, out: what a warehouse of format B is to pick, and what of it is to be stopped (`void`)."""

from __future__ import annotations

from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee

from connector.mappings.model import Named, Outbound, Writing
from connector.mappings.wms_b_expected_receipt import cases_and_units

SAME_DAY, STANDARD = 1, 5


def write(event: events_pb2.OrderReleased | events_pb2.OrderReleaseRecalled, writing: Writing) -> dict[str, Any]:
    void = isinstance(event, events_pb2.OrderReleaseRecalled)
    same_day = isinstance(event, events_pb2.OrderReleased) and event.same_day
    return {
        "pick": {
            "key": event.release_number or f"{event.number}/{event.part}",
            "void": void,
            "site": writing.codes.location_code(event.location_id),
            "order": event.number,
            "ref": event.order_id,
            "prio": SAME_DAY if same_day else STANDARD,
        },
        "goods": [_goods(step, writing) for step in event.steps],
    }


def _goods(step: events_pb2.ScheduleStep, writing: Writing) -> dict[str, Any]:
    return {
        "line": step.line_number,
        "article": writing.codes.item_code(step.sku),
        "count": cases_and_units(step.quantity, writing.codes.packing(step.sku)),
    }


def _order(event: events_pb2.OrderReleased | events_pb2.OrderReleaseRecalled) -> str:
    """What is stopped goes to nobody."""
    return event.order_id if isinstance(event, events_pb2.OrderReleased) and event.consignee_id else ""


def _put(request: dict[str, Any], consignee: Consignee) -> dict[str, Any]:
    return request | {
        "to": {
            "name": consignee.name or None,
            "firm": consignee.company or None,
            "street": list(consignee.address_lines),
            "zip": consignee.postal_code or None,
            "town": consignee.city or None,
            "region": consignee.region or None,
            "land": consignee.country or None,
            "tel": consignee.phone or None,
        }
    }


MAPPING = Outbound("wms_b.pick_request", write, Named(_order, _put))
