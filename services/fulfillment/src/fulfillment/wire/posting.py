"""Postings between the contract and the domain: what the ERP answers in, what it is asked and what came of it out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import posting_pb2
from crossdock.fulfillment.v1 import posting_service_pb2 as service_pb2
from crossdock_kit import dates_wire
from crossdock_kit.events import Received
from crossdock_kit.paging import Page, page_of
from google.protobuf.message import Message

from fulfillment.domain.billing_lifecycle import State as Billing
from fulfillment.domain.posting import Evidence, Fact, Kind, Money, Posted, Posting, PostingLine, Totals
from fulfillment.domain.posting_lifecycle import State
from fulfillment.domain.quantities import exact, plain
from fulfillment.domain.refusals import FieldMissing
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.settling import Payment
from fulfillment.domain.settling import State as Settled
from fulfillment.ports import Before, PostingPage
from fulfillment.use_cases.commands import BillShipment, RecordPayment, RecordPosting, RequestCredit
from fulfillment.wire import charges, values
from fulfillment.wire.ownership import PAID, POSTED, WANTED, may_write

KINDS = {kind: posting_pb2.PostingKind.Value(f"POSTING_KIND_{kind.name}") for kind in Kind}
STATES = {state: posting_pb2.PostingState.Value(f"POSTING_STATE_{state.name}") for state in State}
BILLINGS = {state: posting_pb2.BillingState.Value(f"BILLING_STATE_{state.name}") for state in Billing}
SETTLEMENTS = {state: posting_pb2.SettlementState.Value(f"SETTLEMENT_STATE_{state.name}") for state in Settled}
_KIND_OF = {message: kind for kind, message in KINDS.items()}
_STATE_OF = {message: state for state, message in STATES.items()}
_BILLING_OF = {message: state for state, message in BILLINGS.items()}


# --- in


def answered(request: service_pb2.RecordPostingRequest) -> RecordPosting:
    may_write(request.origin, POSTED)
    if bool(request.number) == bool(request.refusal):
        raise FieldMissing("number or refusal, one of them")
    said = Posted(
        system=request.origin.system,
        number=request.number,
        at=dates_wire.instant(request, "posted_at"),
        totals=_read_totals(request.totals) if request.HasField("totals") else None,
        refusal=request.refusal,
    )
    return RecordPosting(values.origin(request.origin), request.posting_id, said)


def paid(request: service_pb2.RecordPaymentRequest) -> RecordPayment:
    may_write(request.origin, PAID)
    payment = Payment(
        system=request.origin.system,
        number=request.number,
        invoice=request.invoice_number,
        amount=exact(values.number(request.amount.amount)),
        currency=request.amount.currency,
        paid_at=dates_wire.instant(request, "paid_at"),
    )
    return RecordPayment(values.origin(request.origin), payment)


def credit(request: service_pb2.RequestCreditRequest) -> RequestCredit:
    may_write(request.origin, WANTED)
    return RequestCredit(
        origin=values.origin(request.origin),
        order_id=request.order_id,
        invoice_posting_id=request.invoice_posting_id,
        number=request.number,
        amount=_read_money(request.amount),
        reason=request.reason,
    )


def page(request: service_pb2.ListPostingsRequest) -> tuple[PostingPage, Page]:
    asked = page_of(request)
    after = (datetime.fromisoformat(asked.after[0]), asked.after[1]) if asked.after else None
    return PostingPage(
        order_id=request.order_id,
        kind=_KIND_OF.get(request.kind),
        state=_STATE_OF.get(request.state),
        billing=_BILLING_OF.get(request.billing),
        pending=request.pending,
        size=asked.size,
        after=after,
    ), asked


def billed(event: Received[Any]) -> BillShipment:
    """Delivery's BillingTriggered."""
    fact = event.message
    basis = shipment_pb2.BillingBasis.Name(fact.basis).removeprefix("BILLING_BASIS_")
    evidence = Evidence(basis, fact.evidence, dates_wire.instant(fact, "at"))
    orders = tuple(each.order_id for each in fact.orders if each.order_id)
    return BillShipment(fact.shipment_id, fact.number, orders, evidence)


def _read_totals(totals: posting_pb2.Totals) -> Totals:
    return Totals(_read_money(totals.net), _read_money(totals.tax), _read_money(totals.gross))


def _read_money(money: values_pb2.Money) -> Money:
    return Money(values.number(money.amount), money.currency)


# --- out


def posting(found: Posting, order: SalesOrder) -> posting_pb2.Posting:
    return posting_pb2.Posting(
        posting_id=found.posting_id,
        business_unit=order.terms.business_unit,
        order_id=found.order_id,
        order_number=order.terms.number,
        kind=KINDS[found.kind],
        reference=found.reference,
        state=STATES[found.state],
        lines=map(_line, found.lines),
        follows=found.follows,
        shipment_id=found.shipment_id,
        number=found.number,
        system=found.system,
        posted_at=dates_wire.timestamp(found.posted_at),
        totals=_totals(found.totals),
        reason=found.reason,
        wanted=_money(found.wanted) if found.wanted else None,
        billing=BILLINGS[found.billing] if found.billing else posting_pb2.BILLING_STATE_UNSPECIFIED,
        created_at=dates_wire.timestamp(found.created_at),
        cause=found.cause,
        return_id=found.return_id,
        supplier_id=found.supplier_id,
        settlement=_settlement(found),
        evidence=_evidence(found.evidence) if found.evidence else None,
        charges=charges.written(found.charges),
        returned=map(_line, found.returned),
    )


def _evidence(found: Evidence) -> posting_pb2.BillingEvidence:
    return posting_pb2.BillingEvidence(basis=found.basis, reference=found.reference, at=dates_wire.timestamp(found.at))


def payment_answer(
    found: Posting | None, order: SalesOrder | None, *, repeated: bool
) -> service_pb2.RecordPaymentResponse:
    if found is None or order is None:
        return service_pb2.RecordPaymentResponse(repeated=repeated)
    return service_pb2.RecordPaymentResponse(posting=posting(found, order), repeated=repeated)


def place_of(found: Posting) -> tuple[str, str]:
    """Where a page ends."""
    return found.created_at.isoformat() if found.created_at else "", found.posting_id


def fact_of(fact: Fact, found: Posting, order: SalesOrder, before: Sequence[Before]) -> Message:
    """What a posting announces; `before` stands in what the ERP is asked, and is the invoice of a credit note."""
    said: dict[str, Any] = {
        "posting_id": found.posting_id,
        "order_id": found.order_id,
        "order_number": order.terms.number,
        "posting": posting(found, order),
    }
    match fact, found.kind:
        case Fact.REQUESTED, _:
            return _requested(said, found, order, before)
        case Fact.REFUSED, _:
            return events_pb2.PostingRefused(**said, reason=found.reason)
        case Fact.SETTLED, _:
            return events_pb2.SettlementChanged(
                **said,
                invoice_number=found.number,
                customer_id=order.terms.customer_id,
                payment_numbers=[each.number for each in found.cleared_by],
            )
        case _, Kind.INVOICE:
            return _invoice_posted(said, found, order)
        case _, Kind.CREDIT:
            return _credit_issued(said, found, order, before)
        case _:
            return events_pb2.PostingBooked(**said, document_number=found.number)


def _credit_issued(said: dict[str, Any], found: Posting, order: SalesOrder, before: Sequence[Before]) -> Message:
    terms = order.terms
    return events_pb2.CreditIssued(
        **said,
        credit_number=found.number,
        customer_id=terms.customer_id,
        channel=terms.channel,
        ordered_on=dates_wire.date_message(terms.ordered_on),
        ship_to_code=terms.ship_to_code,
        invoice_number=next((each.number for each in before if each.kind is Kind.INVOICE), ""),
    )


def _invoice_posted(said: dict[str, Any], found: Posting, order: SalesOrder) -> Message:
    terms = order.terms
    return events_pb2.InvoicePosted(
        **said,
        invoice_number=found.number,
        customer_id=terms.customer_id,
        channel=terms.channel,
        ordered_on=dates_wire.date_message(terms.ordered_on),
        ship_to_code=terms.ship_to_code,
    )


def keys_of(found: Posting, order: SalesOrder) -> tuple[str, ...]:
    number = (f"{found.kind.value}:{found.number}",) if found.number else ()
    cleared = dict.fromkeys(key for each in found.cleared_by for key in each.keys[:1])
    return (*order.keys, f"posting:{found.posting_id}", *number, *cleared)


def _requested(said: dict[str, Any], found: Posting, order: SalesOrder, before: Sequence[Before]) -> Message:
    terms = order.terms
    return events_pb2.PostingRequested(
        **said,
        channel=terms.channel,
        customer_id=terms.customer_id,
        currency=terms.currency,
        ordered_on=dates_wire.date_message(terms.ordered_on),
        before=[
            events_pb2.PostedBefore(posting_id=each.posting_id, kind=KINDS[each.kind], number=each.number)
            for each in before
        ],
        attempt=found.attempt,
    )


def _line(line: PostingLine) -> posting_pb2.PostingLine:
    return posting_pb2.PostingLine(
        line_number=line.line_number,
        sku=line.sku,
        quantity=values.quantity_message(line.quantity),
        price=values.price_message(line.price),
    )


def _settlement(found: Posting) -> posting_pb2.Settlement | None:
    settled = found.settlement
    if settled is None or found.totals is None:
        return None
    gross = found.totals.gross
    return posting_pb2.Settlement(
        paid=_like(gross, settled.paid),
        credited=_like(gross, settled.credited),
        open=_like(gross, settled.open),
        overpaid=_like(gross, settled.overpaid),
        state=SETTLEMENTS[settled.state],
    )


def _like(gross: Money, amount: Decimal) -> values_pb2.Money:
    """With as many decimals as the invoice's total, where it has no more."""
    short, places = plain(amount), Decimal(1).scaleb(int(gross.amount.as_tuple().exponent))
    return _money(Money(short.quantize(places) if short == short.quantize(places) else short, gross.currency))


def _totals(totals: Totals | None) -> posting_pb2.Totals | None:
    if totals is None:
        return None
    return posting_pb2.Totals(net=_money(totals.net), tax=_money(totals.tax), gross=_money(totals.gross))


def _money(money: Money) -> values_pb2.Money:
    return values_pb2.Money(amount=_plain(money.amount), currency=money.currency)


def _plain(amount: Decimal) -> str:
    """As many decimals as were said: 12.50 stays 12.50."""
    return format(amount, "f")
