"""wms_a.appointment_request, out: a time at the dock is wanted for a shipment, with what planning the dock and its
people needs; or it is not wanted any more."""

from __future__ import annotations

from typing import Any

from crossdock.procurement.events.v1 import events_pb2

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing


def write(event: events_pb2.ShipNoticeReceived | events_pb2.ShipNoticeWithdrawn, writing: Writing) -> dict[str, Any]:
    notice = event.ship_notice
    withdrawn = isinstance(event, events_pb2.ShipNoticeWithdrawn)
    lines = [each for each in notice.lines if each.base_quantity != "0"]
    return {
        "type": "APPOINTMENT_REQUEST",
        "action": "CANCEL" if withdrawn else "REQUEST",
        "reference": notice.ship_notice_id,
        "asn": notice.number,
        "warehouse": writing.codes.location_code(notice.ship_to_id),
        "supplier": writing.codes.party_code(notice.supplier_id),
        "carrier": notice.carrier or None,
        "billOfLading": notice.bill_of_lading or None,
        "expected": canonical.iso_day(notice.expected_on),
        "pallets": len({each.pallet_sscc for each in lines} - {""}),
        "cartons": len({each.carton_sscc for each in lines} - {""}),
        "lines": len(lines),
        "items": len({each.sku for each in lines}),
    }


MAPPING = Outbound("wms_a.appointment_request", write)
