"""Exact quantities and the one conversion there is: by the packaging of the item, never by a global table.

Balances are kept in the item's base unit. What cannot be said exactly is refused or shown in the base unit, so that no
rounding ever enters a balance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal, Inexact, InvalidOperation

from procurement.domain.refusals import QuantityInvalid, UnitNotConvertible

PLACES = Decimal("0.000001")
LIMIT = Decimal(10) ** 15
ZERO = Decimal(0)
PIECES = frozenset({"EA", "C62", "H87"})
"""Units that count whole things: each, one and piece of UN/ECE Recommendation 20; packages (Recommendation 21, with an
X before them) are counted too."""
_EXACT = Context(prec=80, traps=[Inexact, InvalidOperation])
_ROUNDED = Context(prec=80)


def exact(value: Decimal) -> Decimal:
    """The value in its shortest plain form. Raises QuantityInvalid beyond 15 digits before and 6 after the point."""
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


def ordered_quantity(value: Decimal, unit: str) -> Quantity:
    """A quantity that a document asks for, ships or reports: more than zero."""
    found = Quantity(value, unit)
    if found.value <= ZERO:
        raise QuantityInvalid(str(value))
    return found


def splits_a_piece(value: Decimal, unit: str) -> bool:
    """Whether it says a part of what is only there whole."""
    return (unit in PIECES or unit.startswith("X")) and value != value.to_integral_value()


@dataclass(frozen=True, slots=True)
class Item:
    """What an order must know of an item: its base unit, and how many of it each packaging level holds."""

    sku: str
    base_unit: str
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    category: str = ""

    def factor(self, unit: str) -> Decimal:
        """Base units in one `unit`. Raises UnitNotConvertible where the item has no such level."""
        if unit == self.base_unit:
            return Decimal(1)
        try:
            return self.factors[unit]
        except KeyError:
            raise UnitNotConvertible(self.sku, unit) from None

    def with_units_of(self, later: Item) -> Item:
        """And the units that it had not then; of those that it had the old ones count."""
        if later.base_unit != self.base_unit:
            return self
        return replace(self, factors={**later.factors, **self.factors})

    def to_base(self, quantity: Quantity) -> Decimal:
        return exact(_EXACT.multiply(quantity.value, self.factor(quantity.unit)))


def rescaled(base: Decimal, old_factor: Decimal, new_factor: Decimal) -> Decimal:
    """The same number of units of a line, where a unit holds another number of base units now."""
    try:
        return exact(_EXACT.divide(_EXACT.multiply(base, new_factor), old_factor))
    except Inexact:
        raise QuantityInvalid(f"{base} x {new_factor} / {old_factor}") from None


def in_unit(base: Decimal, unit: str, factor: Decimal, base_unit: str) -> Quantity:
    """A balance in the unit of its line; in the base unit where the line's unit cannot say it exactly."""
    try:
        return Quantity(_EXACT.divide(base, factor), unit)
    except (Inexact, QuantityInvalid):
        return Quantity(base, base_unit)


def total_in_unit(base: Decimal, factor: Decimal) -> Decimal:
    """A total for display in the unit of its line, rounded to 6 places; the balance itself stays exact."""
    return plain(_ROUNDED.quantize(_ROUNDED.divide(base, factor), PLACES))


def percent_of(part: Decimal, whole: Decimal) -> Decimal:
    """How many percent `part` is of `whole`; of nothing, any part is all of it."""
    return Decimal(100) if whole <= ZERO else _ROUNDED.divide(part * 100, whole)
