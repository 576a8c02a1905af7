"""json.load_tender, out: a shipment that the warehouse has packed is offered to the TMS, or called off there.

`action` says which: offer, withdraw_tender, void_label, intercept_or_return. The last three are answered by
json.tender_response, `cancelled` or `cancellation_refused`.
"""

from __future__ import annotations

from typing import Any

from crossdock.delivery.events.v1 import events_pb2
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee

from connector.mappings import canonical, consignees
from connector.mappings.model import Named, Outbound, Writing

OFFER = "offer"


Told = events_pb2.ShipmentPlanned | events_pb2.ShipmentCallOffRequested


def write(event: Told, writing: Writing) -> dict[str, Any]:
    shipment = event.shipment
    called_off = {
        "reason": shipment.call_off.reason,
        "carrier": shipment.carrier or None,
        "trackingNumber": shipment.tracking_number or None,
    }
    return {
        "documentType": "loadTender",
        "action": shipment.call_off.command or OFFER,
        "shipmentId": shipment.shipment_id,
        "shipment": shipment.number,
        "businessUnit": shipment.business_unit,
        "shipFrom": writing.codes.location_code(shipment.ship_from) if shipment.ship_from else None,
        "customer": writing.codes.party_code(shipment.customer_id) if shipment.customer_id else None,
        "orders": [each.number for each in shipment.orders],
        "deliverBy": canonical.iso_instant(shipment.promised_by) if shipment.HasField("promised_by") else None,
        "packages": [{"number": each.number, "sscc": each.sscc or None} for each in shipment.packages],
        **(called_off if shipment.HasField("call_off") else {}),
    }


def order_of(event: Told) -> str:
    """The order that says who receives a shipment: its first one, as a shipment goes to one address. What is called off
    is known to whom it was offered."""
    shipment = event.shipment
    if not shipment.consignee_id or shipment.HasField("call_off"):
        return ""
    return next((each.order_id for each in shipment.orders), "")


def _put(tender: dict[str, Any], consignee: Consignee) -> dict[str, Any]:
    return tender | {"shipTo": consignees.ship_to(consignee)}


MAPPING = Outbound("json.load_tender", write, Named(order_of, _put))
