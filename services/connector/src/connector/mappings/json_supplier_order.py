"""json.supplier_order, out: an order, its change or its cancellation for a supplier with an API, always as a whole.

A line that the supplier ships straight has the customer (`dropShipTo`) and the address (`dropShipAddress`).
"""

from __future__ import annotations

from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import purchase_order_pb2

from connector.mappings import canonical, drop_shipments
from connector.mappings.model import Outbound, Writing

Ordered = events_pb2.PurchaseOrderReleased | events_pb2.PurchaseOrderRevised | events_pb2.PurchaseOrderCancelled
_EVENTS = {
    "PurchaseOrderReleased": "order.created",
    "PurchaseOrderRevised": "order.changed",
    "PurchaseOrderCancelled": "order.cancelled",
}


def write(event: Ordered, writing: Writing) -> dict[str, Any]:
    order = event.purchase_order
    return {
        "event": _EVENTS[event.DESCRIPTOR.name],
        "order": {
            "number": order.number,
            "revision": order.revision,
            "buyer": str(writing.partner.options.get("buyer", "ACME")),
            "orderedOn": canonical.iso_day(order.ordered_on),
            "currency": order.currency,
            "incoterms": order.incoterms,
            "shipTo": writing.codes.location_code(order.ship_to_id),
            "blanketOrder": _blanket(order),
            "lines": [_line(line, writing) for line in order.lines],
        },
    }


def _blanket(order: purchase_order_pb2.PurchaseOrder) -> dict[str, str] | None:
    """The agreement that the order calls off from."""
    if not order.HasField("blanket_order"):
        return None
    return {"number": order.blanket_order.number, "release": order.blanket_order.release_number}


def _line(line: purchase_order_pb2.PurchaseOrderLine, writing: Writing) -> dict[str, Any]:
    codes = writing.codes
    own = codes.item_code(line.sku)
    return {
        "line": line.line_number,
        "buyerItem": line.sku,
        "item": line.supplier_item or (own if own != line.sku else ""),
        "description": line.description,
        "quantity": line.ordered.value,
        "unit": codes.unit_code(line.ordered.unit),
        "price": _price(line.price, writing),
        "shipTo": codes.location_code(line.ship_to_id) if line.ship_to_id else "",
        "dropShipTo": codes.party_code(line.drop_ship_party_id) if line.drop_ship_party_id else "",
        "window": _window(line.requested_window),
        "schedules": [_schedule(each, writing) for each in line.requested],
        "status": "cancelled" if line.state == purchase_order_pb2.LINE_STATE_CANCELLED else "open",
    }


def _price(price: values_pb2.UnitPrice, writing: Writing) -> dict[str, str] | None:
    if not price.money.amount:
        return None
    return {
        "amount": price.money.amount,
        "currency": price.money.currency,
        "unit": writing.codes.unit_code(price.unit) if price.unit else "",
        "per": price.per or "1",
    }


def _window(window: values_pb2.DeliveryWindow) -> dict[str, str | None] | None:
    if not (window.from_date.year or window.to_date.year):
        return None
    return {
        "from": canonical.iso_day(window.from_date),
        "to": canonical.iso_day(window.to_date),
        "fromTime": window.from_time or None,
        "toTime": window.to_time or None,
        "zone": window.zone or None,
    }


def _schedule(schedule: purchase_order_pb2.ScheduleLine, writing: Writing) -> dict[str, str | None]:
    return {
        "id": schedule.schedule_id,
        "quantity": schedule.quantity.value,
        "unit": writing.codes.unit_code(schedule.quantity.unit),
        "date": canonical.iso_day(schedule.date),
    }


MAPPING = Outbound("json.supplier_order", write, drop_shipments.JSON)
