"""x12.810, in: the supplier asks to be paid, or by a credit memo gives back. An invoice that is taken back is refused.

Some write what a credit memo gives back as more than nothing, others as less: its total says which, and all the rest
has to agree with it.
"""

from __future__ import annotations

from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import supplier_invoice_pb2
from crossdock_edi.x12.invoice import Invoice, InvoiceCharge, InvoiceLine

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings import x12_order_parts as parts
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.supplier_invoices import Credit, charge, charged, invoice

CREDITS = frozenset({"CN", "CR"})
# REF01 of the invoice that a credit memo is for: original invoice number, seller's invoice number.
CREDITED = ("OI", "IV")
TAKEN_BACK = frozenset({"01", "03"})
ORDER, ORDER_LINE = ("PO",), ("LI", "PL")
# IT105, where it says how many the price is for.
PER = {
    **dict.fromkeys(("HP", "QH", "TC"), "100"),
    **dict.fromkeys(("TP", "QS", "TM"), "1000"),
    "PN": "10",
    "TT": "10000",
    "HT": "100000",
}


def read(document: Invoice, reading: Reading) -> Command:
    if document.purpose in TAKEN_BACK:
        raise DocumentFault("BIG08", f"{document.purpose} takes an invoice back: the supplier sends a credit for it")
    if not document.number or document.invoiced_on is None:
        raise DocumentFault("BIG", "number or date of the invoice is missing")
    currency = _currency(document, reading)
    if document.total is None:
        raise DocumentFault("TDS01", "the total is missing")
    credit = _credit(document, document.total)
    lines = [_line(each, position, document, reading, credit) for position, each in enumerate(document.lines, start=1)]
    if not lines:
        raise DocumentFault("IT1", "an invoice has at least one line")
    amount = credit.given(document.total) if credit else document.total
    total = values_pb2.Money(amount=canonical.amount_of(amount, "TDS01"), currency=currency)
    header = (reading.partner.party_id, document.number[:64], document.invoiced_on)
    said = [*document.charges, *(each for line in document.lines for each in line.charges)]
    charges = [_charge(each, currency, credit) for each in said if each.indicator in {"A", "C"}]
    return invoice(header, total, lines, reading, charges, credit)


def _credit(document: Invoice, total: Decimal) -> Credit | None:
    if document.type not in CREDITS:
        return None
    number = next((each.value for each in document.references if each.qualifier in CREDITED), "")
    return Credit(number, negative=total < 0)


def _charge(said: InvoiceCharge, currency: str, credit: Credit | None = None) -> supplier_invoice_pb2.InvoiceCharge:
    """SAC, of the invoice or of a line: A is an allowance, C a charge; all others are for information alone. What a
    credit memo gives back of a charge is more than nothing, as its lines are."""
    if said.amount is None:
        raise DocumentFault("SAC05", f"{said.code or said.indicator}: the amount is missing")
    amount = credit.given(said.amount) if credit else said.amount
    signed = -amount if said.indicator == "A" else amount
    return charge((said.code, said.description), signed, currency, "SAC05")


def _currency(document: Invoice, reading: Reading) -> str:
    """Many invoices say none, because both sides know it: then the profile does."""
    found = document.currency or str(reading.partner.options.get("currency", ""))
    if not found:
        raise DocumentFault("CUR02", "the currency is missing, and the partner's profile names none")
    return found


def _line(
    line: InvoiceLine, position: int, document: Invoice, reading: Reading, credit: Credit | None
) -> supplier_invoice_pb2.SupplierInvoiceLine:
    at = f"of line {line.line or position}"
    if line.quantity is None or not line.unit:
        raise DocumentFault(f"IT102 {at}", "quantity or unit is missing")
    if line.unit_price is None:
        raise DocumentFault(f"IT104 {at}", "the price is missing")
    sku, supplier_item = parts.read_items(line, reading.codes, required=False)
    unit = reading.codes.unit(line.unit)
    return supplier_invoice_pb2.SupplierInvoiceLine(
        line_id=str(position),
        purchase_order_number=(_reference(line, ORDER) or document.order_number)[:64],
        line_number=(_reference(line, ORDER_LINE) or line.line)[:32],
        sku=sku,
        supplier_item=supplier_item[:80],
        quantity=canonical.quantity(charged(line.quantity, f"IT102 {at}", credit), unit, path=f"IT102 {at}"),
        price=canonical.price(
            line.unit_price,
            _currency(document, reading),
            unit=parts.note_of(line.references, parts.PRICE_UNIT),
            per=parts.note_of(line.references, parts.PRICE_PER) or PER.get(line.price_basis, ""),
            path=f"IT104 {at}",
        ),
    )


def _reference(line: InvoiceLine, qualifiers: tuple[str, ...]) -> str:
    return next((each.value for each in line.references if each.qualifier in qualifiers), "")


MAPPING = Inbound("x12.810", read)
