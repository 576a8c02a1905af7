"""wms_a.pick_recall, out: what of a pick request a warehouse is to stop, one recall for each release."""

from __future__ import annotations

from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2

from connector.mappings.model import Outbound, Writing
from connector.mappings.wms_a_pick_request import request_line


def write(event: events_pb2.OrderReleaseRecalled, writing: Writing) -> dict[str, Any]:
    return {
        "type": "PICK_RECALL",
        "number": writing.event_id,
        "pickRequest": event.release_number or f"{event.number}/{event.part}",
        "warehouse": writing.codes.location_code(event.location_id),
        "order": event.number,
        "orderRef": event.order_id,
        "whole": not event.remaining,
        "reason": event.reason or None,
        "lines": [request_line(position, step, writing) for position, step in enumerate(event.steps, start=1)],
    }


MAPPING = Outbound("wms_a.pick_recall", write)
