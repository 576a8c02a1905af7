"""json.supplier_invoice, in: an invoice or a credit memo, from the supplier itself or as the ERP has captured it."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import supplier_invoice_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.supplier_invoices import Credit, charge, charged, invoice


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("documentType", ("supplierInvoice",))
    currency = document.text("currency", longest=3)
    lines = [_line(each, reading, currency) for each in document.objects("lines")]
    if not lines:
        raise document.fault("lines", "an invoice has at least one line")
    amount = canonical.amount_of(document.decimal("total"), "total")
    header = (_supplier(document, reading), document.text("number", longest=64), document.day("invoiceDate"))
    charges = [_charge(each, currency) for each in document.objects("charges")]
    return invoice(
        header, values_pb2.Money(amount=amount, currency=currency), lines, reading, charges, _credit(document)
    )


def _credit(document: JsonObject) -> Credit | None:
    """Without a kind it is an invoice; what a credit memo gives back is more than nothing."""
    if not document.has("kind") or document.one_of("kind", ("invoice", "credit")) == "invoice":
        return None
    return Credit(document.optional_text("credits", longest=64))


def _charge(given: JsonObject, currency: str) -> supplier_invoice_pb2.InvoiceCharge:
    said = given.optional_text("code", longest=16), given.optional_text("description", longest=200)
    return charge(said, given.decimal("amount"), currency, f"{given.path}.amount")


def _supplier(document: JsonObject, reading: Reading) -> str:
    """A supplier speaks for itself alone, whatever its document says."""
    if reading.partner.role == options_pb2.ROLE_SUPPLIER:
        return reading.partner.party_id
    return reading.codes.party(document.text("supplier", longest=80))


def _line(line: JsonObject, reading: Reading, currency: str) -> supplier_invoice_pb2.SupplierInvoiceLine:
    codes = reading.codes
    own, item = line.optional_text("buyerItem", longest=40), line.optional_text("item", longest=80)
    unit = codes.unit(line.text("unit", longest=80))
    quantity = charged(line.decimal("quantity"), f"{line.path}.quantity")
    number = line.optional_text("line", longest=32)
    # The order's line can be found by nothing else than the item: the invoice waits until somebody says what it is.
    alone = not (own or number) and reading.partner.role != options_pb2.ROLE_SUPPLIER
    return supplier_invoice_pb2.SupplierInvoiceLine(
        purchase_order_number=line.text("order", longest=64),
        line_number=number,
        sku=own or (codes.item(item) if alone else codes.optional_item(item)),
        supplier_item=item if reading.partner.role == options_pb2.ROLE_SUPPLIER else "",
        quantity=canonical.quantity(quantity, unit, path=f"{line.path}.quantity"),
        price=_price(line.object("price"), reading, currency),
    )


def _price(price: JsonObject, reading: Reading, currency: str) -> values_pb2.UnitPrice:
    unit = reading.codes.unit(price.text("unit", longest=80)) if price.has("unit") else ""
    per = canonical.plain(price.decimal("per")) if price.has("per") else ""
    return canonical.price(price.decimal("amount"), currency, unit=unit, per=per, path=f"{price.path}.amount")


MAPPING = Inbound("json.supplier_invoice", read)
