"""wms_a.put_away, wms_a.quality_hold, in: goods that stay, and were put away, held back, released or rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from crossdock.inventory.v1 import stock_move_pb2 as moves

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading

_PUT_AWAYS: Mapping[str, moves.StockMoveKind.ValueType] = {
    "DONE": moves.STOCK_MOVE_KIND_PUT_AWAY,
    "UNDONE": moves.STOCK_MOVE_KIND_PUT_AWAY_TAKEN_BACK,
}
_DECISIONS: Mapping[str, moves.StockMoveKind.ValueType] = {
    "HOLD": moves.STOCK_MOVE_KIND_HOLD_PLACED,
    "RELEASE": moves.STOCK_MOVE_KIND_HOLD_RELEASED,
    "REJECT": moves.STOCK_MOVE_KIND_HOLD_REJECTED,
}

ReadLine = Callable[[JsonObject, Reading], moves.MovedStock]


def read_put_away(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("PUT_AWAY",))
    return _report(document, reading, document.instant("completedAt"), _put_away)


def read_quality_hold(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("QUALITY_HOLD",))
    return _report(document, reading, document.instant("decidedAt"), _decided)


def _report(document: JsonObject, reading: Reading, moved_at: datetime, read_line: ReadLine) -> Command:
    number = document.text("number", longest=64)
    lines = [read_line(each, reading) for each in document.objects("lines")]
    if not lines:
        raise document.fault("lines", "a report has at least one line")
    request = moves.RecordStockMovesRequest(
        origin=reading.origin(occurred_at=moved_at),
        number=number,
        location_id=reading.codes.location(document.text("warehouse", longest=80)),
        business_unit=reading.partner.business_unit,
        moved_at=canonical.stamp(moved_at),
        lines=lines,
    )
    keys = (f"stock_move:{number}", *dict.fromkeys(f"sku:{line.sku}" for line in lines))
    return Command(request, (), keys, len(lines))


def _put_away(line: JsonObject, reading: Reading) -> moves.MovedStock:
    """`status`: DONE if it is not said, UNDONE for one that was reported wrongly."""
    found = _stock(line, reading)
    found.kind = _PUT_AWAYS[line.one_of("status", tuple(_PUT_AWAYS), default="DONE")]
    return found


def _decided(line: JsonObject, reading: Reading) -> moves.MovedStock:
    found = _stock(line, reading)
    found.kind = _DECISIONS[line.one_of("decision", tuple(_DECISIONS))]
    found.reason = line.text("reason", longest=64)
    found.shelved = line.boolean("shelved")
    return found


def _stock(line: JsonObject, reading: Reading) -> moves.MovedStock:
    unit = reading.codes.unit(line.text("uom", longest=80))
    return moves.MovedStock(
        sku=reading.codes.item(line.text("sku", longest=80)),
        lot=line.optional_text("lot", longest=64),
        quantity=canonical.quantity(line.decimal("qty"), unit, path=f"{line.path}.qty"),
        serials=canonical.serials(line),
    )


PUT_AWAY_MAPPING = Inbound("wms_a.put_away", read_put_away)
QUALITY_HOLD_MAPPING = Inbound("wms_a.quality_hold", read_quality_hold)
