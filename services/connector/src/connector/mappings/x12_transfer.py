"""A transfer between our own places on X12: a 943 says that goods left, to us or to the warehouse that expects them; a
944 that repeats its number under N9 TN says what came.

The number stands in N903 in full and in N902 as far as it has room there, because other numbers of the sets are short.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from crossdock.inventory.events.v1 import events_pb2
from crossdock.inventory.v1 import stock_transfer_pb2 as pb
from crossdock_edi.x12.freight import Instant, WarehouseParty
from crossdock_edi.x12.parts import ItemId, Note
from crossdock_edi.x12.stock_transfer import StockTransferShipment, TransferItem

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical, transfers
from connector.mappings import x12_order_parts as order_parts
from connector.mappings import x12_warehouse_parts as parts
from connector.mappings.model import Codes, Command, Reading, Writing

TRANSFER = "TN"
SHIP_FROM, SHIP_TO = "SF", "ST"
ORIGINAL, NEW, WITHDRAWN, EXPECTED, OWNERS_ITEM = "J", "1", "3", "17", "VN"
LONGEST_REFERENCE = 30
MOST_TRANSIT_DAYS = 365


def transfer_of(notes: Iterable[Note]) -> str:
    """The transfer's number; empty where the document is about none."""
    found = next((each for each in notes if each.qualifier == TRANSFER), None)
    return (found.description.strip() or found.reference.strip())[:64] if found else ""


def write(event: events_pb2.StockTransferSent, writing: Writing) -> StockTransferShipment:
    transfer, codes = event.transfer, writing.codes
    day = canonical.from_day(transfer.expected_on)
    number = transfer.number
    return StockTransferShipment(
        reporting=ORIGINAL,
        depositor_order=number if len(number) <= parts.LONGEST_ORDER else parts.digest(number),
        shipped_on=canonical.from_stamp(transfer.sent_at).date(),
        action=NEW,
        parties=(
            parts.at_warehouse(transfer.to_location_id, codes),
            _party(SHIP_FROM, transfer.from_location_id, codes),
        ),
        notes=(Note(qualifier=TRANSFER, reference=number[:LONGEST_REFERENCE], description=number),),
        dates=(Instant(qualifier=EXPECTED, on=day),) if day else (),
        items=tuple(_item(each, writing) for each in event.parts),
        total_quantity=sum((Decimal(each.quantity.value) for each in event.parts), Decimal()),
    )


def _party(role: str, location_id: str, codes: Codes) -> WarehouseParty:
    return WarehouseParty(role=role, id_qualifier="92", id=codes.location_code(location_id))


def _item(part: pb.TransferredStock, writing: Writing) -> TransferItem:
    said = ((parts.LOT, part.lot), *((parts.SERIAL, each) for each in part.serials))
    return TransferItem(
        quantity=Decimal(part.quantity.value),
        unit=writing.codes.unit_code(part.quantity.unit),
        item_ids=(ItemId(OWNERS_ITEM, writing.codes.item_code(part.sku)),),
        notes=tuple(Note(qualifier=name, reference=value) for name, value in said if value),
    )


def read(document: StockTransferShipment, reading: Reading) -> Command:
    """The day by which it is there stands under G62 17, or is `transit_days` of the profile behind the day on which it
    left. What has left cannot be withdrawn."""
    if document.action == WITHDRAWN:
        raise DocumentFault("W0612", "what has left cannot be withdrawn; it is received, or missing")
    number = transfer_of(document.notes) or document.depositor_order.strip()
    if not number:
        raise DocumentFault("W0602", f"no transfer is named, here or under N9 {TRANSFER}")
    sent_at = parts.instant_of(document.shipped_on, document.dates, reading, "W0603")
    there = next((each for each in document.parties if each.role == SHIP_TO and each.id), None)
    if there is None:
        raise DocumentFault("N104", f"no place that it goes to is named under {SHIP_TO}")
    request = pb.SendTransferRequest(
        origin=reading.origin(occurred_at=sent_at),
        number=number[:64],
        business_unit=reading.partner.business_unit,
        from_location_id=parts.location_of(document.parties, reading),
        to_location_id=reading.codes.location(there.id, there.id_qualifier),
        sent_at=canonical.stamp(sent_at),
        expected_on=canonical.to_day(_expected(document, reading)),
        lines=[_part(f"W04 {place}", item, reading) for place, item in enumerate(document.items, 1)],
    )
    return transfers.sent(request)


def _expected(document: StockTransferShipment, reading: Reading) -> date:
    said = next((each.on for each in document.dates if each.qualifier == EXPECTED and each.on), None)
    days = reading.partner.options.get("transit_days")
    if said is None and isinstance(days, int) and 0 <= days <= MOST_TRANSIT_DAYS and document.shipped_on is not None:
        said = date.fromordinal(min(document.shipped_on.toordinal() + days, date.max.toordinal()))
    if said is None:
        raise DocumentFault("G6202", f"the day by which it is there is missing: it stands under {EXPECTED}")
    return said


def _part(path: str, item: TransferItem, reading: Reading) -> pb.TransferredStock:
    return pb.TransferredStock(
        sku=order_parts.resolved_item(item.item_ids, reading.codes, required=True),
        lot=parts.note_of(item.notes, parts.LOT)[:64],
        quantity=canonical.quantity(parts.amount(item.quantity, path), reading.codes.unit(item.unit), path=path),
        serials=parts.serials_of(item.notes, path),
    )
