"""x12.943, out: what a dock should expect; replaces what was said before under the same W0602. In: a warehouse says
that goods left for another place of ours; to the warehouse there a transfer is told by one too.

W0612 says whether it is new (1), changed (2) or withdrawn (3), N9 V0 its place in the sequence, beside our reference in
full: W0602 has room for 22 characters, so a longer one stands there as a digest. The number of the ship notice is the
shipment's where there is one. Items say purchase order, line, lot and serials under N9, as a 944 repeats them.
"""

from __future__ import annotations

from decimal import Decimal

from crossdock.inventory.events.v1.events_pb2 import StockTransferSent
from crossdock.procurement.events.v1 import events_pb2
from crossdock_edi.x12.freight import Instant
from crossdock_edi.x12.parts import ItemId, Note
from crossdock_edi.x12.stock_transfer import StockTransferShipment, TransferItem

from connector.mappings import canonical, x12_transfer
from connector.mappings import x12_warehouse_parts as parts
from connector.mappings.model import Inbound, Outbound, Writing

ORIGINAL, VERSION, EXPECTED, OWNERS_ITEM = "J", "V0", "17", "VN"
NEW, CHANGED, WITHDRAWN = "1", "2", "3"


def write(event: events_pb2.InboundExpected | StockTransferSent, writing: Writing) -> StockTransferShipment:
    return x12_transfer.write(event, writing) if isinstance(event, StockTransferSent) else _expected(event, writing)


def _expected(event: events_pb2.InboundExpected, writing: Writing) -> StockTransferShipment:
    days = sorted(day for line in event.lines if (day := canonical.from_day(line.expected_on)))
    orders = {line.purchase_order_number for line in event.lines}
    return StockTransferShipment(
        reporting=ORIGINAL,
        depositor_order=depositor_order(event.reference),
        shipment=event.ship_notice_number,
        order_number=orders.pop() if len(orders) == 1 else "",
        action=WITHDRAWN if event.withdrawn else NEW if event.sequence == 1 else CHANGED,
        parties=(parts.at_warehouse(event.location_id, writing.codes),),
        notes=(Note(qualifier=VERSION, reference=str(event.sequence), description=event.reference),),
        dates=(Instant(qualifier=EXPECTED, on=days[0]),) if days else (),
        items=tuple(_item(line, writing) for line in event.lines) or (_nothing(writing),),
        total_quantity=sum((Decimal(line.quantity.value) for line in event.lines), Decimal()),
    )


def depositor_order(reference: str) -> str:
    """As far as it has room; a longer one as a digest."""
    return reference if len(reference) <= parts.LONGEST_ORDER else parts.digest(reference)


def _item(line: events_pb2.ExpectedLine, writing: Writing) -> TransferItem:
    codes = writing.codes
    numbers = (
        (parts.PURCHASE_ORDER, line.purchase_order_number),
        (parts.LINE, line.line_number),
        (parts.LOT, line.lot.number),
    )
    return TransferItem(
        quantity=Decimal(line.quantity.value),
        unit=codes.unit_code(line.quantity.unit),
        item_ids=(ItemId(OWNERS_ITEM, codes.item_code(line.sku)),),
        notes=tuple(
            Note(qualifier=name, reference=value)
            for name, value in (*numbers, *((parts.SERIAL, each) for each in line.serials))
            if value
        ),
    )


def _nothing(writing: Writing) -> TransferItem:
    """What is withdrawn has no lines, and the set needs one."""
    return TransferItem(quantity=Decimal(0), unit=writing.codes.unit_code("EA"))


MAPPING = Outbound("x12.943", write)
INBOUND = Inbound("x12.943", x12_transfer.read)
