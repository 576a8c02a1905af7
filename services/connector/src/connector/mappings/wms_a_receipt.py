"""wms_a.receipt, in: what a warehouse counted, a line per item, lot and condition."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.receipts import arrived, condition_of, receipt_keys, receipt_orders

CONDITIONS = {"OK": "GOOD", "DMG": "DAMAGED", "QA": "HOLD"}


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("RECEIPT",))
    number = document.text("receiptNumber", longest=64)
    read_lines = [_line(each, reading) for each in document.objects("lines")]
    lines = [line for line, _ in read_lines]
    if not lines:
        raise document.fault("lines", "a receipt has at least one line")
    received_at = document.instant("receivedAt")
    request = procurement.RecordReceiptRequest(
        origin=reading.origin(occurred_at=received_at),
        number=number,
        location_id=reading.codes.location(document.text("warehouse", longest=80)),
        received_at=canonical.stamp(received_at),
        lines=lines,
        final=document.boolean("final"),
    )
    findings = tuple(each for _, found in read_lines for each in found)
    return Command(request, receipt_orders(lines), receipt_keys(number, lines), len(lines), findings=findings)


def _line(line: JsonObject, reading: Reading) -> tuple[inbound_pb2.ReceiptLine, tuple[tuple[str, str], ...]]:
    codes = reading.codes
    unit = codes.unit(line.text("uom", longest=80))
    sscc, findings = canonical.sscc(line.optional_text("sscc", longest=80), f"{line.path}.sscc")
    read_line = inbound_pb2.ReceiptLine(
        line_id=line.optional_text("lineNo", longest=32),
        purchase_order_number=line.optional_text("order", longest=64),
        line_number=line.optional_text("orderLine", longest=32),
        ship_notice_number=line.optional_text("asn", longest=64),
        sku=codes.item(line.text("sku", longest=80)),
        quantity=arrived(line.decimal("qty"), unit, f"{line.path}.qty"),
        condition=condition_of(line.text("condition", longest=80), CONDITIONS, reading, f"{line.path}.condition"),
        lot=_lot(line.optional_object("lot")),
        sscc=sscc,
        serials=canonical.serials(line),
    )
    return read_line, findings


def _lot(lot: JsonObject | None) -> values_pb2.Lot | None:
    if lot is None:
        return None
    return canonical.lot(lot.optional_text("number", longest=64), lot.optional_day("expires"), lot.optional_day("made"))


MAPPING = Inbound("wms_a.receipt", read)
