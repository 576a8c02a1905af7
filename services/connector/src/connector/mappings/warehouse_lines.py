"""What all reports of released orders share: lines, lots, and the keys by which a report is found."""

from __future__ import annotations

from collections.abc import Iterable

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import warehouse_service_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Reading


def reported_line(line: JsonObject, reading: Reading) -> warehouse_service_pb2.ReportedLine:
    codes = reading.codes
    unit = codes.unit(line.text("uom", longest=80))
    read_line = warehouse_service_pb2.ReportedLine(
        order_id=line.optional_text("orderRef", longest=64),
        order_number=line.text("order", longest=64),
        line_number=line.text("orderLine", longest=32),
        sku=codes.item(line.text("sku", longest=80)),
        quantity=canonical.quantity(line.decimal("qty"), unit, path=f"{line.path}.qty"),
        lot=lot_of(line),
        serials=canonical.serials(line),
    )
    if line.has("short"):
        read_line.short.CopyFrom(canonical.quantity(line.decimal("short"), unit, path=f"{line.path}.short"))
    return read_line


def lot_of(line: JsonObject) -> values_pb2.Lot | None:
    lot = line.optional_object("lot")
    if lot is None:
        return None
    return canonical.lot(lot.optional_text("number", longest=64), lot.optional_day("expires"), lot.optional_day("made"))


def report_keys(kind: str, number: str, orders: Iterable[str]) -> tuple[str, ...]:
    return (f"{kind}:{number}", *dict.fromkeys(f"order:{order}" for order in orders))
