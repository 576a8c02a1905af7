"""wms_b.pick_request, out: what a warehouse of format B is to pick, and what of it is to be stopped (`void`)."""

from __future__ import annotations

from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2

from connector.mappings.model import Outbound, Writing
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


MAPPING = Outbound("wms_b.pick_request", write)
