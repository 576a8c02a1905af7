"""x12.944, in: what a warehouse received, with what is wrong about some of it.

W0701 is all that arrived of an item; each exception (W13) takes its part of that for another condition, as catalog's
code list or the profile's table says ("conditions"), or only speaks of what did not arrive or came beyond the notice
(NOT_THERE), which takes nothing. A W1303 that nobody knows is waited for: goods of an unknown condition are not sold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from crossdock.inventory.v1 import stock_transfer_pb2 as pb
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_edi.x12.stock_transfer import ReceivedItem, StockTransferReceipt

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical, transfers, x12_transfer
from connector.mappings import x12_order_parts as order_parts
from connector.mappings import x12_warehouse_parts as parts
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.receipts import CONDITIONS, GOOD, named_condition, receipt_keys, receipt_orders
from connector.mappings.transfers import Arrived, Receipt

NOT_THERE = "NOT_THERE"
EXCEPTIONS = {"01": "DAMAGED", "07": "HOLD", "02": NOT_THERE, "03": NOT_THERE}
FULL = frozenset({"F", "N"})


def read(document: StockTransferReceipt, reading: Reading) -> Command:
    if transfer := x12_transfer.transfer_of(document.notes):
        return _transferred(transfer, document, reading)
    lines = [line for place, item in enumerate(document.items, 1) for line in _lines(place, item, document, reading)]
    if not lines:
        raise DocumentFault("W07", "nothing was received")
    received_at = parts.instant_of(document.received_on, document.dates, reading, "W1702")
    request = procurement.RecordReceiptRequest(
        origin=reading.origin(occurred_at=received_at),
        number=document.receipt.strip()[:64],
        location_id=parts.location_of(document.parties, reading),
        received_at=canonical.stamp(received_at),
        lines=lines,
        final=document.reporting in FULL,
    )
    return Command(request, receipt_orders(lines), receipt_keys(request.number, lines), len(lines))


def _transferred(transfer: str, document: StockTransferReceipt, reading: Reading) -> Command:
    """Of a transfer between our own places, which it names as the 943 did. A last one may say that nothing came."""
    lines = [each for place, item in enumerate(document.items, 1) for each in _arrived(f"W07 {place}", item, reading)]
    final = document.reporting in FULL
    if not lines and not final:
        raise DocumentFault("W07", "nothing was received")
    receipt = Receipt(
        number=document.receipt.strip()[:64],
        transfer=transfer,
        location_id=parts.location_of(document.parties, reading),
        received_at=parts.instant_of(document.received_on, document.dates, reading, "W1702"),
        final=final,
        lines=lines,
    )
    return transfers.received(receipt, reading)


def _arrived(path: str, item: ReceivedItem, reading: Reading) -> Iterator[Arrived]:
    unit, serials = reading.codes.unit(item.unit), _serials(item, reading, path)
    sku = order_parts.resolved_item(item.item_ids, reading.codes, required=True)
    for condition, quantity in _by_condition(item, reading, path).items():
        if condition not in transfers.CONDITIONS:
            raise DocumentFault(f"W13 of {path}", f"the profile's word for it means {condition}, which is none of ours")
        if quantity:
            part = pb.TransferredStock(
                sku=sku,
                lot=(item.lot or parts.note_of(item.notes, parts.LOT))[:64],
                quantity=canonical.quantity(quantity, unit, path=path),
                serials=serials.get(condition, ()),
            )
            yield Arrived(part, condition, f"944 {condition.lower()}")


def _lines(
    place: int, item: ReceivedItem, document: StockTransferReceipt, reading: Reading
) -> Iterator[inbound_pb2.ReceiptLine]:
    path = f"W07 {place}"
    unit = reading.codes.unit(item.unit)
    sku = order_parts.resolved_item(item.item_ids, reading.codes, required=True)
    serials = _serials(item, reading, path)
    for condition, quantity in _by_condition(item, reading, path).items():
        if quantity:
            yield inbound_pb2.ReceiptLine(
                line_id=f"{place}-{condition.lower()}" if condition != GOOD else str(place),
                purchase_order_number=parts.note_of(item.notes, parts.PURCHASE_ORDER)[:64],
                line_number=parts.note_of(item.notes, parts.LINE)[:32],
                ship_notice_number=document.shipment.strip()[:64],
                sku=sku,
                quantity=canonical.quantity(quantity, unit, path=path),
                condition=named_condition(condition, f"W13 of {path}"),
                lot=canonical.lot((item.lot or parts.note_of(item.notes, parts.LOT))[:64], None, None),
                serials=serials.get(condition, ()),
            )


def _serials(item: ReceivedItem, reading: Reading, path: str) -> Mapping[str, list[str]]:
    """By condition: an exception names its own pieces, the others of the item are good."""
    apart: dict[str, list[str]] = {}
    for each in item.exceptions:
        condition = reading.word("conditions", each.condition, EXCEPTIONS, (*CONDITIONS, NOT_THERE))
        if condition != NOT_THERE:
            apart.setdefault(condition, []).extend(parts.serials_of(each.notes, f"W13 of {path}"))
    elsewhere = {serial for named in apart.values() for serial in named}
    good = [each for each in parts.serials_of(item.notes, path) if each not in elsewhere]
    return apart | {GOOD: [*apart.get(GOOD, ()), *good]}


def _by_condition(item: ReceivedItem, reading: Reading, path: str) -> Mapping[str, Decimal]:
    found = {GOOD: parts.amount(item.quantity, path)}
    for each in item.exceptions:
        condition = reading.word("conditions", each.condition, EXCEPTIONS, (*CONDITIONS, NOT_THERE))
        if condition == NOT_THERE:
            continue
        if each.unit and each.unit != item.unit:
            raise DocumentFault(f"W1302 of {path}", f"{each.unit!r}, what was received is in {item.unit!r}")
        apart = parts.amount(each.quantity, f"W1301 of {path}")
        found[GOOD] -= apart
        found[condition] = found.get(condition, Decimal()) + apart
    if found[GOOD] < 0:
        raise DocumentFault(path, "more of it is in exceptions than was received")
    return found


MAPPING = Inbound("x12.944", read)
