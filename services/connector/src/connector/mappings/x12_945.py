"""x12.945, in: what a warehouse handed over of a release, whole or in part; one 940 may be answered by several.

What W1204 says is missing is no word that it never comes: it stays released until another 945, the warehouse's own
word, or its deadline. A 945 that ships nothing and says of its lines that they are cancelled answers a recall (940 with
W0501 F): what W1202 ordered is stopped.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossdock.fulfillment.v1 import warehouse_service_pb2
from crossdock_edi.x12.parts import Note
from crossdock_edi.x12.warehouse_shipment import ShippedItem, WarehouseShippingAdvice

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings import x12_order_parts as order_parts
from connector.mappings import x12_warehouse_parts as parts
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.warehouse_lines import report_keys

CANCELLED = frozenset({"CK", "CU", "DE", "IC"})
"""Of element 368: cancelled from a previous order, cancelled line, deleted order, cancelled item."""
PACKAGE = frozenset({"GM", "AA"})


def read(document: WarehouseShippingAdvice, reading: Reading) -> Command:
    number = (document.shipment or document.agent_shipment).strip()
    if not number:
        raise DocumentFault("W0604", "the shipment has no number")
    lines = list(_lines(document, reading))
    if not lines:
        return _recalled(number, document, reading)
    issued_at = parts.instant_of(document.shipped_on, document.dates, reading, "W0603")
    ssccs, findings = _packages(document)
    request = warehouse_service_pb2.RecordGoodsIssueRequest(
        origin=reading.origin(occurred_at=issued_at),
        business_unit=reading.partner.business_unit,
        number=number[:64],
        shipment_number=(parts.note_of(document.notes, parts.BILL_OF_LADING) or number)[:64],
        location_id=parts.location_of(document.parties, reading),
        issued_at=canonical.stamp(issued_at),
        lines=lines,
        ssccs=ssccs,
        carrier=(document.carrier or document.routing)[:64],
        tracking_number=parts.note_of(document.notes, parts.TRACKING, parts.CARRIERS_NUMBER)[:64],
    )
    keys = report_keys("goods_issue", request.number, (each.order_number for each in lines))
    return Command(request, (), (*keys, f"shipment:{request.shipment_number}"), len(lines), findings=findings)


def _recalled(number: str, document: WarehouseShippingAdvice, reading: Reading) -> Command:
    lines = list(_stopped(document, reading))
    if not lines:
        raise DocumentFault("W12", "nothing was shipped")
    answered_at = parts.instant_of(document.shipped_on, document.dates, reading, "W0603")
    request = warehouse_service_pb2.RecordRecallRequest(
        origin=reading.origin(occurred_at=answered_at),
        business_unit=reading.partner.business_unit,
        number=number[:64],
        location_id=parts.location_of(document.parties, reading),
        answered_at=canonical.stamp(answered_at),
        lines=lines,
    )
    keys = report_keys("recall", request.number, (each.order_number for each in lines))
    return Command(request, (), keys, len(lines))


def _stopped(document: WarehouseShippingAdvice, reading: Reading) -> Iterator[warehouse_service_pb2.RecalledLine]:
    order_number, order_id = _order(document)
    for path, item in _items(document):
        if item.status in CANCELLED:
            stopped = parts.amount(item.ordered, f"{path}, W1202")
            yield warehouse_service_pb2.RecalledLine(
                order_id=order_id,
                order_number=order_number,
                line_number=_line_number(item, path),
                sku=order_parts.resolved_item(item.item_ids, reading.codes, required=True),
                stopped=canonical.quantity(stopped, reading.codes.unit(item.unit), path=path),
            )


def _items(document: WarehouseShippingAdvice) -> Iterator[tuple[str, ShippedItem]]:
    """Each with where it stands."""
    for package in document.packages:
        for position, item in enumerate(package.items, start=1):
            yield f"W12 {position} of LX {package.line}", item


def _line_number(item: ShippedItem, path: str) -> str:
    return parts.required_note(item.notes, parts.LINE, path, "our line number")[:32]


def _lines(document: WarehouseShippingAdvice, reading: Reading) -> Iterator[warehouse_service_pb2.ReportedLine]:
    order_number, order_id = _order(document)
    for path, item in _items(document):
        if shipped := parts.amount(item.shipped, path):
            yield warehouse_service_pb2.ReportedLine(
                order_id=order_id,
                order_number=order_number,
                line_number=_line_number(item, path),
                sku=order_parts.resolved_item(item.item_ids, reading.codes, required=True),
                quantity=canonical.quantity(shipped, reading.codes.unit(item.unit), path=path),
                lot=canonical.lot(_lot(item), None, None),
                serials=parts.serials_of(item.notes, path),
            )


def _lot(item: ShippedItem) -> str:
    return (item.lot or parts.note_of(item.notes, parts.LOT))[:64]


def _order(document: WarehouseShippingAdvice) -> tuple[str, str]:
    """Number and our id of the order: as the 940 said them, else what the number of its release begins with."""
    echoed: Note | None = next((each for each in document.notes if each.qualifier == parts.ORDER), None)
    if echoed and echoed.reference:
        return echoed.reference.strip()[:64], echoed.description.strip()[:64]
    release = document.depositor_order.strip()
    number = release.rpartition("/")[0] or release or document.order_number.strip()
    if not number:
        raise DocumentFault("W0602", "no order is named")
    return number[:64], ""


def _packages(document: WarehouseShippingAdvice) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    marks = [
        (mark.number, f"MAN of LX {each.line}")
        for each in document.packages
        for mark in each.marks
        if mark.qualifier in PACKAGE and mark.number
    ]
    read_marks = [canonical.sscc(_without_identifier(number), path) for number, path in marks]
    ssccs = list(dict.fromkeys(sscc for sscc, _ in read_marks if sscc))
    return ssccs, tuple(finding for _, found in read_marks for finding in found)


def _without_identifier(number: str) -> str:
    """The 18 digits, without the application identifier 00 that may stand before them."""
    return number[2:] if len(number) == 20 and number.startswith("00") else number


MAPPING = Inbound("x12.945", read)
