"""A supplier's invoice: matched when it comes, and again whenever goods arrive or an order changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crossdock_kit.errors import Conflict

from procurement.domain.announcing import OrderBook
from procurement.domain.invoice_decisions import accept, reject
from procurement.domain.invoice_matching import Records, match
from procurement.domain.invoice_verdicts import Judged, give
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import Item
from procurement.domain.refusals import InvoiceDecisionOutdated, InvoiceNumberReused, SupplierInvoiceUnknown
from procurement.domain.supplier_invoice import InvoiceTerms, MatchDecision, MatchOutcome, SupplierInvoice
from procurement.ports import Deadline, OrderName, Origin, UnitOfWork, Work
from procurement.use_cases.commands import DecideInvoiceMatch, RecordInvoiceVerdict, RecordSupplierInvoice
from procurement.use_cases.naming import NO_BUSINESS_UNIT, Mint

UNIT_UNKNOWN = "procurement.invoice_unit_unknown"
LOOK_AGAIN = timedelta(minutes=1)
"""By then whoever changed the item while an invoice was matched without it has ended."""
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
            return await _ask_again(work, known, command.origin)
        named = {OrderName(each.purchase_order_id, each.purchase_order_number) for each in terms.lines}
        orders = await work.purchase_orders.lock(named - {OrderName()})
        own = [each for each in orders if each.supplier_id == terms.supplier_id]
        invoice = SupplierInvoice(
            invoice_id=mint(),
            business_unit=_business_unit(terms, own),
            terms=terms,
            recorded_at=work.now,
            documents=[(command.origin.system, command.origin.document)] if command.origin.document else [],
        )
        work.supplier_invoices.add(invoice)
        # What a credit memo takes back others may pass for; an invoice may be what credit memos wait for.
        waiting = await work.supplier_invoices.waiting(own, credits_only=not terms.credit) if own else []
        await _match_all(work, [invoice, *(each for each in waiting if each is not invoice)], own)
        work.note(keys=invoice.keys, transaction_ids=invoice.transaction_ids)
        return RecordedInvoice(invoice)


async def _ask_again(work: Work, known: SupplierInvoice, origin: Origin) -> RecordedInvoice:
    """Others hear of it where it is another document than the first."""
    invoice = await work.supplier_invoices.lock(known.invoice_id) or known
    told = invoice.ask_again(origin.system, origin.document)
    work.note(keys=invoice.keys, transaction_ids=invoice.transaction_ids)
    work.note(outcome="duplicate", reason=f"asked again by {origin.document}" if told else "repeated")
    return RecordedInvoice(invoice, repeated=True)


async def decide_invoice_match(command: DecideInvoiceMatch, uow: UnitOfWork) -> SupplierInvoice:
    """Somebody's word on one invoice. What a rejection frees may pass for others that wait.

    Raises SupplierInvoiceUnknown, InvoiceDecisionOutdated, and what `accept` and `reject` raise.
    """
    async with uow() as work:
        invoice, orders = await _locked(work, "", "", command.invoice_id)
        if command.etag not in {"", str(invoice.version)}:
            raise InvoiceDecisionOutdated(command.etag, str(invoice.version))
        decision, book = MatchDecision(command.by, command.reason, work.now), OrderBook(orders)
        credited = await work.supplier_invoices.credited(invoice.terms)
        if command.accept:
            accept(invoice, command.line_ids, decision, book, charges=command.charges, credited=credited)
        else:
            reject(invoice, decision, book, credited)
        if credited is not None and credited.changed:
            await _match_all(work, [credited], orders)
        work.note(keys=invoice.keys, transaction_ids=invoice.transaction_ids)
        work.note(outcome="advanced", reason=command.reason)
        await match_waiting(work, orders)
        return invoice


async def record_invoice_verdict(command: RecordInvoiceVerdict, uow: UnitOfWork) -> RecordedInvoice:
    """What the ERP decided, once; an older word than is known changes nothing. What it frees others may pass for.

    Raises SupplierInvoiceUnknown, VerdictOfAnotherUnit.
    """
    async with uow(command.origin) as work:
        invoice, orders = await _locked(work, command.supplier_id, command.number, command.invoice_id)
        unit = command.business_unit or invoice.business_unit
        ours = await work.policies.match_is_verdict(unit, invoice.terms.supplier_id)
        credited = await work.supplier_invoices.credited(invoice.terms)
        news = give(invoice, unit, command.verdict, Judged(OrderBook(orders), not ours, credited, command.role))
        work.note(keys=invoice.keys, transaction_ids=invoice.transaction_ids)
        if not news:
            work.note(outcome="duplicate", reason="known")
            return RecordedInvoice(invoice, repeated=True)
        work.note(outcome="advanced", reason=command.verdict.reason or command.verdict.kind.value)
        again = [invoice] if credited is None or not credited.changed else [invoice, credited]
        await _match_all(work, again, orders)
        await match_waiting(work, orders)
        return RecordedInvoice(invoice)


async def _locked(
    work: Work, supplier_id: str, number: str, invoice_id: str
) -> tuple[SupplierInvoice, list[PurchaseOrder]]:
    """The orders of its lines first. Raises SupplierInvoiceUnknown."""
    seen = await work.supplier_invoices.find(supplier_id, number, invoice_id)
    if seen is None:
        raise SupplierInvoiceUnknown(number or invoice_id)
    orders = await work.purchase_orders.lock([], seen.purchase_order_ids)
    invoice = await work.supplier_invoices.lock(seen.invoice_id)
    if invoice is None or invoice.purchase_order_ids != seen.purchase_order_ids:
        raise Conflict("the invoice found its orders meanwhile")
    return invoice, orders


async def match_waiting(work: Work, orders: Iterable[PurchaseOrder]) -> None:
    """After these orders changed, which are locked: what waits for them is matched again."""
    changed = list(orders)
    waiting = await work.supplier_invoices.waiting(changed) if changed else []
    await _match_all(work, waiting, changed)


async def _match_all(work: Work, found: Sequence[SupplierInvoice], orders: list[PurchaseOrder]) -> None:
    """Credit memos after the invoices that they may be for; what they took back others may pass for."""
    invoices, memos = ([each for each in found if each.terms.credit is credit] for credit in (False, True))
    for each in (*invoices, *memos):
        if each.business_unit == NO_BUSINESS_UNIT:
            # It came before its order; from now on somebody's ERP is told of it.
            each.business_unit = _business_unit(each.terms, orders)
        _match(work, each, await _records(work, each, orders))
    named = [await work.supplier_invoices.credited(each.terms) for each in memos]
    changed = [each for each in named if each is not None and each.changed and each not in invoices]
    for each in (*invoices, *changed) if memos else ():
        _match(work, each, await _records(work, each, orders))


async def match_again(purchase_order_id: str, work: Work) -> None:
    """An item of the order has units that it had not when invoices for it came."""
    await match_waiting(work, await work.purchase_orders.lock([], [purchase_order_id]))


def _match(work: Work, invoice: SupplierInvoice, records: Records) -> None:
    """What waits for a unit goes on when the item gets it. It may be getting it right now."""
    before = _without_unit(invoice)
    match(invoice, records)
    for order_id in _without_unit(invoice) - before:
        due = work.now + LOOK_AGAIN
        work.set_deadline(Deadline(UNIT_UNKNOWN, order_id, due, (order_id,), invoice.keys))


def _without_unit(invoice: SupplierInvoice) -> set[str]:
    return {each.purchase_order_id for each in invoice.lines if each.outcome is MatchOutcome.UNIT_MISMATCH}


def _business_unit(terms: InvoiceTerms, orders: Sequence[PurchaseOrder]) -> str:
    """That of the first order of the supplier's that the invoice names."""
    named = {each.purchase_order_id or each.purchase_order_number for each in terms.lines}
    own = (
        each.business_unit
        for each in orders
        if each.supplier_id == terms.supplier_id and named & {each.purchase_order_id, each.number}
    )
    return next(own, NO_BUSINESS_UNIT)


async def _records(work: Work, invoice: SupplierInvoice, orders: list[PurchaseOrder]) -> Records:
    terms, policies = invoice.terms, work.policies
    items = await work.master_data.items({line.sku for order in orders for line in order.lines}, terms.invoiced_on)
    of_supplier = (terms.supplier_id, "", terms.currency)
    return Records(
        book=OrderBook(orders),
        items=items,
        tolerances=await policies.invoice_tolerances(invoice.business_unit, *of_supplier),
        today=(work.now + LATEST_ZONE).date(),
        held=await work.compliance.held_lines(each.purchase_order_id for each in orders),
        by_category={
            (unit, category): await policies.invoice_tolerances(unit, terms.supplier_id, category, terms.currency)
            for unit, category in _categories(orders, items)
        },
        credited=await work.supplier_invoices.credited(terms),
    )


def _categories(orders: Iterable[PurchaseOrder], items: Mapping[str, Item]) -> set[tuple[str, str]]:
    return {
        (order.business_unit, items[line.sku].category) for order in orders for line in order.lines if line.sku in items
    }
