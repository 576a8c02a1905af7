"""csv.stock_statement, csv.stock_count, in: what a warehouse holds or has counted, a line of a file per item and state.

The columns are `sku` and `quantity`, and where a file has them `lot`, `condition`, `unit`, `warehouse`, `number` and
`as_of`; the profile's mapping says where each stands ("columns"), and what holds for the whole file where no column
says it ("warehouse", "unit", "condition"). An instant without a zone is one of the mapping's "zone", written as
"instants" says (a pattern of strptime) or in ISO 8601; a file that says of no time is refused rather than guessed.
"number" is the file's name where no column has it. A wrong line refuses the file, and each of them is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control

from connector.codecs.csv_document import Sheet
from connector.codecs.json_document import DocumentFault, JsonObject
from connector.mappings import canonical
from connector.mappings.carrier_updates import at_zone
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.stock_parts import reported, stated
from connector.mappings.wms_a_stock import COUNT, bucket_of

GOOD = "OK"


def read_statement(sheet: Sheet, reading: Reading) -> Command:
    """ "speaksOf" of the mapping names the conditions that it covers, which are those of its lines if it names none;
    "complete" says that of what it does not name there is nothing."""
    lines = sheet.read(lambda row: _stated(row, reading))
    number, place, as_of = _head(sheet, reading)
    request = control.RecordStatementRequest(
        origin=reading.origin(occurred_at=as_of),
        number=number,
        location_id=reading.codes.location(place),
        business_unit=reading.partner.business_unit,
        as_of=canonical.stamp(as_of),
        buckets=sorted(_covered(reading) or {line.bucket for line in lines}),
        complete=reading.partner.options.get("complete") is True,
    )
    return stated(request, lines, "lines")


def read_count(sheet: Sheet, reading: Reading) -> Command:
    lines = sheet.read(lambda row: _counted(row, reading))
    number, place, found_at = _head(sheet, reading)
    request = control.RecordStockReportRequest(
        origin=reading.origin(occurred_at=found_at),
        number=number,
        location_id=reading.codes.location(place),
        business_unit=reading.partner.business_unit,
        found_at=canonical.stamp(found_at),
    )
    return reported(request, lines, "lines")


def _head(sheet: Sheet, reading: Reading) -> tuple[str, str, datetime]:
    """Number, place and instant, which all lines have in common."""
    number = sheet.same("number", lambda row: row.optional_text("number", longest=64)) or reading.document
    place = sheet.same("warehouse", lambda row: _said(row, "warehouse", reading))
    if not place:
        raise DocumentFault("warehouse", "neither a column nor the profile's mapping says where it is")
    return number[:64], place, sheet.same("as_of", lambda row: _instant(row, reading))


def _instant(row: JsonObject, reading: Reading) -> datetime:
    text, pattern = row.text("as_of", longest=64), reading.partner.options.get("instants")
    try:
        # Without a zone it is one of the profile's, below.
        found = datetime.strptime(text, pattern) if isinstance(pattern, str) else datetime.fromisoformat(text)  # noqa: DTZ007
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise row.fault("as_of", f"{text!r} is no instant as the profile's mapping writes them") from error
    zone = reading.partner.options.get("zone")
    if not isinstance(zone, str):
        raise row.fault("as_of", "a local time: the profile's mapping names no zone for it")
    return at_zone(found, zone, f"{row.path}.as_of")


def _stated(row: JsonObject, reading: Reading) -> control.StatedStock:
    sku, lot, bucket = _stock(row, reading)
    return control.StatedStock(sku=sku, lot=lot, bucket=bucket, quantity=_quantity(row, sku, reading))


def _counted(row: JsonObject, reading: Reading) -> control.ReportedStock:
    sku, lot, bucket = _stock(row, reading)
    counted = _quantity(row, sku, reading)
    return control.ReportedStock(sku=sku, lot=lot, bucket=bucket, counted=counted, reason=COUNT)


def _stock(row: JsonObject, reading: Reading) -> tuple[str, str, inventory.Account.ValueType]:
    bucket = bucket_of(_said(row, "condition", reading) or GOOD, reading, f"{row.path}.condition")
    return reading.codes.item(row.text("sku", longest=80)), row.optional_text("lot", longest=64), bucket


def _covered(reading: Reading) -> set[inventory.Account.ValueType]:
    named = reading.partner.options.get("speaksOf", ())
    words = named if isinstance(named, Sequence) and not isinstance(named, str) else ()
    return {bucket_of(str(word), reading, "mapping.speaksOf") for word in words}


def _quantity(row: JsonObject, sku: str, reading: Reading) -> values_pb2.Quantity:
    """In the line's unit, the profile's for all lines, or the item's own. Less than nothing is no stock."""
    word = _said(row, "unit", reading)
    unit = reading.codes.unit(word) if word else reading.codes.packing(sku).base_unit if sku else ""
    amount = _number(row, "quantity", reading)
    if amount < 0:
        raise row.fault("quantity", f"{amount} is less than nothing")
    return canonical.quantity(amount, unit, path=f"{row.path}.quantity")


def _number(row: JsonObject, name: str, reading: Reading) -> Decimal:
    """With the profile's decimal mark; thousands are not parted, because 1.234 is read in two ways."""
    text = row.text(name, longest=40)
    if reading.partner.options.get("decimal") == ",":
        text = text.replace(".", "?").replace(",", ".")
    return JsonObject({name: text}, row.path).decimal(name)


def _said(row: JsonObject, name: str, reading: Reading) -> str:
    """What the line says, or else the profile's mapping of all lines."""
    found, of_all = row.optional_text(name, longest=80), reading.partner.options.get(name)
    return found or (of_all if isinstance(of_all, str) else "")


COUNT_MAPPING = Inbound("csv.stock_count", read_count)
STATEMENT_MAPPING = Inbound("csv.stock_statement", read_statement)
