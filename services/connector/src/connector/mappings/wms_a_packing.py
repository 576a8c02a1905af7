"""wms_a.packing, in: the packages of a shipment and what lies in each."""

from __future__ import annotations

from crossdock.fulfillment.v1 import warehouse_pb2, warehouse_service_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.warehouse_lines import report_keys, reported_line

PACKAGINGS = {"CARTON": "XCT", "PALLET": "XPX", "BOX": "XBX"}
KILOGRAM = "KGM"


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("PACKING",))
    number = document.text("shipment", longest=64)
    findings: list[tuple[str, str]] = []
    packages = [_package(each, reading, findings) for each in document.objects("packages")]
    if not packages:
        raise document.fault("packages", "a shipment has at least one package")
    packed_at = document.instant("packedAt")
    request = warehouse_service_pb2.RecordPackingRequest(
        origin=reading.origin(occurred_at=packed_at),
        business_unit=reading.partner.business_unit,
        number=number,
        location_id=reading.codes.location(document.text("warehouse", longest=80)),
        packed_at=canonical.stamp(packed_at),
        packages=packages,
    )
    lines = [line for each in packages for line in each.contents]
    keys = report_keys("shipment", number, (each.order_number for each in lines))
    return Command(request, (), keys, len(lines), findings=tuple(findings))


def _package(package: JsonObject, reading: Reading, findings: list[tuple[str, str]]) -> warehouse_pb2.Package:
    sscc, found = canonical.sscc(package.text("sscc", longest=80), f"{package.path}.sscc")
    findings.extend(found)
    packagings = reading.partner.table("packagings", PACKAGINGS)
    made = warehouse_pb2.Package(sscc=sscc, packaging=packagings.get(package.optional_text("kind", longest=80), "")[:3])
    if package.has("weightKg"):
        weight = package.decimal("weightKg")
        made.gross_weight.CopyFrom(canonical.quantity(weight, KILOGRAM, path=f"{package.path}.weightKg"))
    made.contents.extend(_content(each, reading) for each in package.objects("contents"))
    if not made.contents:
        raise package.fault("contents", "a package holds at least one line")
    return made


def _content(line: JsonObject, reading: Reading) -> warehouse_pb2.PackedLine:
    said = reported_line(line, reading)
    return warehouse_pb2.PackedLine(
        order_id=said.order_id,
        order_number=said.order_number,
        line_number=said.line_number,
        sku=said.sku,
        quantity=said.quantity,
        lot=said.lot if said.HasField("lot") else None,
    )


MAPPING = Inbound("wms_a.packing", read)
