"""x12.812, out: a customer on EDI gets a credit note, once the ERP has posted it: number and amount are the ERP's.

What is credited for goods that came back has a CDD for each line with its quantity; what was granted otherwise has one
with the amount alone. A profile's mapping may say how it is handled ("handling", element 305: H, notification only, if
nothing is said) and the adjustment reasons ("reasons", element 426: RETURN 72, an authorized return, and OTHER ZZ,
mutually defined). The library's credit_adjustment names where these codes are listed.
"""

from __future__ import annotations

from decimal import Decimal

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import posting_pb2
from crossdock_edi.x12.credit_adjustment import Adjustment, CreditDebitAdjustment
from crossdock_edi.x12.parts import Party

from connector.mappings import canonical
from connector.mappings import x12_customer_parts as customer
from connector.mappings.model import Outbound, Writing

CREDIT, ORIGINAL, NOTIFICATION = "C", "00", "H"
REASONS = {"RETURN": "72", "OTHER": "ZZ"}
BUYER, ASSIGNED_BY_SELLER, YES = "BY", "91", "Y"


def write(event: events_pb2.CreditIssued, writing: Writing) -> CreditDebitAdjustment:
    posting = event.posting
    gross = posting.totals.gross
    buyer = Party(role=BUYER, id_qualifier=ASSIGNED_BY_SELLER, id=event.customer_id)
    return CreditDebitAdjustment(
        issued_on=canonical.from_stamp(posting.posted_at).date(),
        number=event.credit_number,
        handling=str(writing.partner.options.get("handling", NOTIFICATION)),
        amount=Decimal(gross.amount),
        flag=CREDIT,
        invoice_number=event.invoice_number,
        ordered_on=canonical.from_day(event.ordered_on),
        order_number=event.order_number,
        purpose=ORIGINAL,
        currency_party="SE",
        currency=gross.currency,
        parties=(buyer, *customer.ship_to(event.ship_to_code)),
        adjustments=_adjustments(posting, writing),
    )


def _adjustments(posting: posting_pb2.Posting, writing: Writing) -> tuple[Adjustment, ...]:
    reasons = writing.partner.table("reasons", REASONS)
    if not posting.return_id:
        amount = Decimal(posting.totals.gross.amount)
        return (Adjustment(reason=reasons["OTHER"], flag=CREDIT, amount=amount),)
    return tuple(
        Adjustment(
            reason=reasons["RETURN"],
            flag=CREDIT,
            line=each.line_number,
            returned=YES,
            quantity=canonical.exact(each.quantity),
            unit=writing.codes.unit_code(each.quantity.unit),
            item_ids=customer.item_ids(each.sku, writing.codes),
        )
        for each in posting.lines
    )


MAPPING = Outbound("x12.812", write)
