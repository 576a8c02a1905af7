"""x12.856, in: the supplier announces a shipment. The HL tree is read by parent, whatever the order of its levels."""

from __future__ import annotations

from datetime import UTC, datetime, time

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_edi.x12.parts import date_of
from crossdock_edi.x12.ship_notice import Level, ShipLine, ShipNotice

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings import x12_order_parts as parts
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.ship_notices import notice_keys, notice_orders
from connector.mappings.x12_answers import sequence

PURPOSES = {
    "00": procurement.NOTICE_PURPOSE_ORIGINAL,
    "07": procurement.NOTICE_PURPOSE_ORIGINAL,
    "01": procurement.NOTICE_PURPOSE_CANCEL,
    "03": procurement.NOTICE_PURPOSE_CANCEL,
    "04": procurement.NOTICE_PURPOSE_REPLACE,
    "05": procurement.NOTICE_PURPOSE_REPLACE,
}
EXPIRES, MADE = ("036", "208"), ("405", "094")


def read(document: ShipNotice, reading: Reading) -> Command:
    if cyclic := document.in_cycles():
        raise DocumentFault(f"HL {cyclic[0].id}", "is its own ancestor")
    number = document.shipment[:64]
    if not number:
        raise DocumentFault("BSN02", "the number of the ship notice is missing")
    purpose = PURPOSES.get(document.purpose, procurement.NOTICE_PURPOSE_ORIGINAL)
    lines = [_line(position, line, reading) for position, line in enumerate(document.ship_lines(), start=1)]
    if not lines and purpose != procurement.NOTICE_PURPOSE_CANCEL:
        raise DocumentFault("HL", "no item level: nothing is shipped")
    shipped_at = _shipped_at(document)
    expected = document.date("017", "067", "002")
    request = procurement.RecordShipNoticeRequest(
        origin=reading.origin(),
        purpose=purpose,
        number=number,
        supplier_id=reading.partner.party_id,
        ship_to_id=_ship_to(document, reading),
        shipped_at=canonical.stamp(shipped_at),
        expected_on=canonical.to_day(expected.on if expected else None),
        carrier=_carrier(document)[:80],
        bill_of_lading=document.reference("BM")[:64],
        carrier_reference=document.reference("CN")[:64],
        lines=lines,
    )
    findings = tuple(found for level in document.levels for found in _wrong_sscc(level))
    return Command(request, notice_orders(lines), notice_keys(number, lines), len(lines), findings=findings)


def _shipped_at(document: ShipNotice) -> datetime | None:
    """Local times of the partner are read as UTC unless it says otherwise; a day without a time begins at midnight."""
    found = document.date("011")
    if found and found.on:
        return datetime.combine(found.on, found.at or time(), UTC)
    if document.created_on:
        return datetime.combine(document.created_on, document.created_at or time(), UTC)
    return None


def _ship_to(document: ShipNotice, reading: Reading) -> str:
    found = document.party("ST")
    if found is None or not found.id:
        return ""
    return reading.codes.location(found.id, found.id_qualifier)


def _carrier(document: ShipNotice) -> str:
    level = document.shipment_level
    return next((each.id or each.routing for each in level.carriers), "") if level else ""


def _wrong_sscc(level: Level) -> tuple[tuple[str, str], ...]:
    return canonical.sscc(level.sscc, f"MAN02 of HL {level.id}")[1]


def _line(position: int, line: ShipLine, reading: Reading) -> inbound_pb2.ShipNoticeLine:
    if line.quantity is None or not line.unit:
        raise DocumentFault(f"SN1 of HL {line.level.id}", "quantity or unit is missing")
    number = line.order_line
    sku = parts.resolved_item(line.item_ids, reading.codes, required=False)
    return inbound_pb2.ShipNoticeLine(
        line_id=str(position),
        purchase_order_number=line.order_number[:64],
        line_number=number[:32],
        sku=sku,
        supplier_item=line.item_id(*parts.SUPPLIER_ITEM)[:80],
        shipped=canonical.quantity(line.quantity, reading.codes.unit(line.unit), path=f"SN102 of HL {line.level.id}"),
        lot=_lot(line),
        pallet_sscc=canonical.sscc(line.pallet_sscc, "")[0],
        carton_sscc=canonical.sscc(line.carton_sscc, "")[0],
        packed_on_revision=sequence(line.change_sequence, reading) or 0,
        serials=canonical.bounded_serials(list(line.level.serials), f"HL {line.level.id}"),
    )


def _lot(line: ShipLine) -> values_pb2.Lot | None:
    expires, made = date_of(line.level.dates, *EXPIRES), date_of(line.level.dates, *MADE)
    return canonical.lot(line.lot[:64], expires.on if expires else None, made.on if made else None)


MAPPING = Inbound("x12.856", read)
