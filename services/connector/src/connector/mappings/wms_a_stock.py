"""wms_a.count, wms_a.adjustment, wms_a.stock_statement, in: what a warehouse counted, found gone or spoiled, and holds.

Goods that change from one state into another (put on hold, taken off) are neither: they are not gone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control

from connector.codecs.json_document import DocumentFault, JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.stock_parts import reported, stated

BUCKETS = {"OK": "SELLABLE", "QA": "QUARANTINED", "DMG": "DAMAGED", "RET": "RETURNED", "STG": "STAGED"}
STOCK = tuple(BUCKETS.values())
COUNT = "AA"
# X12 947, element W1901: those that say that goods came or went.
REASONS = {code: code for code in ("07", COUNT, "AR", "AS", "AU", "AV", "AW", "AX", "BK", "BS")}

ReadLine = Callable[[JsonObject, Reading], control.ReportedStock]


def read_count(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("COUNT",))
    return _report(document, reading, document.instant("countedAt"), _counted)


def read_adjustment(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("ADJUSTMENT",))
    return _report(document, reading, document.instant("adjustedAt"), _changed)


def _report(document: JsonObject, reading: Reading, found_at: datetime, read_line: ReadLine) -> Command:
    number = document.text("number", longest=64)
    lines = [read_line(each, reading) for each in document.objects("lines")]
    if not lines:
        raise document.fault("lines", "a report has at least one line")
    request = control.RecordStockReportRequest(
        origin=reading.origin(occurred_at=found_at),
        number=number,
        location_id=reading.codes.location(document.text("warehouse", longest=80)),
        business_unit=reading.partner.business_unit,
        found_at=canonical.stamp(found_at),
    )
    return reported(request, lines, "lines")


def read_statement(document: JsonObject, reading: Reading) -> Command:
    """`speaksOf`: its conditions, with commas; those of its lines if it names none."""
    document.one_of("type", ("STOCK_STATEMENT",))
    number, as_of = document.text("number", longest=64), document.instant("asOf")
    lines = [_stated(each, reading) for each in document.objects("lines")]
    named = [each.strip() for each in document.optional_text("speaksOf").split(",") if each.strip()]
    buckets = {bucket_of(each, reading, "speaksOf") for each in named}
    buckets = buckets or {line.bucket for line in lines}
    if not buckets:
        raise document.fault("lines", "a statement speaks of something")
    request = control.RecordStatementRequest(
        origin=reading.origin(occurred_at=as_of),
        number=number,
        location_id=reading.codes.location(document.text("warehouse", longest=80)),
        business_unit=reading.partner.business_unit,
        as_of=canonical.stamp(as_of),
        buckets=sorted(buckets),
        complete=document.boolean("complete"),
    )
    return stated(request, lines, "lines")


def _stated(line: JsonObject, reading: Reading) -> control.StatedStock:
    found, unit = _stock(line, reading), reading.codes.unit(line.text("uom", longest=80))
    quantity = canonical.quantity(line.decimal("qty"), unit, path=f"{line.path}.qty")
    return control.StatedStock(sku=found.sku, lot=found.lot, bucket=found.bucket, quantity=quantity)


def _counted(line: JsonObject, reading: Reading) -> control.ReportedStock:
    """`serials`: all pieces that were counted."""
    found = _stock(line, reading)
    found.serials.extend(canonical.serials(line))
    unit = reading.codes.unit(line.text("uom", longest=80))
    found.counted.CopyFrom(canonical.quantity(line.decimal("counted"), unit, path=f"{line.path}.counted"))
    found.reason = COUNT
    return found


def _changed(line: JsonObject, reading: Reading) -> control.ReportedStock:
    found = _stock(line, reading)
    found.serials.extend(canonical.serials(line))
    unit = reading.codes.unit(line.text("uom", longest=80))
    found.change.CopyFrom(canonical.quantity(line.decimal("change"), unit, path=f"{line.path}.change"))
    found.reason = reason_of(line.text("reason", longest=32), reading)
    return found


def _stock(line: JsonObject, reading: Reading) -> control.ReportedStock:
    bucket = bucket_of(line.text("condition", longest=32), reading, f"{line.path}.condition")
    return control.ReportedStock(
        sku=reading.codes.item(line.text("sku", longest=80)),
        lot=line.optional_text("lot", longest=64),
        bucket=bucket,
    )


def bucket_of(word: str, reading: Reading, path: str) -> inventory.Account.ValueType:
    """Raises DocumentFault where the profile says what is no stock."""
    return named_bucket(reading.word("buckets", word, BUCKETS, STOCK), path)


def named_bucket(name: str, path: str) -> inventory.Account.ValueType:
    if name not in STOCK:
        raise DocumentFault(path, f"the profile's mapping says {name!r}, which is none of {', '.join(STOCK)}")
    return inventory.Account.Value(f"ACCOUNT_{name}")


def reason_of(word: str, reading: Reading) -> str:
    return reading.word("reasons", word, REASONS, tuple(REASONS.values()))[:32]


COUNT_MAPPING = Inbound("wms_a.count", read_count)
ADJUSTMENT_MAPPING = Inbound("wms_a.adjustment", read_adjustment)
STATEMENT_MAPPING = Inbound("wms_a.stock_statement", read_statement)
