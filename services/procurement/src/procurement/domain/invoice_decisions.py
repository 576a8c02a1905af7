"""Somebody's word on one invoice: what differs is accepted and has passed, or the invoice is rejected and counts for
nothing. It must not know who may say so.
"""

from __future__ import annotations

from collections.abc import Collection

from procurement.domain import events
from procurement.domain.announcing import OrderBook
from procurement.domain.credit_memos import count_credit, take_back
from procurement.domain.invoice_concerns import concerns_of
from procurement.domain.order_line import OrderLine
from procurement.domain.quantities import ZERO
from procurement.domain.refusals import InvoiceClosed, InvoiceLineUnknown, NothingToAccept, VarianceNotAcceptable
from procurement.domain.roles import CROSSDOCK
from procurement.domain.supplier_invoice import CLOSED, InvoiceLine, MatchDecision, MatchOutcome, SupplierInvoice, led

# What nobody can pay for or take: it is not known what it is, compliance has the word, or it was never invoiced.
NOT_ACCEPTABLE = frozenset(
    {
        MatchOutcome.UNKNOWN_ORDER,
        MatchOutcome.UNIT_MISMATCH,
        MatchOutcome.CERTIFICATE_MISSING,
        MatchOutcome.CREDIT_ABOVE_INVOICED,
    }
)


def accept(
    invoice: SupplierInvoice,
    line_ids: Collection[str],
    decision: MatchDecision,
    book: OrderBook,
    *,
    charges: bool,
    credited: SupplierInvoice | None = None,
) -> None:
    """These lines and the charges, or without either all that is open; each then counts as invoiced on its order line,
    or of a credit memo as taken back.

    Raises InvoiceClosed, InvoiceLineUnknown, NothingToAccept, VarianceNotAcceptable: then nothing is accepted.
    """
    _still_open(invoice)
    whole = not line_ids and not charges
    lines = [each for each in invoice.lines if not each.passed] if whole else _named(invoice, line_ids)
    open_charges = invoice.charges.outcome is not None and not invoice.charges.passed
    if charges and not open_charges:
        raise NothingToAccept("charges")
    for line in lines:
        _check(line)
    raised = {each.identity for each in concerns_of(invoice)}
    with_charges = open_charges and (whole or charges)
    with led(CROSSDOCK, invoice):
        for line in lines:
            line.outcome, line.decision = MatchOutcome.ACCEPTED, decision
            count(invoice, line, book, credited)
        if with_charges:
            invoice.charges.outcome, invoice.charges.decision = MatchOutcome.ACCEPTED, decision
    invoice.settled += sorted(raised - {each.identity for each in concerns_of(invoice)})
    accepted = tuple(each.line_id for each in lines)
    invoice.events.append(events.SupplierInvoiceDecided(invoice, True, decision, accepted, with_charges))


def reject(
    invoice: SupplierInvoice, decision: MatchDecision, book: OrderBook, credited: SupplierInvoice | None = None
) -> None:
    """The whole of it: lines that had passed count no longer. Raises InvoiceClosed."""
    _still_open(invoice)
    raised = {each.identity for each in concerns_of(invoice)}
    with led(CROSSDOCK, invoice, credited):
        for line in invoice.lines:
            if line.passed:
                take_off(invoice, line, book, credited)
        invoice.rejection = decision
    invoice.settled += sorted(raised)
    invoice.events.append(events.SupplierInvoiceDecided(invoice, False, decision, (), False))


def count(invoice: SupplierInvoice, line: InvoiceLine, book: OrderBook, credited: SupplierInvoice | None) -> None:
    """A line has passed by somebody's word: it counts as invoiced on its order line, of a credit memo as taken back."""
    ordered = _order_line(line, book)
    if invoice.terms.credit:
        count_credit(line, ordered, credited)
    else:
        ordered.invoiced += line.due


def take_off(invoice: SupplierInvoice, line: InvoiceLine, book: OrderBook, credited: SupplierInvoice | None) -> None:
    """What had passed counts no longer."""
    ordered = _order_line(line, book)
    if invoice.terms.credit:
        take_back(line, ordered, credited)
    else:
        ordered.invoiced = max(ZERO, ordered.invoiced - line.due)


def _still_open(invoice: SupplierInvoice) -> None:
    if invoice.state in CLOSED:
        raise InvoiceClosed(invoice.number, invoice.state.value)


def _named(invoice: SupplierInvoice, line_ids: Collection[str]) -> list[InvoiceLine]:
    known = {each.line_id: each for each in invoice.lines}
    for line_id in line_ids:
        if line_id not in known:
            raise InvoiceLineUnknown(invoice.number, line_id)
        if known[line_id].passed:
            raise NothingToAccept(line_id)
    return [known[line_id] for line_id in dict.fromkeys(line_ids)]


def _check(line: InvoiceLine) -> None:
    for variance in line.variances:
        if variance.outcome in NOT_ACCEPTABLE:
            raise VarianceNotAcceptable(line.line_id, variance.outcome.value)


def _order_line(line: InvoiceLine, book: OrderBook) -> OrderLine:
    """A line that has passed or may be accepted names an order line that is known."""
    found = book.by_id[line.purchase_order_id].line_by_id(line.order_line_id)
    if found is None:
        raise LookupError(f"order line {line.order_line_id} is gone")
    return found
