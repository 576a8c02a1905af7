"""Whether a line is at the price that the authority says, whatever unit each of them is for."""

from __future__ import annotations

from decimal import Context, Decimal

from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.quantities import Item, plain
from fulfillment.domain.terms import Price

_WIDE = Context(prec=80)


def agrees(line: OrderLine, authority: Price | None, item: Item, tolerance: Decimal) -> bool:
    """Within a share of the authority's price, up or down; never where the authority knows none. Raises
    UnitNotConvertible."""
    if line.price is None or authority is None:
        return False
    shown, right = _crossed(line.price, line.quantity.unit, authority, item)
    return abs(_WIDE.subtract(shown, right)) <= _WIDE.multiply(right, tolerance)


def told(price: Price | None) -> str:
    """For people: "2.50 EUR per 12 EA"."""
    if price is None:
        return "none"
    units = " ".join(each for each in (str(price.per) if price.per != 1 else "", price.unit) if each)
    return f"{plain(price.amount)} {price.currency}" + (f" per {units}" if units else "")


def _crossed(shown: Price, unit: str, authority: Price, item: Item) -> tuple[Decimal, Decimal]:
    """Both for the same quantity, each multiplied by what the other is for, so that nothing is rounded."""
    mine = _WIDE.multiply(item.factor(shown.unit or unit), Decimal(shown.per))
    theirs = _WIDE.multiply(item.factor(authority.unit or item.base_unit), Decimal(authority.per))
    return _WIDE.multiply(shown.amount, theirs), _WIDE.multiply(authority.amount, mine)
