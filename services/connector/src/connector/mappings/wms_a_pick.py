"""wms_a.pick, in: what a warehouse picked for released orders, and what it did not find."""

from __future__ import annotations

from crossdock.fulfillment.v1 import warehouse_service_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.warehouse_lines import report_keys, reported_line


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("PICK",))
    number = document.text("pickNumber", longest=64)
    lines = [reported_line(each, reading) for each in document.objects("lines")]
    if not lines:
        raise document.fault("lines", "a pick has at least one line")
    picked_at = document.instant("pickedAt")
    request = warehouse_service_pb2.RecordPickRequest(
        origin=reading.origin(occurred_at=picked_at),
        business_unit=reading.partner.business_unit,
        number=number,
        location_id=reading.codes.location(document.text("warehouse", longest=80)),
        picked_at=canonical.stamp(picked_at),
        lines=lines,
    )
    return Command(request, (), report_keys("pick", number, (each.order_number for each in lines)), len(lines))


MAPPING = Inbound("wms_a.pick", read)
