"""wms_a.return_receipt and wms_a.return_inspection, in: what customers sent back, and what becomes of it.

Both name the return, or its order, as far as the label on the parcel does. A partner may have words of its own (options
`holdings` and `dispositions`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossdock.fulfillment.v1 import return_pb2, return_service_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.warehouse_lines import lot_of

HOLDINGS = {"RETURNS": "RETURNED", "QA": "QUARANTINED"}
DISPOSITIONS = {"RESTOCK": "RESTOCK", "QA": "QUARANTINE", "DMG": "DAMAGED", "SCRAP": "SCRAP"}


def received(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("RETURN_RECEIPT",))
    at = document.instant("receivedAt")
    head = _head(document, reading, "receiptNumber")
    request = return_service_pb2.RecordReturnReceiptRequest(
        origin=reading.origin(occurred_at=at), received_at=canonical.stamp(at), **head
    )
    return _command(request, "return_receipt")


def inspected(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("RETURN_INSPECTION",))
    at = document.instant("inspectedAt")
    head = _head(document, reading, "inspectionNumber")
    request = return_service_pb2.RecordReturnInspectionRequest(
        origin=reading.origin(occurred_at=at), inspected_at=canonical.stamp(at), **head
    )
    for line, said in zip(request.lines, document.objects("lines"), strict=True):
        meant = _meant(said, "disposition", "dispositions", DISPOSITIONS, reading)
        line.disposition = return_pb2.Disposition.Value(f"DISPOSITION_{meant}")
    return _command(request, "return_inspection")


def _head(document: JsonObject, reading: Reading, number: str) -> dict[str, Any]:
    lines = [_line(each, reading) for each in document.objects("lines")]
    if not lines:
        raise document.fault("lines", "a report of a return has at least one line")
    return {
        "business_unit": reading.partner.business_unit,
        "number": document.text(number, longest=64),
        "location_id": reading.codes.location(document.text("warehouse", longest=80)),
        "return_number": document.optional_text("return", longest=64),
        "order_id": document.optional_text("orderRef", longest=64),
        "order_number": document.optional_text("order", longest=64),
        "lines": lines,
    }


def _line(line: JsonObject, reading: Reading) -> return_pb2.ReturnedLine:
    codes = reading.codes
    unit = codes.unit(line.text("uom", longest=80))
    held = _meant(line, "area", "holdings", HOLDINGS, reading) if line.has("area") else "RETURNED"
    return return_pb2.ReturnedLine(
        line_number=line.optional_text("orderLine", longest=32),
        sku=codes.item(line.text("sku", longest=80)),
        quantity=canonical.quantity(line.decimal("qty"), unit, path=f"{line.path}.qty"),
        lot=lot_of(line),
        held=return_pb2.ReturnHolding.Value(f"RETURN_HOLDING_{held}"),
        serials=canonical.serials(line),
    )


def _meant(line: JsonObject, name: str, table: str, usual: Mapping[str, str], reading: Reading) -> str:
    """What the partner's word means here. Raises DocumentFault where its profile says what is none of ours."""
    ours = tuple(usual.values())
    meaning = reading.word(table, line.text(name, longest=80), usual, ours)
    if meaning not in ours:
        raise line.fault(name, f"the profile's word for it means {meaning}, which is none of ours")
    return meaning


def _command(request: Any, kind: str) -> Command:
    named = (f"return:{request.return_number}",) if request.return_number else ()
    order = (f"order:{request.order_number}",) if request.order_number else ()
    return Command(request, (), (f"{kind}:{request.number}", *named, *order), len(request.lines))


RECEIPT = Inbound("wms_a.return_receipt", received)
INSPECTION = Inbound("wms_a.return_inspection", inspected)
