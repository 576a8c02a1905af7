"""x12.810, out: a customer's invoice, once the ERP has posted it: number, tax and total are the ERP's.

A credit note goes out as one, too (BIG07 CR, with the invoice under REF IV), where the profile's mapping says
"creditMemo"; it has lines where goods came back for it. The mapping may also say under which code the tax stands
("taxType", TX for all taxes if nothing is said), and charges by their kind ("charges": D240 for FREIGHT and ZZZZ for
others if nothing is said).
"""

from __future__ import annotations

from decimal import Decimal

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import posting_pb2
from crossdock_edi.x12.invoice import Invoice, InvoiceCharge, InvoiceLine, Tax
from crossdock_edi.x12.parts import Reference, Totals

from connector.mappings import canonical
from connector.mappings import x12_customer_parts as customer
from connector.mappings import x12_order_parts as parts
from connector.mappings.model import Outbound, Writing

DEBIT, CREDIT, ALL_TAXES = "DI", "CR", "TX"
INVOICE = "IV"

Told = events_pb2.InvoicePosted | events_pb2.CreditIssued


def write(event: Told, writing: Writing) -> Invoice:
    posting = event.posting
    is_credit = isinstance(event, events_pb2.CreditIssued)
    invoice = Reference(qualifier=INVOICE, value=event.invoice_number)
    totals = posting.totals
    # What was credited by hand is a part of the whole, and not what its lines come to.
    named = posting.lines if posting.return_id or not is_credit else ()
    lines = tuple(_line(each, writing) for each in named)
    return Invoice(
        invoiced_on=canonical.from_stamp(posting.posted_at).date(),
        number=event.credit_number if isinstance(event, events_pb2.CreditIssued) else event.invoice_number,
        ordered_on=canonical.from_day(event.ordered_on),
        order_number=event.order_number,
        type=CREDIT if is_credit else DEBIT,
        currency_party="SE",
        currency=totals.gross.currency,
        references=(invoice,) if is_credit and invoice.value else (),
        parties=customer.ship_to(event.ship_to_code),
        lines=lines,
        total=Decimal(totals.gross.amount),
        taxes=_taxes(totals, writing),
        charges=tuple(InvoiceCharge(**customer.charge(each, writing)) for each in posting.charges),
        totals=Totals(lines=len(lines), hash_total=customer.total([each.quantity or Decimal() for each in lines])),
    )


def _taxes(totals: posting_pb2.Totals, writing: Writing) -> tuple[Tax, ...]:
    amount = Decimal(totals.tax.amount)
    kind = str(writing.partner.options.get("taxType", ALL_TAXES))
    return (Tax(type=kind, amount=amount),) if amount else ()


def _line(line: posting_pb2.PostingLine, writing: Writing) -> InvoiceLine:
    """In the unit of its price where it can be said exactly; where it cannot, the price says what it is for."""
    codes, price, base = writing.codes, line.price, line.quantity
    wished = price.unit or base.unit
    amount, unit = customer.in_unit(Decimal(base.value), base.unit, wished, line.sku, codes)
    said = ((parts.PRICE_UNIT, price.unit if unit != wished else ""), (parts.PRICE_PER, price.per))
    return InvoiceLine(
        line=line.line_number,
        quantity=amount,
        unit=codes.unit_code(unit),
        unit_price=parts.price_of(price),
        price_basis=customer.PRICE_BASIS.get(price.per, "") if parts.price_of(price) is not None else "",
        item_ids=customer.item_ids(line.sku, codes),
        references=tuple(Reference(qualifier="ZZ", value=value, description=name) for name, value in said if value),
    )


MAPPING = Outbound("x12.810", write)
