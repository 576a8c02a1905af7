"""wms_a.expected_receipt, out: what a dock should expect; replaces what was said before under the same reference."""

from __future__ import annotations

from typing import Any

from crossdock.procurement.events.v1 import events_pb2

from connector.mappings import canonical
from connector.mappings.model import Outbound, Writing


def write(event: events_pb2.InboundExpected, writing: Writing) -> dict[str, Any]:
    return {
        "type": "EXPECTED_RECEIPT",
        "action": "CANCEL" if event.withdrawn else "SET",
        "reference": event.reference,
        "sequence": event.sequence,
        "warehouse": writing.codes.location_code(event.location_id),
        "asn": event.ship_notice_number or None,
        "supplier": writing.codes.party_code(event.supplier_id),
        "lines": [_line(position, line, writing) for position, line in enumerate(event.lines, start=1)],
    }


def _line(position: int, line: events_pb2.ExpectedLine, writing: Writing) -> dict[str, Any]:
    codes = writing.codes
    return {
        "lineRef": position,
        "order": line.purchase_order_number,
        "orderLine": line.line_number,
        "orderRevision": line.revision,
        "sku": codes.item_code(line.sku),
        "qty": line.quantity.value,
        "uom": codes.unit_code(line.quantity.unit),
        "due": canonical.iso_day(line.expected_on),
        "lot": _lot(line),
        "pallet": line.pallet_sscc or None,
        "carton": line.carton_sscc or None,
        "flags": list(line.flags),
    } | canonical.named_pieces(line.serials)


def _lot(line: events_pb2.ExpectedLine) -> dict[str, Any] | None:
    if not line.lot.number:
        return None
    return {
        "number": line.lot.number,
        "expires": canonical.iso_day(line.lot.expires_on),
        "made": canonical.iso_day(line.lot.made_on),
    }


MAPPING = Outbound("wms_a.expected_receipt", write)
