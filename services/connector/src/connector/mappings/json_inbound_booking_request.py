"""json.inbound_booking_request, out: whoever books carriage is asked to have an order fetched from its supplier.

Each says the whole of what is to be fetched and replaces what was said before; `cancel` says that nothing is. An order
is the buyer's to fetch under the E and F rules of Incoterms 2020: it contracts for the main carriage (freight collect).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import purchase_order_pb2

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing

BUYER_CARRIES = frozenset({"EXW", "FCA", "FAS", "FOB"})
Ordered = (
    events_pb2.PurchaseOrderAcknowledged
    | events_pb2.PurchaseOrderChangeDecided
    | events_pb2.PurchaseOrderRevised
    | events_pb2.PurchaseOrderCancelled
)


def buyer_carries(order: purchase_order_pb2.PurchaseOrder) -> bool:
    """By the rule that its incoterms begin with; without any nobody knows."""
    return order.incoterms.partition(" ")[0].upper() in BUYER_CARRIES


def write(event: Ordered, writing: Writing) -> dict[str, Any]:
    order = event.purchase_order
    lines = list(_lines(order, writing))
    return {
        "documentType": "inboundBookingRequest",
        "action": "book" if lines else "cancel",
        "messageId": writing.event_id,
        "companyCode": order.business_unit,
        "purchaseOrder": order.number,
        "revision": order.revision,
        "supplier": writing.codes.party_code(order.supplier_id),
        "incoterms": order.incoterms,
        "lines": lines,
    }


def _lines(order: purchase_order_pb2.PurchaseOrder, writing: Writing) -> Iterator[dict[str, Any]]:
    """What was promised and has not left yet; what goes straight to a customer is not fetched for us."""
    for line in order.lines:
        left = Decimal(line.confirmed_quantity or "0") - Decimal(line.shipped_quantity or "0")
        if line.drop_ship_party_id or left <= 0:
            continue
        yield {
            "line": line.line_number,
            "item": writing.codes.item_code(line.sku),
            "shipTo": writing.codes.location_code(line.ship_to_id),
            "quantity": canonical.plain(left),
            "unit": writing.codes.unit_code(line.ordered.unit),
            "schedules": [
                {
                    "quantity": each.quantity.value,
                    "unit": writing.codes.unit_code(each.quantity.unit),
                    "date": canonical.iso_day(each.date) if each.HasField("date") else None,
                }
                for each in line.confirmed
            ],
        }


MAPPING = Outbound("json.inbound_booking_request", write)
