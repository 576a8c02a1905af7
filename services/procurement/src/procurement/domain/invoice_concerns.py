"""What somebody has to look at in an invoice now: an exception for each line and variance, and for its charges."""

from __future__ import annotations

from collections.abc import Iterator

from procurement.domain.concerns import ACCOUNTS_PAYABLE, BUYER, COMPLIANCE, MASTER_DATA, PROCUREMENT, Concern
from procurement.domain.supplier_invoice import InvoiceLine, InvoiceState, MatchOutcome, SupplierInvoice, Variance

_OWNERS = {
    MatchOutcome.UNKNOWN_ORDER: ACCOUNTS_PAYABLE,
    MatchOutcome.CURRENCY_MISMATCH: ACCOUNTS_PAYABLE,
    MatchOutcome.UNIT_MISMATCH: MASTER_DATA,
    MatchOutcome.DATE_VARIANCE: ACCOUNTS_PAYABLE,
    MatchOutcome.NO_RECEIPT: PROCUREMENT,
    MatchOutcome.CERTIFICATE_MISSING: COMPLIANCE,
    MatchOutcome.QUANTITY_VARIANCE: PROCUREMENT,
    MatchOutcome.CREDIT_ABOVE_INVOICED: ACCOUNTS_PAYABLE,
    MatchOutcome.PRICE_VARIANCE: BUYER,
    MatchOutcome.CHARGE_VARIANCE: ACCOUNTS_PAYABLE,
}


def concerns_of(invoice: SupplierInvoice) -> list[Concern]:
    """What was accepted or rejected concerns nobody any more."""
    return [] if invoice.state is InvoiceState.REJECTED else list(_standing(invoice))


def _standing(invoice: SupplierInvoice) -> Iterator[Concern]:
    for line in invoice.lines:
        for variance in () if line.passed else line.variances:
            orders = (line.purchase_order_id,) if line.purchase_order_id else invoice.transaction_ids
            if variance.outcome in _OWNERS:
                yield _concern(invoice, variance, (line.line_id, f"line {line.line_id} {_named(line)}"), orders)
    for variance in () if invoice.charges.passed else invoice.charges.variances:
        yield _concern(invoice, variance, ("charges", "charges"), invoice.transaction_ids)


def _concern(
    invoice: SupplierInvoice, variance: Variance, part: tuple[str, str], transaction_ids: tuple[str, ...]
) -> Concern:
    """`part` is what stands in the subject, and in words."""
    return Concern(
        code=_code(variance.outcome),
        owner=_OWNERS[variance.outcome],
        subject=f"supplier_invoice/{invoice.invoice_id}/{part[0]}",
        summary=f"{'credit memo' if invoice.terms.credit else 'invoice'} {invoice.number} {part[1]}: {variance.text}",
        transaction_ids=transaction_ids,
        keys=invoice.keys,
        details={"policy": variance.rule} if variance.rule else {},
    )


def _code(outcome: MatchOutcome) -> str:
    return outcome.name if outcome is MatchOutcome.CREDIT_ABOVE_INVOICED else f"INVOICE_{outcome.name}"


def _named(line: InvoiceLine) -> str:
    order = line.purchase_order_number or line.terms.purchase_order_number or line.terms.purchase_order_id
    return f"({order} {line.sku or line.terms.sku or line.terms.supplier_item or line.terms.line_number})"
