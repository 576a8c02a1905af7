"""A supplier's invoice: matched when it comes, and again whenever goods arrive or an order changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from procurement.domain.announcing import OrderBook
from procurement.domain.invoice_matching import Records, match
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.refusals import InvoiceNumberReused
from procurement.domain.supplier_invoice import SupplierInvoice
from procurement.ports import OrderName, UnitOfWork, Work
from procurement.use_cases.commands import RecordSupplierInvoice
from procurement.use_cases.naming import NO_BUSINESS_UNIT, Mint

LATEST_ZONE = timedelta(hours=14)
"""Somewhere it may be tomorrow already: UTC+14."""


@dataclass(frozen=True, slots=True)
class RecordedInvoice:
    invoice: SupplierInvoice
    repeated: bool = False


async def record_supplier_invoice(command: RecordSupplierInvoice, uow: UnitOfWork, mint: Mint) -> RecordedInvoice:
    """Records the invoice once, with its match. Raises InvoiceNumberReused for the same number, day and total with
    other lines."""
    terms = command.terms
    async with uow(command.origin) as work:
        known = await work.supplier_invoices.claim(terms)
        if known is not None:
            if known.content != terms.fingerprint:
                raise InvoiceNumberReused(terms.supplier_id, terms.number)
            work.note(keys=known.keys, transaction_ids=known.transaction_ids)
            work.note(outcome="duplicate", reason="repeated")
            return RecordedInvoice(known, repeated=True)
        named = {OrderName(each.purchase_order_id, each.purchase_order_number) for each in terms.lines}
        orders = await work.purchase_orders.lock(named - {OrderName()})
        own = [each for each in orders if each.supplier_id == terms.supplier_id]
        invoice = SupplierInvoice(
            invoice_id=mint(),
            business_unit=own[0].business_unit if own else NO_BUSINESS_UNIT,
            terms=terms,
            recorded_at=work.now,
        )
        match(invoice, await _records(work, invoice, own))
        work.supplier_invoices.add(invoice)
        work.note(keys=invoice.keys, transaction_ids=invoice.transaction_ids)
        return RecordedInvoice(invoice)


async def match_waiting(work: Work, orders: Iterable[PurchaseOrder]) -> None:
    """After these orders changed, which are locked: what waits for them is matched again."""
    changed = list(orders)
    waiting = await work.supplier_invoices.waiting(changed) if changed else []
    for invoice in waiting:
        match(invoice, await _records(work, invoice, changed))


async def _records(work: Work, invoice: SupplierInvoice, orders: list[PurchaseOrder]) -> Records:
    supplier_id = invoice.terms.supplier_id
    return Records(
        book=OrderBook(orders),
        items=await work.master_data.items({line.sku for order in orders for line in order.lines}),
        tolerances=await work.policies.invoice_tolerances(invoice.business_unit, supplier_id),
        today=(work.now + LATEST_ZONE).date(),
        held=await work.compliance.held_lines(each.purchase_order_id for each in orders),
    )
