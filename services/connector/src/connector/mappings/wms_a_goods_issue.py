"""wms_a.goods_issue, in: what was handed over at a dock, as a 945 says it."""

from __future__ import annotations

from crossdock.fulfillment.v1 import warehouse_service_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.warehouse_lines import report_keys, reported_line


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("GOODS_ISSUE",))
    number = document.text("issueNumber", longest=64)
    lines = [reported_line(each, reading) for each in document.objects("lines")]
    if not lines:
        raise document.fault("lines", "a goods issue has at least one line")
    issued_at = document.instant("issuedAt")
    found = [
        canonical.sscc(each.text("sscc", longest=80), f"{each.path}.sscc") for each in document.objects("packages")
    ]
    request = warehouse_service_pb2.RecordGoodsIssueRequest(
        origin=reading.origin(occurred_at=issued_at),
        business_unit=reading.partner.business_unit,
        number=number,
        shipment_number=document.text("shipment", longest=64),
        location_id=reading.codes.location(document.text("warehouse", longest=80)),
        issued_at=canonical.stamp(issued_at),
        lines=lines,
        ssccs=[sscc for sscc, _ in found if sscc],
        carrier=document.optional_text("carrier", longest=64),
        tracking_number=document.optional_text("tracking", longest=64),
    )
    keys = report_keys("goods_issue", number, (each.order_number for each in lines))
    findings = tuple(finding for _, of in found for finding in of)
    return Command(request, (), (*keys, f"shipment:{request.shipment_number}"), len(lines), findings=findings)


MAPPING = Inbound("wms_a.goods_issue", read)
