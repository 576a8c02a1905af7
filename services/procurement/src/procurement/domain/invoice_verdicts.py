"""What an ERP says of an invoice, or of its business unit's part of one. By default its word counts, whatever ours was.

The ERP may know what we do not: a line that we cannot place is accepted too, and counts on no order.
"""

from __future__ import annotations

from dataclasses import dataclass

from procurement.domain import events
from procurement.domain.announcing import OrderBook
from procurement.domain.concerns import ACCOUNTS_PAYABLE, Concern, identity
from procurement.domain.invoice_concerns import concerns_of
from procurement.domain.invoice_decisions import count, take_off
from procurement.domain.refusals import VerdictOfAnotherUnit
from procurement.domain.roles import ERP
from procurement.domain.supplier_invoice import (
    PAYS,
    InvoiceState,
    MatchDecision,
    MatchOutcome,
    SupplierInvoice,
    Verdict,
    VerdictKind,
    led,
)

VERDICT_DIFFERS = "INVOICE_VERDICT_DIFFERS"


@dataclass(frozen=True, slots=True)
class Judged:
    """`counts` where the ERP's word is the verdict, and not ours; `by` is who gives it."""

    book: OrderBook
    counts: bool = True
    credited: SupplierInvoice | None = None
    by: str = ERP


def give(invoice: SupplierInvoice, unit: str, verdict: Verdict, judged: Judged) -> bool:
    """Whether it is news: the same again, or one that was given before what is known, changes nothing.

    Raises VerdictOfAnotherUnit, TransitionNotOwned.
    """
    if unit not in invoice.parts:
        raise VerdictOfAnotherUnit(invoice.number, unit)
    known = invoice.verdicts.get(unit)
    if known is not None and (known == verdict or verdict.at < known.at):
        return False
    invoice.verdicts[unit] = verdict
    raised = {each.identity for each in concerns_of(invoice)}
    invoice.settled.append(identity(VERDICT_DIFFERS, _subject(invoice, unit)))
    with led(judged.by, invoice, judged.credited):
        if not judged.counts:
            _compare(invoice, unit, verdict)
        elif verdict.kind in PAYS:
            _release(invoice, unit, verdict, judged)
        elif verdict.kind is VerdictKind.REFUSED:
            _refuse(invoice, verdict, judged)
    invoice.settled += sorted(raised - {each.identity for each in concerns_of(invoice)})
    invoice.events.append(events.SupplierInvoiceVerdictGiven(invoice, unit, verdict))
    return True


def _release(invoice: SupplierInvoice, unit: str, verdict: Verdict, judged: Judged) -> None:
    if invoice.rejection is not None:
        # Nothing of it has counted since: what is not released now is matched anew.
        invoice.rejection = None
        for line in invoice.lines:
            line.outcome = MatchOutcome.UNKNOWN_ORDER
    word = _word(verdict)
    for line in invoice.lines:
        if not line.passed and (line.business_unit or invoice.business_unit) == unit:
            line.outcome, line.decision = MatchOutcome.ACCEPTED, word
            if line.purchase_order_id in judged.book.by_id:
                count(invoice, line, judged.book, judged.credited)
    charges = invoice.charges
    if unit == invoice.business_unit and charges.outcome is not None and not charges.passed:
        charges.outcome, charges.decision = MatchOutcome.ACCEPTED, word


def _refuse(invoice: SupplierInvoice, verdict: Verdict, judged: Judged) -> None:
    """As a whole, whoever of its business units will not pay: the supplier has to write it anew."""
    if invoice.rejection is not None:
        return
    for line in invoice.lines:
        if line.passed and line.purchase_order_id in judged.book.by_id:
            take_off(invoice, line, judged.book, judged.credited)
    invoice.rejection = _word(verdict)


def _word(verdict: Verdict) -> MatchDecision:
    said = " ".join(filter(None, (verdict.kind.value, verdict.number, verdict.reason)))
    return MatchDecision(verdict.system, said, verdict.at)


def _compare(invoice: SupplierInvoice, unit: str, verdict: Verdict) -> None:
    ours = invoice.parts[unit]
    if (ours is InvoiceState.READY) == (verdict.kind in PAYS):
        return
    reason = f": {verdict.reason}" if verdict.reason else ""
    invoice.concerns.append(
        Concern(
            code=VERDICT_DIFFERS,
            owner=ACCOUNTS_PAYABLE,
            subject=_subject(invoice, unit),
            summary=f"invoice {invoice.number} is {ours.value}, {verdict.system} says {verdict.kind.value}{reason}",
            transaction_ids=invoice.transaction_ids,
            keys=invoice.keys,
        )
    )


def _subject(invoice: SupplierInvoice, unit: str) -> str:
    return f"supplier_invoice/{invoice.invoice_id}/verdict/{unit}"
