"""Prices for one base unit, exactly: what was agreed and what is asked may be stated for different units."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from procurement.domain.order_line import OrderLine
from procurement.domain.quantities import Item
from procurement.domain.terms import Price


def agreed_price(price: Price, ordered: OrderLine, item: Item) -> Fraction:
    """The price of the order's own unit was agreed for what that unit held when it was ordered."""
    if (price.unit or ordered.quantity.unit) != ordered.quantity.unit:
        return per_base_unit(price, ordered.quantity.unit, item)
    return Fraction(price.amount) / price.per / Fraction(ordered.factor)


def per_base_unit(price: Price, line_unit: str, item: Item) -> Fraction:
    """Exactly: a price for seven pieces has no end as a decimal. Raises UnitNotConvertible."""
    return Fraction(price.amount) / price.per / Fraction(item.factor(price.unit or line_unit))


def priced(price: Price, line_unit: str) -> str:
    """In words."""
    per = f"{price.per} " if price.per != 1 else ""
    return f"{Decimal(price.amount):f} {price.currency} per {per}{price.unit or line_unit}"
