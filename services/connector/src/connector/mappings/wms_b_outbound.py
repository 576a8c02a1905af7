"""wms_b.pick, wms_b.packing, wms_b.goods_issue and wms_b.recall_result, in: what a warehouse of format B did with what
was released to it. The same facts as format A, in its words: a head, and goods in cases and loose units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from crossdock.fulfillment.v1 import warehouse_pb2, warehouse_service_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.warehouse_lines import report_keys
from connector.mappings.wms_b_lines import amounts, batch, happened

PACKAGINGS = {"C": "XCT", "P": "XPX", "B": "XBX"}
KILOGRAM = "KGM"


def read_pick(document: JsonObject, reading: Reading) -> Command:
    head, lines = document.object("picked"), list(_reported(document.objects("goods"), reading, "missing"))
    _some(lines, document, "goods")
    said, at = _head(head, reading)
    request = warehouse_service_pb2.RecordPickRequest(**said, picked_at=canonical.stamp(at), lines=lines)
    return Command(request, (), report_keys("pick", request.number, _orders(lines)), len(lines))


def read_packing(document: JsonObject, reading: Reading) -> Command:
    findings: list[tuple[str, str]] = []
    packages = [_package(each, reading, findings) for each in document.objects("parcels")]
    _some(packages, document, "parcels")
    said, at = _head(document.object("packed"), reading)
    request = warehouse_service_pb2.RecordPackingRequest(**said, packed_at=canonical.stamp(at), packages=packages)
    lines = [line for each in packages for line in each.contents]
    keys = report_keys("shipment", request.number, _orders(lines))
    return Command(request, (), keys, len(lines), findings=tuple(findings))


def read_goods_issue(document: JsonObject, reading: Reading) -> Command:
    head, lines = document.object("left"), list(_reported(document.objects("goods"), reading))
    _some(lines, document, "goods")
    said, at = _head(head, reading)
    boxes = [canonical.sscc(each.text("box", longest=80), f"{each.path}.box") for each in document.objects("parcels")]
    request = warehouse_service_pb2.RecordGoodsIssueRequest(
        **said,
        shipment_number=head.text("shipment", longest=64),
        issued_at=canonical.stamp(at),
        lines=lines,
        ssccs=[box for box, _ in boxes if box],
        carrier=head.optional_text("carrier", longest=64),
        tracking_number=head.optional_text("track", longest=64),
    )
    keys = report_keys("goods_issue", request.number, _orders(lines))
    findings = tuple(finding for _, of in boxes for finding in of)
    return Command(request, (), (*keys, f"shipment:{request.shipment_number}"), len(lines), findings=findings)


def read_recall(document: JsonObject, reading: Reading) -> Command:
    lines = [line for each in document.objects("goods") for line in _recalled(each, reading)]
    _some(lines, document, "goods")
    said, at = _head(document.object("recalled"), reading)
    request = warehouse_service_pb2.RecordRecallRequest(**said, answered_at=canonical.stamp(at), lines=lines)
    return Command(request, (), report_keys("recall", request.number, _orders(lines)), len(lines))


def _head(head: JsonObject, reading: Reading) -> tuple[dict[str, Any], datetime]:
    """What every report says alike, and when it happened."""
    at = happened(head)
    said = {
        "origin": reading.origin(occurred_at=at),
        "business_unit": reading.partner.business_unit,
        "number": head.text("no", longest=64),
        "location_id": reading.codes.location(head.text("site", longest=80)),
    }
    return said, at


def _some(found: list[Any], document: JsonObject, name: str) -> None:
    if not found:
        raise document.fault(name, "is empty")


def _named(goods: JsonObject, reading: Reading) -> dict[str, Any]:
    return {
        "order_id": goods.optional_text("ref", longest=64),
        "order_number": goods.text("order", longest=64),
        "line_number": goods.text("line", longest=32),
        "sku": reading.codes.item(goods.text("article", longest=80)),
    }


def _reported(
    rows: Iterable[JsonObject], reading: Reading, missing: str = ""
) -> Iterator[warehouse_service_pb2.ReportedLine]:
    for goods in rows:
        named = _named(goods, reading)
        for unit, (count, *short) in amounts(goods, reading, named["sku"], "count", *([missing] if missing else [])):
            line = warehouse_service_pb2.ReportedLine(
                **named, quantity=canonical.quantity(count, unit, path=f"{goods.path}.count"), lot=batch(goods)
            )
            if short and short[0]:
                line.short.CopyFrom(canonical.quantity(short[0], unit, path=f"{goods.path}.{missing}"))
            yield line


def _recalled(goods: JsonObject, reading: Reading) -> Iterator[warehouse_service_pb2.RecalledLine]:
    named = _named(goods, reading)
    for unit, (stopped, late) in amounts(goods, reading, named["sku"], "stopped", "late"):
        line = warehouse_service_pb2.RecalledLine(
            **named, stopped=canonical.quantity(stopped, unit, path=f"{goods.path}.stopped"), lot=batch(goods)
        )
        if late:
            line.too_late.CopyFrom(canonical.quantity(late, unit, path=f"{goods.path}.late"))
        yield line


def _package(parcel: JsonObject, reading: Reading, findings: list[tuple[str, str]]) -> warehouse_pb2.Package:
    box, found = canonical.sscc(parcel.text("box", longest=80), f"{parcel.path}.box")
    findings.extend(found)
    packagings = reading.partner.table("packagings", PACKAGINGS)
    made = warehouse_pb2.Package(sscc=box, packaging=packagings.get(parcel.optional_text("kind", longest=80), "")[:3])
    if parcel.has("grams"):
        weight = parcel.decimal("grams") * Decimal("0.001")
        made.gross_weight.CopyFrom(canonical.quantity(weight, KILOGRAM, path=f"{parcel.path}.grams"))
    for said in _reported(parcel.objects("goods"), reading):
        made.contents.add(
            order_id=said.order_id,
            order_number=said.order_number,
            line_number=said.line_number,
            sku=said.sku,
            quantity=said.quantity,
            lot=said.lot if said.HasField("lot") else None,
        )
    if not made.contents:
        raise parcel.fault("goods", "a package holds at least one line")
    return made


def _orders(lines: Iterable[Any]) -> Iterator[str]:
    return (each.order_number for each in lines)


PICK = Inbound("wms_b.pick", read_pick)
PACKING = Inbound("wms_b.packing", read_packing)
GOODS_ISSUE = Inbound("wms_b.goods_issue", read_goods_issue)
RECALL_RESULT = Inbound("wms_b.recall_result", read_recall)
