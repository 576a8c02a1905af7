"""Aggregates as rows and back, column by column. A row names every column of its table but the tenant."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from crossdock_kit.json_rows import Row

from procurement.domain.expected import ExpectedReceipt
from procurement.domain.order_line import OrderLine
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import Item, plain
from procurement.domain.receipt import Receipt, ReceiptLine, ReceiptTerms
from procurement.domain.ship_notice import Flag, NoticeLine, NoticeState, NoticeTerms, ShipNotice
from procurement.domain.supplier_invoice import InvoiceLine, InvoiceTerms, MatchOutcome, SupplierInvoice
from procurement.domain.terms import BlanketRef
from procurement.store import json_values as values

Record = Any
"""A row as asyncpg gives it, read by column name."""

BALANCES = (
    "ordered",
    "rejected",
    "backordered",
    "on_hold",
    "in_transit",
    "shipped",
    "received",
    "damaged",
    "closed_short",
    "invoiced",
)
_ORDER_FIELDS = (
    "purchase_order_id",
    "system",
    "number",
    "business_unit",
    "supplier_id",
    "currency",
    "incoterms",
    "ordered_on",
    "ship_to_id",
    "express",
    "cancelled",
    "revision",
    "acknowledged_revision",
    "content",
    "in_force_at",
    "system_revision",
    "called_off_from",
    "lines_made",
    "version",
    "event_version",
    "created_at",
    "updated_at",
)
_LINE_FIELDS = (
    "line_id",
    "line_number",
    "sku",
    "supplier_item",
    "description",
    "base_unit",
    "ship_to_id",
    "drop_ship_party_id",
    "answered_revision",
    "answered_at",
    "cancelled",
    "announced_on",
    "schedules_made",
)


def _balances(row: Record, names: Iterable[str]) -> dict[str, Any]:
    return {name: plain(row[name]) for name in names}


# --- purchase orders


def order_row(order: PurchaseOrder) -> Row:
    return {name: getattr(order, name) for name in _ORDER_FIELDS} | {
        "state": order.state.value,
        "documents": [values.placed_document(each) for each in order.documents],
        "system_numbers": [values.system_number(each) for each in order.system_numbers],
        "chase": values.chase(order.chase),
        "booking": values.booking(order.booking),
        "blanket_number": order.blanket.number if order.blanket else "",
        "blanket_release": order.blanket.release_number if order.blanket else "",
        "called_off": {sku: str(base) for sku, base in order.called_off.items()},
    }


def order_line_row(order: PurchaseOrder, position: int, line: OrderLine) -> Row:
    return {name: getattr(line, name) for name in (*_LINE_FIELDS, *BALANCES)} | {
        "purchase_order_id": order.purchase_order_id,
        "position": position,
        "quantity": values.quantity(line.quantity),
        "factor": line.factor,
        "price": values.price(line.price),
        "window": values.window(line.window),
        "sales_line": values.sales_line(line.sales_line),
        "requested": [values.schedule(each) for each in line.requested],
        "confirmed": [values.schedule(each) for each in line.confirmed],
        "proposed": values.proposed(line.proposed),
        "answers": [values.acknowledgment(each) for each in line.answers],
        "state": line.state.value,
    }


def read_order(row: Record, lines: list[Record]) -> PurchaseOrder:
    return PurchaseOrder(
        **{name: row[name] for name in _ORDER_FIELDS},
        documents=[values.read_placed_document(each) for each in row["documents"]],
        system_numbers=[values.read_system_number(each) for each in row["system_numbers"]],
        chase=values.read_chase(row["chase"]),
        booking=values.read_booking(row["booking"]),
        blanket=BlanketRef(row["blanket_number"], row["blanket_release"]) if row["blanket_number"] else None,
        called_off={sku: plain(Decimal(base)) for sku, base in (row["called_off"] or {}).items()},
        lines=[_read_line(each) for each in lines],
    )


def _read_line(row: Record) -> OrderLine:
    return OrderLine(
        **{name: row[name] for name in _LINE_FIELDS},
        **_balances(row, BALANCES),
        quantity=values.read_quantity(row["quantity"]),
        factor=plain(row["factor"]),
        price=values.read_price(row["price"]),
        window=values.read_window(row["window"]),
        sales_line=values.read_sales_line(row["sales_line"]),
        requested=[values.read_schedule(each) for each in row["requested"]],
        confirmed=[values.read_schedule(each) for each in row["confirmed"]],
        proposed=values.read_proposed(row["proposed"]),
        answers=tuple(values.read_acknowledgment(each) for each in row["answers"]),
    )


# --- ship notices


_NOTICE_TERMS = ("number", "supplier_id", "shipped_at", "expected_on", "carrier", "bill_of_lading", "carrier_reference")
_NOTICE_FIELDS = (
    "ship_notice_id",
    "business_unit",
    "ship_to_id",
    "content",
    "express",
    "version",
    "event_version",
    "recorded_at",
)
_NOTICE_LINE_FIELDS = (
    "purchase_order_id",
    "purchase_order_number",
    "business_unit",
    "order_line_id",
    "line_number",
    "sku",
    "base_unit",
    "ordered_at",
)
_NOTICE_BALANCES = ("base", "factor", "from_on_order", "received", "short")


def notice_row(notice: ShipNotice) -> Row:
    terms = {name: getattr(notice.terms, name) for name in _NOTICE_TERMS}
    own = {name: getattr(notice, name) for name in _NOTICE_FIELDS}
    return (
        terms
        | own
        | {
            "named_ship_to_id": notice.terms.ship_to_id,
            "state": notice.state.value,
            "appointment_id": notice.appointed.appointment_id if notice.appointed else "",
            "appointed": values.appointed(notice.appointed),
            "carrier_eta": values.carrier_eta(notice.carrier_eta),
        }
    )


def notice_line_row(notice: ShipNotice, line: NoticeLine) -> Row:
    return {name: getattr(line, name) for name in (*_NOTICE_LINE_FIELDS, *_NOTICE_BALANCES)} | {
        "ship_notice_id": notice.ship_notice_id,
        "line_id": int(line.line_id),
        "flags": [each.value for each in line.flags],
        "terms": values.notice_line_terms(line.terms),
        "sales_line": values.sales_line(line.sales_line),
    }


def read_notice(row: Record, lines: list[Record]) -> ShipNotice:
    found = [_read_notice_line(each) for each in lines]
    terms = NoticeTerms(
        **{name: row[name] for name in _NOTICE_TERMS},
        ship_to_id=row["named_ship_to_id"],
        lines=tuple(each.terms for each in found),
    )
    own = {name: row[name] for name in _NOTICE_FIELDS}
    appointed = values.read_appointed(row["appointed"])
    eta = values.read_carrier_eta(row["carrier_eta"])
    return ShipNotice(
        **own, terms=terms, state=NoticeState(row["state"]), lines=found, appointed=appointed, carrier_eta=eta
    )


def _read_notice_line(row: Record) -> NoticeLine:
    return NoticeLine(
        **{name: row[name] for name in _NOTICE_LINE_FIELDS},
        **_balances(row, _NOTICE_BALANCES),
        line_id=str(row["line_id"]),
        flags=tuple(Flag(each) for each in row["flags"]),
        terms=values.read_notice_line_terms(row["terms"]),
        sales_line=values.read_sales_line(row["sales_line"]),
    )


# --- receipts


_RECEIPT_TERMS = ("system", "number", "location_id", "received_at", "final")
_RECEIPT_FIELDS = ("receipt_id", "business_unit", "express", "content", "event_version", "recorded_at")
_RECEIPT_LINE_FIELDS = (
    "purchase_order_id",
    "purchase_order_number",
    "business_unit",
    "order_line_id",
    "line_number",
    "ship_notice_id",
    "ship_notice_number",
    "base_unit",
    "expected_at",
)
_RECEIPT_BALANCES = ("base", "from_in_transit", "from_on_order")


def receipt_row(receipt: Receipt) -> Row:
    terms = {name: getattr(receipt.terms, name) for name in _RECEIPT_TERMS}
    own = {name: getattr(receipt, name) for name in _RECEIPT_FIELDS}
    told = [values.discrepancy(each) for each in receipt.discrepancies]
    return terms | own | {"goods": receipt.terms.goods, "discrepancies": told}


def receipt_line_row(receipt: Receipt, line: ReceiptLine) -> Row:
    return {name: getattr(line, name) for name in (*_RECEIPT_LINE_FIELDS, *_RECEIPT_BALANCES)} | {
        "receipt_id": receipt.receipt_id,
        "line_id": int(line.line_id),
        "missing_certificates": list(line.missing_certificates),
        "terms": values.receipt_line_terms(line.terms),
    }


def read_receipt(row: Record, lines: list[Record]) -> Receipt:
    found = [_read_receipt_line(each) for each in lines]
    reported = tuple(each.terms for each in found)
    terms = ReceiptTerms(**{name: row[name] for name in _RECEIPT_TERMS}, lines=reported)
    own = {name: row[name] for name in _RECEIPT_FIELDS}
    discrepancies = [values.read_discrepancy(each) for each in row["discrepancies"]]
    return Receipt(**own, terms=terms, lines=found, discrepancies=discrepancies)


def _read_receipt_line(row: Record) -> ReceiptLine:
    return ReceiptLine(
        **{name: row[name] for name in _RECEIPT_LINE_FIELDS},
        **_balances(row, _RECEIPT_BALANCES),
        line_id=str(row["line_id"]),
        missing_certificates=tuple(row["missing_certificates"]),
        terms=values.read_receipt_line_terms(row["terms"]),
    )


# --- supplier invoices


_INVOICE_TERMS = ("supplier_id", "number", "invoiced_on", "total", "currency", "credit", "credits")
_INVOICE_FIELDS = ("invoice_id", "business_unit", "content", "version", "event_version", "recorded_at")
_INVOICE_LINE_FIELDS = (
    "purchase_order_id",
    "purchase_order_number",
    "business_unit",
    "order_line_id",
    "line_number",
    "sku",
    "base_unit",
)


def invoice_row(invoice: SupplierInvoice) -> Row:
    terms = {name: getattr(invoice.terms, name) for name in _INVOICE_TERMS}
    own = {name: getattr(invoice, name) for name in _INVOICE_FIELDS}
    return (
        terms
        | own
        | {
            "identity": list(invoice.terms.identity),
            "state": invoice.state.value,
            "charges": values.invoice_charges(invoice.terms.charges, invoice.charges),
            "rejection": values.match_decision(invoice.rejection),
            "verdicts": values.verdicts(invoice.verdicts),
            "documents": [list(each) for each in invoice.documents],
        }
    )


def invoice_line_row(invoice: SupplierInvoice, line: InvoiceLine) -> Row:
    return {name: getattr(line, name) for name in _INVOICE_LINE_FIELDS} | {
        "invoice_id": invoice.invoice_id,
        "line_id": int(line.line_id),
        "base": line.base,
        "credited": line.credited,
        "outcome": line.outcome.value,
        "variances": [values.variance(each) for each in line.variances],
        "decision": values.match_decision(line.decision),
        "terms": values.invoice_line_terms(line.terms),
    }


def read_invoice(row: Record, lines: list[Record]) -> SupplierInvoice:
    found = [_read_invoice_line(each) for each in lines]
    told = {name: row[name] for name in _INVOICE_TERMS} | {"total": plain(row["total"])}
    asked, charges = values.read_invoice_charges(row["charges"])
    terms = InvoiceTerms(**told, lines=tuple(each.terms for each in found), charges=asked)
    own: dict[str, Any] = {name: row[name] for name in _INVOICE_FIELDS}
    own["documents"] = [(system, document) for system, document in row["documents"] or []]
    rejection, verdicts = values.read_match_decision(row["rejection"]), values.read_verdicts(row["verdicts"])
    return SupplierInvoice(**own, terms=terms, lines=found, charges=charges, rejection=rejection, verdicts=verdicts)


def _read_invoice_line(row: Record) -> InvoiceLine:
    return InvoiceLine(
        **{name: row[name] for name in _INVOICE_LINE_FIELDS},
        line_id=str(row["line_id"]),
        base=plain(row["base"]),
        credited=plain(row["credited"]),
        outcome=MatchOutcome(row["outcome"]),
        variances=tuple(values.read_variance(each) for each in row["variances"]),
        decision=values.read_match_decision(row["decision"]),
        terms=values.read_invoice_line_terms(row["terms"]),
    )


# --- what warehouses expect


_EXPECTED_FIELDS = (
    "reference",
    "location_id",
    "business_unit",
    "supplier_id",
    "ship_notice_number",
    "sequence",
    "content",
    "withdrawn",
    "express",
)


def expected_row(expected: ExpectedReceipt) -> Row:
    lists = {"transaction_ids": list(expected.transaction_ids), "keys": list(expected.keys)}
    return {name: getattr(expected, name) for name in _EXPECTED_FIELDS} | lists


def read_expected(row: Record) -> ExpectedReceipt:
    lists: dict[str, Any] = {"transaction_ids": tuple(row["transaction_ids"]), "keys": tuple(row["keys"])}
    return ExpectedReceipt(**{name: row[name] for name in _EXPECTED_FIELDS}, **lists)


# --- master data


def read_item(row: Record) -> Item:
    factors = {unit: Decimal(base) for unit, base in row["factors"].items()}
    return Item(row["sku"], row["base_unit"], factors, row["category"])
