"""json.load_tender, out: a shipment that the warehouse has packed is offered to the TMS."""

from __future__ import annotations

from typing import Any

from crossdock.delivery.events.v1 import events_pb2

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing


def write(event: events_pb2.ShipmentPlanned, writing: Writing) -> dict[str, Any]:
    shipment = event.shipment
    return {
        "documentType": "loadTender",
        "shipmentId": shipment.shipment_id,
        "shipment": shipment.number,
        "businessUnit": shipment.business_unit,
        "shipFrom": writing.codes.location_code(shipment.ship_from) if shipment.ship_from else None,
        "customer": writing.codes.party_code(shipment.customer_id) if shipment.customer_id else None,
        "orders": [each.number for each in shipment.orders],
        "deliverBy": canonical.iso_instant(shipment.promised_by) if shipment.HasField("promised_by") else None,
        "packages": [{"number": each.number, "sscc": each.sscc or None} for each in shipment.packages],
    }


MAPPING = Outbound("json.load_tender", write)
