"""Books of our own, for a business unit that has no ERP: a document comes to its lines, its charges and their tax.

Each of them is rounded to what its currency can be paid in, the tax on their sum once, halves away from zero. Who owes
which tax is not known here: one rate for a business unit, and where policy says so for a customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fulfillment.domain.currencies import paid
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.posting import Money, Posting, PostingLine, Totals
from fulfillment.domain.quantities import ZERO

SYSTEM = "CROSSDOCK"
"""Who has posted what stands in them."""
WORTH_UNKNOWN = "WORTH_UNKNOWN"
"""Why they do not post: a line has no price, or one for a unit that its order does not know."""
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class OwnBooks:
    """`tax_percent` is added to what goods come to; `prefix` begins the numbers of invoices and credit notes."""

    tax_percent: Decimal = ZERO
    prefix: str = ""

    def totals(self, made: Posting, lines: Mapping[str, OrderLine], currency: str) -> Totals | None:
        """Of an invoice, or of a credit note, which comes to what is `wanted` of it. `lines` are its order's by their
        number. None where prices do not tell."""
        if made.wanted is not None:
            gross = made.wanted.amount
            net = paid(gross * _HUNDRED / (_HUNDRED + self.tax_percent), currency)
            return _totals(net, gross - net, made.wanted.currency)
        worth = [_worth(each, lines.get(each.line_number)) for each in made.lines]
        if not worth or None in worth:
            return None
        worth += [each.amount for each in made.charges]
        net = sum((paid(each, currency) for each in worth if each is not None), ZERO)
        return _totals(net, paid(net * self.tax_percent / _HUNDRED, currency), currency)


def numbered(prefix: str, number: int) -> str:
    return f"{prefix}{number:06d}"


def _worth(said: PostingLine, line: OrderLine | None) -> Decimal | None:
    """Exact, or as exact as a case's price can be divided by its pieces."""
    price = said.price
    if price is None or line is None:
        return None
    factors = {line.quantity.unit: line.factor, line.base_unit: Decimal(1)}
    sold, priced = factors.get(said.quantity.unit), factors.get(price.unit or line.quantity.unit)
    if sold is None or priced is None:
        return None
    return said.quantity.value * sold * price.amount / (priced * price.per)


def _totals(net: Decimal, tax: Decimal, currency: str) -> Totals:
    return Totals(*(Money(each, currency) for each in (net, tax, net + tax)))
