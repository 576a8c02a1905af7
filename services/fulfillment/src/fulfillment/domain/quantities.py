"""Exact quantities, in the unit of a line and in the base unit of its item, converted by the item's packaging only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import TYPE_CHECKING

from fulfillment.domain.refusals import QuantityInvalid, UnitNotConvertible

if TYPE_CHECKING:
    from fulfillment.domain.terms import Price

PLACES = Decimal("0.000001")
LIMIT = Decimal(10) ** 15
ZERO = Decimal(0)
_MONEY = Context(prec=80, traps=[InvalidOperation])
_EXACT = Context(prec=80, traps=[Inexact, InvalidOperation])


def exact(value: Decimal) -> Decimal:
    """In its shortest plain form. Raises QuantityInvalid beyond 15 digits before and 6 after the point."""
    if not value.is_finite() or abs(value) >= LIMIT:
        raise QuantityInvalid(str(value))
    try:
        return plain(_EXACT.quantize(value, PLACES))
    except (Inexact, InvalidOperation):
        raise QuantityInvalid(str(value)) from None


def plain(value: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent: 100, not 1E+2."""
    short = value.normalize(_EXACT)
    return short.quantize(Decimal(1), context=_EXACT) if short == short.to_integral_value() else short


@dataclass(frozen=True, slots=True)
class Quantity:
    """So much of a unit (UN/ECE Rec 20, or Rec 21 with prefix X)."""

    value: Decimal
    unit: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", exact(self.value))


@dataclass(frozen=True, slots=True)
class Item:
    """What an order must know of an item: base unit and category, what each packaging level holds of it, and what may
    go out in place of it, the best first."""

    sku: str
    base_unit: str
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    category: str = ""
    substitutes: tuple[str, ...] = ()

    def factor(self, unit: str) -> Decimal:
        """Base units in one `unit`. Raises UnitNotConvertible where the item has no such level."""
        if unit == self.base_unit:
            return Decimal(1)
        try:
            return self.factors[unit]
        except KeyError:
            raise UnitNotConvertible(self.sku, unit) from None


def worth(price: Price | None, base: Decimal, unit: str, item: Item) -> Decimal:
    """What so much of an item comes to at a price, which is for its own unit or else for `unit`; nothing without one.
    Raises UnitNotConvertible, and QuantityInvalid beyond any order's worth."""
    if price is None:
        return ZERO
    units = _MONEY.multiply(item.factor(price.unit or unit), Decimal(price.per))
    found = _MONEY.quantize(_MONEY.divide(_MONEY.multiply(base, price.amount), units), PLACES)
    if abs(found) >= LIMIT:
        raise QuantityInvalid(str(found))
    return plain(found)


def in_base(value: Decimal, factor: Decimal) -> Decimal:
    """Raises QuantityInvalid where the base unit cannot say it exactly."""
    try:
        return exact(_EXACT.multiply(value, factor))
    except Inexact:
        raise QuantityInvalid(f"{value} x {factor}") from None
