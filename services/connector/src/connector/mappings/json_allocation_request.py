"""json.allocation_request, out: which stock serves lines of an order, asked of the ERP or warehouse that decides it.

`action` is allocate, withdraw (the question is taken back, with what of its answer is not bound yet) or give_back (what
was allocated is free again). A question replaces every earlier one about the same part of the order. The answer is
json.allocation_result, which names it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing

Fact = events_pb2.AllocationRequested | events_pb2.AllocationWithdrawn


def write(event: Fact, writing: Writing) -> dict[str, Any]:
    order, codes = event.order, writing.codes
    return {
        "documentType": "allocationRequest",
        "action": _action(event),
        "allocationId": event.allocation_id or None,
        "companyCode": order.business_unit,
        "order": event.number,
        "orderRef": event.order_id,
        "part": event.part,
        "channel": event.channel,
        "customer": codes.party_code(order.customer_id),
        "orderDate": canonical.iso_day(order.ordered_on),
        "requestedDate": canonical.iso_day(order.requested_on),
        "shipToCountry": order.ship_to_country or None,
        "priority": "SAME_DAY" if order.same_day else "STANDARD",
        "locations": [codes.location_code(each) for each in order.locations],
        "lines": _lines(event, writing),
    }


def _action(event: Fact) -> str:
    if isinstance(event, events_pb2.AllocationRequested):
        return "allocate"
    return "withdraw" if event.allocation_id else "give_back"


def _lines(event: Fact, writing: Writing) -> list[dict[str, Any]]:
    """One for each line of the order and, of what is given back, place."""
    sums: dict[tuple[str, str, str, str], Decimal] = {}
    for each in event.steps:
        key = (each.line_number, each.sku, each.quantity.unit, each.location_id)
        sums[key] = sums.get(key, Decimal(0)) + canonical.exact(each.quantity)
    return [_line(*key, quantity, writing) for key, quantity in sums.items()]


def _line(number: str, sku: str, unit: str, location_id: str, quantity: Decimal, writing: Writing) -> dict[str, Any]:
    codes = writing.codes
    said: dict[str, Any] = {
        "line": number,
        "material": codes.item_code(sku),
        "quantity": canonical.plain(quantity),
        "unit": codes.unit_code(unit),
    }
    return said | ({"location": codes.location_code(location_id)} if location_id else {})


MAPPING = Outbound("json.allocation_request", write)
