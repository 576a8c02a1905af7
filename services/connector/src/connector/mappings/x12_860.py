"""x12.860, out to suppliers: a change of an order or its cancellation by line; BCH05, the change sequence, is our
revision. In from customers: see x12_customer_change."""

from __future__ import annotations

from decimal import Decimal

from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_edi.x12.order_change import ChangedLine, PurchaseOrderChange

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical, drop_shipments, x12_customer_change
from connector.mappings import x12_order_parts as parts
from connector.mappings.model import Command, Inbound, Outbound, Reading, Writing

_CANCELLED = purchase_order_pb2.LINE_STATE_CANCELLED
Changed = events_pb2.PurchaseOrderRevised | events_pb2.PurchaseOrderCancelled
CANCELLATION, CHANGE = "01", "04"


def write(event: Changed, writing: Writing) -> PurchaseOrderChange:
    order = event.purchase_order
    cancelled = isinstance(event, events_pb2.PurchaseOrderCancelled)
    deltas = {each.line_id: each for each in event.lines}
    changed = [line for line in order.lines if cancelled or not deltas or line.line_id in deltas]
    return PurchaseOrderChange(
        purpose=CANCELLATION if cancelled else CHANGE,
        type="NE",
        order_number=order.number,
        change_sequence=str(order.revision),
        ordered_on=canonical.from_day(order.ordered_on),
        changed_on=writing.written_at.date(),
        currency_party="BY",
        currency=order.currency,
        references=parts.revision_reference(order, writing),
        fob=parts.terms(order.incoterms),
        parties=(parts.ship_to(order.ship_to_id, writing.codes),),
        lines=tuple(_line(line, deltas.get(line.line_id), order, writing, cancelled=cancelled) for line in changed),
    )


def _line(
    line: purchase_order_pb2.PurchaseOrderLine,
    delta: events_pb2.LineDelta | None,
    order: purchase_order_pb2.PurchaseOrder,
    writing: Writing,
    *,
    cancelled: bool,
) -> ChangedLine:
    gone = cancelled or line.state == _CANCELLED or (delta is not None and delta.deleted)
    price = parts.price_of(line.price)
    return ChangedLine(
        line=line.line_number,
        change="DI" if gone else change_code(delta),
        quantity=Decimal(0) if gone else Decimal(line.ordered.value),
        left_to_receive=Decimal(0) if gone else Decimal(line.open_quantity or line.ordered.value),
        unit=writing.codes.unit_code(line.ordered.unit),
        unit_price=price,
        price_basis="PE" if price is not None else "",
        item_ids=parts.item_ids(line, writing),
        descriptions=parts.descriptions(line.description),
        references=parts.notes(line, order.currency),
        dates=() if gone else parts.window_dates(line.requested_window),
        schedules=() if gone else parts.schedules(line, writing.codes),
        parties=() if gone else parts.line_parties(line, order.ship_to_id, writing.codes),
    )


# Element 670 by what changed: quantity, dates, price. Any other combination is CA, changes to line items.
_CODES = {
    (True, False, False): "QI",
    (False, True, False): "CT",
    (False, False, True): "PC",
    (True, True, False): "RQ",
    (True, False, True): "PQ",
}


def change_code(delta: events_pb2.LineDelta | None) -> str:
    """Element 670 for what a line's delta says."""
    if delta is None:
        return "CA"
    if delta.added:
        return "AI"
    old, new = Decimal(delta.old_quantity.value or "0"), Decimal(delta.new_quantity.value or "0")
    quantity = delta.old_quantity.unit != delta.new_quantity.unit or old != new
    code = _CODES.get((quantity, delta.old_date != delta.new_date, delta.old_price != delta.new_price), "CA")
    return "QD" if code == "QI" and new < old else code


def read(document: PurchaseOrderChange, reading: Reading) -> Command:
    if reading.partner.role != options_pb2.ROLE_CHANNEL:
        raise DocumentFault("BCH", "a change of an order of ours is taken from the ERP as json.purchase_order")
    return x12_customer_change.read(document, reading)


MAPPING = Outbound("x12.860", write, drop_shipments.X12)
INBOUND = Inbound("x12.860", read)
