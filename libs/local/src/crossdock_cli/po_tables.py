"""How a purchase order is shown: its head, its revisions, and for each line what ERP, supplier and warehouse say of it.

Pure: the answer of procurement comes in, tables go out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import inbound_pb2, purchase_order_pb2, supplier_invoice_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from rich.table import Table

ByLine = dict[str, list[str]]
"""By the id of the order's line."""
REVISIONS = ("REVISION", "ERP'S", "WRITTEN", "PLACED", "ANSWERED")
LINES = ("LINE", "SKU", "STATE", "ERP ORDERS", "SUPPLIER SAYS", "ANNOUNCED", "WAREHOUSE COUNTED", "INVOICED")


def name_of(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower().replace("_", " ")


def day(found: Date) -> str:
    return f"{found.year:04d}-{found.month:02d}-{found.day:02d}" if found.year else ""


def instant(found: Timestamp) -> str:
    return found.ToDatetime().strftime("%Y-%m-%d %H:%M")


def order_state(order: purchase_order_pb2.PurchaseOrder) -> str:
    return name_of(purchase_order_pb2.PurchaseOrderState.Name(order.state), "PURCHASE_ORDER_STATE_")


def notice_state(notice: inbound_pb2.ShipNotice) -> str:
    return name_of(inbound_pb2.ShipNoticeState.Name(notice.state), "SHIP_NOTICE_STATE_")


def invoice_kind(invoice: supplier_invoice_pb2.SupplierInvoice) -> str:
    if invoice.kind != supplier_invoice_pb2.INVOICE_KIND_CREDIT:
        return "invoice"
    return f"credit memo for {invoice.credits}" if invoice.credits else "credit memo"


def invoice_state(invoice: supplier_invoice_pb2.SupplierInvoice) -> str:
    return name_of(supplier_invoice_pb2.SupplierInvoiceState.Name(invoice.state), "SUPPLIER_INVOICE_STATE_")


def headline(order: purchase_order_pb2.PurchaseOrder) -> str:
    answered = f"revision {order.acknowledged_revision} answered" if order.acknowledged_revision else "not answered"
    return (
        f"{order.number} of {order.business_unit} to {order.supplier_id}: {order_state(order)}, "
        f"revision {order.revision}, {answered}, {len(order.lines)} lines"
    )


def revisions_table(found: pb.GetPurchaseOrderResponse) -> Table:
    """A row for each document of the ERP; one that came late or again made no revision."""
    table = _table(REVISIONS)
    for each in found.documents:
        placement = name_of(pb.Placement.Name(each.placement), "PLACEMENT_")
        when = instant(each.answered_at) if each.HasField("answered_at") else ""
        revision = str(each.revision) if each.revision else "-"
        table.add_row(revision, each.system_revision, instant(each.occurred_at), placement, when)
    return table


def lines_table(found: pb.GetPurchaseOrderResponse) -> Table:
    table = _table(LINES)
    said = {each.line_id: each for each in found.answers}
    columns = (announced(found.ship_notices), counted(found.receipts), invoiced(found.supplier_invoices))
    for line in found.purchase_order.lines:
        table.add_row(
            line.line_number,
            line.sku,
            name_of(purchase_order_pb2.LineState.Name(line.state), "LINE_STATE_"),
            ordered(line),
            supplier_says(said.get(line.line_id)),
            *("\n".join(column.get(line.line_id, ())) for column in columns),
        )
    return table


def ordered(line: purchase_order_pb2.PurchaseOrderLine) -> str:
    if not line.HasField("price"):
        return f"{line.ordered.value} {line.ordered.unit}"
    return f"{line.ordered.value} {line.ordered.unit} at {priced(line.price)}"


def priced(price: values_pb2.UnitPrice) -> str:
    """ "12.50 EUR per 100 EA"."""
    per = " ".join(each for each in (price.per, price.unit) if each)
    return f"{price.money.amount} {price.money.currency}{f' per {per}' if per else ''}"


def supplier_says(answers: pb.LineAnswers | None) -> str:
    """A row for each part of the line."""
    if answers is None:
        return "nothing yet"
    return "\n".join(_acknowledgment(each) for each in answers.acknowledgments)


def _acknowledgment(said: pb.LineAcknowledgment) -> str:
    outcome = name_of(pb.AcknowledgmentOutcome.Name(said.outcome), "ACKNOWLEDGMENT_OUTCOME_")
    amount = f" {said.quantity.value} {said.quantity.unit}" if said.HasField("quantity") else ""
    on = f" on {day(said.date)}" if said.date.year else ""
    price = f" at {priced(said.price)}" if said.HasField("price") else ""
    return f"{outcome}{amount}{on}{price}{f' ({said.code})' if said.code else ''}"


def announced(notices: Iterable[inbound_pb2.ShipNotice]) -> ByLine:
    found: ByLine = defaultdict(list)
    for notice in notices:
        for each in notice.lines:
            said = f"{notice.number} {each.shipped.value} {each.shipped.unit}{_flags(each.flags)}"
            found[each.purchase_order_line_id].append(said)
    return found


def _flags(flags: Sequence[str]) -> str:
    return f" ({', '.join(each.lower().replace('_', ' ') for each in flags)})" if flags else ""


def counted(receipts: Iterable[inbound_pb2.Receipt]) -> ByLine:
    found: ByLine = defaultdict(list)
    for receipt in receipts:
        for each in receipt.lines:
            said = f"{receipt.number} {each.quantity.value} {each.quantity.unit} {condition(each)}"
            found[each.purchase_order_line_id].append(said)
    return found


def condition(line: inbound_pb2.ReceiptLine) -> str:
    return name_of(inbound_pb2.Condition.Name(line.condition), "CONDITION_")


def invoiced(invoices: Iterable[supplier_invoice_pb2.SupplierInvoice]) -> ByLine:
    """With the outcome of the match, and in words what differs."""
    found: ByLine = defaultdict(list)
    for invoice in invoices:
        for each in invoice.lines:
            outcome = name_of(supplier_invoice_pb2.MatchOutcome.Name(each.outcome), "MATCH_OUTCOME_")
            why = "; ".join(variance.text for variance in each.variances)
            credit = "credit " if invoice.kind == supplier_invoice_pb2.INVOICE_KIND_CREDIT else ""
            asked = f"{credit}{invoice.number} {each.quantity.value} {each.quantity.unit} at {priced(each.price)}"
            found[each.purchase_order_line_id].append(f"{asked}: {outcome}{f' ({why})' if why else ''}")
    return found


def _table(headings: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
