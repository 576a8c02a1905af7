"""What a match has to come to, worked out anew from the rule and not by the code that is tested (trade: C11).

Quantities are cumulative over receipts and invoices, prices are those of the revision in force, both for one base unit;
nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

FACTORS: Mapping[tuple[str, str], int] = {("BOLT", "XCS"): 12, ("NUT", "XCS"): 7}
PASSES = frozenset({"matched", "within_tolerance"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the price in percent and by line, both of them; of the quantity in percent of what was received."""

    price_percent: Fraction
    price_amount: Fraction
    quantity_percent: Fraction


@dataclass(frozen=True, slots=True)
class Claimed:
    """A line of an invoice: so much of a unit at a price for one of that unit."""

    quantity: Fraction
    price: Fraction
    currency: str = "EUR"
    unit: str = "EA"

    def base(self, sku: str) -> Fraction:
        return self.quantity * self._factor(sku)

    def price_of_one(self, sku: str) -> Fraction:
        return self.price / self._factor(sku)

    def _factor(self, sku: str) -> int:
        return FACTORS.get((sku, self.unit), 1)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the order's line by then, in base units; `invoiced` has passed before."""

    sku: str
    price: Fraction
    delivered: Fraction
    invoiced: Fraction


def outcome(claimed: Claimed, known: Known | None, limits: Limits) -> str:
    """By its name; an order or a line that is not known is None."""
    if known is None:
        return "unknown_order"
    if claimed.currency != "EUR":
        return "currency_mismatch"
    if not known.delivered:
        return "no_receipt"
    above = known.invoiced + claimed.base(known.sku) - known.delivered
    if above > known.delivered * limits.quantity_percent / 100:
        return "quantity_variance"
    difference = abs(claimed.price_of_one(known.sku) - known.price)
    allowed = difference * 100 <= known.price * limits.price_percent
    if not (allowed and difference * claimed.base(known.sku) <= limits.price_amount):
        return "price_variance"
    return "within_tolerance" if above > 0 or difference else "matched"


def fraction(value: Decimal | str | int) -> Fraction:
    return Fraction(Decimal(value))
