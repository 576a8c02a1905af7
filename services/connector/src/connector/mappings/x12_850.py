"""x12.850: a purchase order, out to suppliers on EDI; in from a system of ours that orders, or from a customer of ours.

Who the partner is says which: what a channel orders of us is a sales order.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_edi.x12.parts import Totals
from crossdock_edi.x12.purchase_order import OrderLine, PurchaseOrder

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical, drop_shipments, x12_customer_order
from connector.mappings import x12_order_parts as parts
from connector.mappings.model import Command, Inbound, Outbound, Reading, Writing

KIND = "x12.850"
_AGREEMENTS = frozenset({"BK", "BE", "BQ"})
"""BEG02 of what is agreed over a time, without a day of delivery."""
_CANCELLED = purchase_order_pb2.LINE_STATE_CANCELLED


def write(event: events_pb2.PurchaseOrderReleased, writing: Writing) -> PurchaseOrder:
    order = event.purchase_order
    lines = tuple(_line(line, order, writing) for line in order.lines if line.state != _CANCELLED)
    return PurchaseOrder(
        purpose="00",
        type="RL" if order.HasField("blanket_order") else "NE",
        number=order.number,
        release=order.blanket_order.release_number,
        contract=order.blanket_order.number,
        ordered_on=canonical.from_day(order.ordered_on),
        currency_party="BY",
        currency=order.currency,
        references=parts.revision_reference(order, writing),
        fob=parts.terms(order.incoterms),
        parties=(parts.ship_to(order.ship_to_id, writing.codes),),
        lines=lines,
        totals=Totals(lines=len(lines), hash_total=_hash_total(lines)),
    )


def _hash_total(lines: Sequence[OrderLine]) -> Decimal | None:
    """The sum of the quantities (CTT02), left out where it does not fit into its ten digits."""
    total = sum((line.quantity or Decimal() for line in lines), Decimal())
    return total if len(total.as_tuple().digits) <= 10 else None


def _line(
    line: purchase_order_pb2.PurchaseOrderLine, order: purchase_order_pb2.PurchaseOrder, writing: Writing
) -> OrderLine:
    price = parts.price_of(line.price)
    return OrderLine(
        line=line.line_number,
        quantity=Decimal(line.ordered.value),
        unit=writing.codes.unit_code(line.ordered.unit),
        unit_price=price,
        price_basis="PE" if price is not None else "",
        item_ids=parts.item_ids(line, writing),
        descriptions=parts.descriptions(line.description),
        references=parts.notes(line, order.currency),
        dates=parts.window_dates(line.requested_window),
        schedules=parts.schedules(line, writing.codes),
        parties=parts.line_parties(line, order.ship_to_id, writing.codes),
    )


def read(document: PurchaseOrder, reading: Reading) -> Command:
    is_customer = reading.partner.role == options_pb2.ROLE_CHANNEL
    return x12_customer_order.read(document, reading) if is_customer else _submitted(document, reading)


def _submitted(document: PurchaseOrder, reading: Reading) -> Command:
    options = reading.partner.options
    currency = document.currency or str(options.get("currency", ""))
    if document.type in _AGREEMENTS:
        raise DocumentFault("BEG02", "a blanket order is no order: it is taken as json.blanket_order")
    if not document.number:
        raise DocumentFault("BEG03", "the number of the order is missing")
    if document.ordered_on is None:
        raise DocumentFault("BEG05", "the date of the order is missing")
    lines = [_ordered(line, position, document, reading) for position, line in enumerate(document.lines, start=1)]
    if not lines:
        raise DocumentFault("PO1", "an order has at least one line")
    request = procurement.SubmitPurchaseOrderRequest(
        origin=reading.origin(revision=document.release),
        purpose=_purpose(document.purpose),
        business_unit=reading.partner.business_unit,
        number=document.number[:64],
        system_revision=document.release[:32],
        supplier_id=reading.partner.party_id,
        currency=currency,
        incoterms=parts.read_terms(document.fob),
        ordered_on=canonical.to_day(document.ordered_on),
        ship_to_id=parts.read_ship_to(document.parties, reading) or str(options.get("shipTo", "")),
        lines=lines,
        blanket_order=_blanket(document),
    )
    return Command(request, (document.number,), (f"po:{document.number}",), len(lines))


def _blanket(document: PurchaseOrder) -> purchase_order_pb2.BlanketOrderRef | None:
    """A release names its agreement in BEG06."""
    if document.type != "RL" or not document.contract:
        return None
    return purchase_order_pb2.BlanketOrderRef(number=document.contract, release_number=document.release[:30])


def _purpose(code: str) -> procurement.OrderPurpose.ValueType:
    return procurement.ORDER_PURPOSE_CANCEL if code in {"01", "03"} else procurement.ORDER_PURPOSE_UPSERT


def _ordered(line: OrderLine, position: int, document: PurchaseOrder, reading: Reading) -> procurement.OrderedLine:
    number = line.line or str(position)
    if line.quantity is None:
        raise DocumentFault(f"PO102 of line {number}", "the quantity is missing")
    unit = reading.codes.unit(line.unit or "EA")
    sku, supplier_item = parts.read_items(line, reading.codes, required=True)
    if not sku:
        raise DocumentFault(f"PO1 of line {number}", "no item is named")
    return procurement.OrderedLine(
        line_number=number[:32],
        sku=sku,
        supplier_item=supplier_item[:80],
        description=line.description[:200],
        ordered=canonical.quantity(line.quantity, unit, path=f"PO102 of line {number}"),
        price=parts.read_price(line, document.currency),
        ship_to_id=parts.read_place(line, number, reading),
        drop_ship_party_id=parts.read_drop_ship(line.parties, reading),
        requested_window=parts.read_window(line),
        requested=parts.read_schedules(line, unit, reading.codes),
    )


OUTBOUND = Outbound(KIND, write, drop_shipments.X12)
INBOUND = Inbound(KIND, read)
