"""Suppliers' invoices: documents in, records and their match out."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock.procurement.v1 import supplier_invoice_pb2 as pb
from crossdock_kit import dates_wire
from crossdock_kit.errors import InvalidFields, Violation

from procurement.domain.refusals import FieldMissing
from procurement.domain.supplier_invoice import (
    ChargeTerms,
    InvoiceLine,
    InvoiceLineTerms,
    InvoiceState,
    InvoiceTerms,
    MatchDecision,
    MatchOutcome,
    SupplierInvoice,
    Variance,
    Verdict,
    VerdictKind,
)
from procurement.use_cases.commands import DecideInvoiceMatch, RecordInvoiceVerdict, RecordSupplierInvoice
from procurement.wire import values
from procurement.wire.ownership import JUDGED, owned
from procurement.wire.purchase_order import origin
from procurement.wire.roles import acts_as

STATES = {
    InvoiceState.AWAITING_RECEIPT: pb.SUPPLIER_INVOICE_STATE_AWAITING_RECEIPT,
    InvoiceState.BLOCKED: pb.SUPPLIER_INVOICE_STATE_BLOCKED,
    InvoiceState.READY: pb.SUPPLIER_INVOICE_STATE_READY,
    InvoiceState.REJECTED: pb.SUPPLIER_INVOICE_STATE_REJECTED,
}
VERDICTS = {each: pb.Verdict.Value(f"VERDICT_{each.name}") for each in VerdictKind}
_VERDICT_OF = {number: kind for kind, number in VERDICTS.items()}
OUTCOMES = {each: pb.MatchOutcome.Value(f"MATCH_OUTCOME_{each.name}") for each in MatchOutcome}


def record_supplier_invoice(request: service_pb2.RecordSupplierInvoiceRequest) -> RecordSupplierInvoice:
    request, not_owned = owned(request, request.origin)
    invoiced_on = dates_wire.day(request, "invoiced_on")
    if invoiced_on is None:
        raise FieldMissing("invoiced_on")
    total = values.number(request.total.amount)
    if total < 0:
        raise _broken(
            "total.amount", "must not be negative: a credit memo says that it is one", "supplier_invoice.total"
        )
    terms = InvoiceTerms(
        supplier_id=request.supplier_id,
        number=request.number,
        invoiced_on=invoiced_on,
        total=total,
        currency=request.total.currency,
        lines=tuple([_terms(each, f"lines[{at}]", request.total.currency) for at, each in enumerate(request.lines)]),
        charges=tuple([_charged(each, f"charges[{at}]", request.total) for at, each in enumerate(request.charges)]),
        credit=request.kind == pb.INVOICE_KIND_CREDIT,
        credits=request.credits,
    )
    if terms.credits and not terms.credit:
        raise _broken("credits", "an invoice credits nothing", "supplier_invoice.credits")
    return RecordSupplierInvoice(origin(request.origin, not_owned), terms)


def _charged(charge: pb.InvoiceCharge, path: str, total: values_pb2.Money) -> ChargeTerms:
    """Less than nothing is an allowance."""
    if charge.amount.currency != total.currency:
        raise _broken(f"{path}.amount.currency", f"an invoice has one currency, {total.currency}", "one_currency")
    return ChargeTerms(values.number(charge.amount.amount), charge.code, charge.description)


def _terms(line: pb.SupplierInvoiceLine, path: str, currency: str) -> InvoiceLineTerms:
    price = values.price(line, "price", path)
    if price is None:
        raise FieldMissing(f"{path}.price")
    if price.currency != currency:
        raise _broken(f"{path}.price.money.currency", f"an invoice has one currency, {currency}", "one_currency")
    return InvoiceLineTerms(
        quantity=values.asked_for(line.quantity, f"{path}.quantity"),
        price=price,
        purchase_order_id=line.purchase_order_id,
        purchase_order_number=line.purchase_order_number,
        line_number=line.line_number,
        sku=line.sku,
        supplier_item=line.supplier_item,
    )


def _broken(path: str, text: str, rule: str) -> InvalidFields:
    return InvalidFields((Violation(path, text, rule),))


def supplier_invoice(found: SupplierInvoice) -> pb.SupplierInvoice:
    terms = found.terms
    return pb.SupplierInvoice(
        invoice_id=found.invoice_id,
        business_unit=found.business_unit,
        number=terms.number,
        supplier_id=terms.supplier_id,
        invoiced_on=dates_wire.date_message(terms.invoiced_on),
        total=values_pb2.Money(amount=values.text(terms.total), currency=terms.currency),
        lines=[_line(each) for each in found.lines],
        state=STATES[found.state],
        etag=str(found.version),
        charges=_charges(found),
        rejection=decision(found.rejection),
        kind=pb.INVOICE_KIND_CREDIT if terms.credit else pb.INVOICE_KIND_INVOICE,
        credits=terms.credits,
        verdicts=[verdict(unit, each) for unit, each in sorted(found.verdicts.items())],
        parts=[pb.InvoicePart(business_unit=unit, state=STATES[state]) for unit, state in found.parts.items()],
    )


def _line(line: InvoiceLine) -> pb.SupplierInvoiceLine:
    return pb.SupplierInvoiceLine(
        line_id=line.line_id,
        purchase_order_id=line.purchase_order_id,
        purchase_order_number=line.purchase_order_number,
        purchase_order_line_id=line.order_line_id,
        line_number=line.line_number,
        sku=line.sku,
        supplier_item=line.terms.supplier_item,
        quantity=values.quantity_message(line.terms.quantity),
        price=values.price_message(line.terms.price),
        outcome=OUTCOMES[line.outcome],
        variances=[_variance(each) for each in line.variances],
        base_quantity=values.text(line.base),
        base_unit=line.base_unit,
        decision=decision(line.decision),
        business_unit=line.business_unit,
        credited_quantity=values.text(line.credited) if line.credited else "",
    )


def _charges(found: SupplierInvoice) -> pb.InvoiceCharges | None:
    if not found.terms.charges:
        return None
    judged = found.charges
    return pb.InvoiceCharges(
        charges=[_charge(each, found.terms.currency) for each in found.terms.charges],
        outcome=pb.MATCH_OUTCOME_UNSPECIFIED if judged.outcome is None else OUTCOMES[judged.outcome],
        variances=[_variance(each) for each in judged.variances],
        decision=decision(judged.decision),
    )


def _charge(charge: ChargeTerms, currency: str) -> pb.InvoiceCharge:
    amount = values_pb2.Money(amount=format(charge.amount, "f"), currency=currency)
    return pb.InvoiceCharge(code=charge.code, description=charge.description, amount=amount)


def _variance(found: Variance) -> pb.MatchVariance:
    return pb.MatchVariance(outcome=OUTCOMES[found.outcome], text=found.text, rule=found.rule)


def decision(found: MatchDecision | None) -> pb.MatchDecision | None:
    if found is None:
        return None
    return pb.MatchDecision(by=found.by, reason=found.reason, decided_at=dates_wire.timestamp(found.at))


def verdict(unit: str, found: Verdict) -> pb.InvoiceVerdict:
    return pb.InvoiceVerdict(
        business_unit=unit,
        verdict=VERDICTS[found.kind],
        reason=found.reason,
        number=found.number,
        given_at=dates_wire.timestamp(found.at),
        system=found.system,
    )


def record_invoice_verdict(request: service_pb2.RecordInvoiceVerdictRequest) -> RecordInvoiceVerdict:
    request, not_owned = owned(request, request.origin)
    if not request.invoice_id and not (request.supplier_id and request.number):
        raise FieldMissing("invoice_id, or supplier_id and number")
    said, source = request.verdict, origin(request.origin, not_owned)
    given_at = dates_wire.instant(said, "given_at")
    if given_at is None:
        raise FieldMissing("verdict.given_at")
    return RecordInvoiceVerdict(
        origin=source,
        invoice_id=request.invoice_id,
        supplier_id=request.supplier_id,
        number=request.number,
        business_unit=said.business_unit,
        verdict=Verdict(_VERDICT_OF[said.verdict], source.system, given_at, said.reason, said.number),
        role=acts_as(request.origin, JUDGED),
    )


def decide(request: service_pb2.DecideInvoiceMatchRequest, by: str) -> DecideInvoiceMatch:
    accepts = request.decision == service_pb2.DECISION_ACCEPT
    if not accepts and (request.line_ids or request.charges):
        raise _broken("line_ids", "an invoice is rejected as a whole", "supplier_invoice.whole")
    return DecideInvoiceMatch(
        invoice_id=request.invoice_id,
        accept=accepts,
        by=by,
        reason=request.reason,
        line_ids=tuple(request.line_ids),
        charges=request.charges,
        etag=request.etag,
    )


def named_invoice(request: service_pb2.GetSupplierInvoiceRequest) -> tuple[str, str, str]:
    """Supplier, number and id: the id, or both of the others."""
    if not request.invoice_id and not (request.supplier_id and request.number):
        raise FieldMissing("invoice_id, or supplier_id and number")
    return request.supplier_id, request.number, request.invoice_id
