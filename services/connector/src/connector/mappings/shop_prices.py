"""What a buyer paid in a web shop, as Shopify's orders say it: a list price, what was taken off it, and the tax in it.

A price here is always what the buyer paid without tax. Where it does not divide into pieces, it is for as many pieces
as were sold, so that nothing is rounded. It must not know what becomes of an order.
"""

from __future__ import annotations

from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import sales_order_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical, charges

NOTHING = Decimal()
SMALLEST = Decimal("0.000001")
"""What the contract can say of an amount."""


def left_of(line: JsonObject) -> int:
    """How many of a line are wanted since its order was edited."""
    return line.integer("current_quantity", line.integer("quantity"))


def is_shipped(line: JsonObject) -> bool:
    """Gift cards, downloads and services are not."""
    return not line.has("requires_shipping") or line.boolean("requires_shipping")


def price(line: JsonObject, currency: str, *, with_tax: bool) -> values_pb2.UnitPrice:
    """Raises DocumentFault where more was taken off than it costs."""
    sold, each = line.integer("quantity"), line.decimal("price")
    paid = _paid(line, each * sold, with_tax=with_tax)
    if paid == each * sold or sold < 1:
        return canonical.price(each, currency, path=f"{line.path}.price")
    return canonical.price(paid, currency, per=str(sold), path=f"{line.path}.price")


def unshipped(line: JsonObject, currency: str, *, with_tax: bool) -> sales_order_pb2.Charge:
    """A line that no warehouse ships, as a charge: of what was edited away its share is not paid."""
    sold = line.integer("quantity")
    paid = _paid(line, line.decimal("price") * sold, with_tax=with_tax) * left_of(line) / max(sold, 1)
    kind = charges.GIFT_CARD if line.boolean("gift_card") else charges.OTHER
    title = line.optional_text("title", longest=255)
    return charges.charge(kind, title, _rounded(paid), currency, f"{line.path}.price")


def freight(line: JsonObject, currency: str, *, with_tax: bool) -> sales_order_pb2.Charge:
    """A shipping line; one that was taken away costs nothing."""
    whole = NOTHING if line.boolean("is_removed") else _paid(line, line.decimal("price", NOTHING), with_tax=with_tax)
    title = line.optional_text("title", longest=255)
    return charges.charge(charges.FREIGHT, title, whole, currency, f"{line.path}.price")


def _paid(line: JsonObject, whole: Decimal, *, with_tax: bool) -> Decimal:
    """What is allocated to a line is all that was taken off it, the order's discount too; `total_discount` is the older
    way to say what was taken off the line alone."""
    if not whole:
        return NOTHING
    allocated = sum((each.decimal("amount") for each in line.objects("discount_allocations")), NOTHING)
    off = allocated or line.decimal("total_discount", NOTHING)
    if not NOTHING <= off <= whole:
        raise line.fault("discount_allocations", f"{off} is taken off {whole}")
    tax = sum((each.decimal("price") for each in line.objects("tax_lines")), NOTHING) if with_tax else NOTHING
    if not NOTHING <= tax <= whole - off:
        raise line.fault("tax_lines", f"{tax} is no tax in {whole - off}")
    return whole - off - tax


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(SMALLEST)
