"""wms_a.recall_result, in: what a warehouse has stopped of what was asked back, and for what it was too late."""

from __future__ import annotations

from crossdock.fulfillment.v1 import warehouse_service_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.warehouse_lines import lot_of, report_keys


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("PICK_RECALL_RESULT",))
    number = document.text("recallNumber", longest=64)
    lines = [_line(each, reading) for each in document.objects("lines")]
    if not lines:
        raise document.fault("lines", "the answer to a recall has at least one line")
    answered_at = document.instant("answeredAt")
    request = warehouse_service_pb2.RecordRecallRequest(
        origin=reading.origin(occurred_at=answered_at),
        business_unit=reading.partner.business_unit,
        number=number,
        location_id=reading.codes.location(document.text("warehouse", longest=80)),
        answered_at=canonical.stamp(answered_at),
        lines=lines,
    )
    return Command(request, (), report_keys("recall", number, (each.order_number for each in lines)), len(lines))


def _line(line: JsonObject, reading: Reading) -> warehouse_service_pb2.RecalledLine:
    codes = reading.codes
    unit = codes.unit(line.text("uom", longest=80))
    read_line = warehouse_service_pb2.RecalledLine(
        order_id=line.optional_text("orderRef", longest=64),
        order_number=line.text("order", longest=64),
        line_number=line.text("orderLine", longest=32),
        sku=codes.item(line.text("sku", longest=80)),
        stopped=canonical.quantity(line.decimal("stopped"), unit, path=f"{line.path}.stopped"),
        lot=lot_of(line),
        serials=canonical.serials(line),
    )
    if line.has("tooLate"):
        read_line.too_late.CopyFrom(canonical.quantity(line.decimal("tooLate"), unit, path=f"{line.path}.tooLate"))
    return read_line


MAPPING = Inbound("wms_a.recall_result", read)
