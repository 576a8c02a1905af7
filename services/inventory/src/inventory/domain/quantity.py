"""Exact quantities: decimals of at most six places, never a float, never NaN.

A quantity is in the item's base unit unless it says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Any

from crossdock_kit.errors import Invalid, Violation

PLACES = 6
LARGEST = Decimal(10) ** 15
_SMALLEST = Decimal(1).scaleb(-PLACES)
ZERO = Decimal(0)
PIECES = frozenset({"EA", "C62", "H87"})
"""Units that count whole things: each, one and piece of UN/ECE Recommendation 20; packages (Recommendation 21, with an
X before them) are counted too."""


@dataclass
class QuantityInvalid(Invalid):
    """Not a decimal in plain notation with at most 15 digits before and 6 after the point, or of the wrong sign."""

    value: str
    rule: str
    violations: tuple[Violation, ...] = ()

    def in_field(self, path: str) -> QuantityInvalid:
        """The same, by the name of the field that says it."""
        return QuantityInvalid(self.value, self.rule, (Violation(path, f"must be {self.rule}", "quantity.value"),))


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity in a unit of UN/ECE Recommendation 20 or 21, as a document says it."""

    value: Decimal
    unit: str


@lru_cache(maxsize=4096)
def exact(text: str) -> Decimal:
    """The decimal that `text` says. Raises QuantityInvalid; exponents, NaN and infinities are no quantities."""
    if "e" in text.lower():
        raise QuantityInvalid(text, "plain notation")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise QuantityInvalid(text, "a decimal") from None
    if not value.is_finite():
        raise QuantityInvalid(text, "a decimal")
    if abs(value) >= LARGEST or not fits(value):
        raise QuantityInvalid(text, "at most 15 digits before and 6 after the point")
    return value


def positive(text: str) -> Decimal:
    value = exact(text)
    if value <= 0:
        raise QuantityInvalid(text, "more than zero")
    return value


def not_negative(text: str) -> Decimal:
    value = exact(text)
    if value < 0:
        raise QuantityInvalid(text, "zero or more")
    return value


def signed(text: str) -> Decimal:
    value = exact(text)
    if value == 0:
        raise QuantityInvalid(text, "not zero")
    return value


def of_rule(value: Any) -> Decimal | None:
    """What a rule of the policy says, as {"quantity": "5"}; None for what is no quantity of zero or more."""
    try:
        return not_negative(str(value["quantity"]))
    except (QuantityInvalid, KeyError, TypeError):
        return None


def fits(value: Decimal) -> bool:
    """Whether it can be kept without rounding."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and (exponent >= -PLACES or value == value.quantize(_SMALLEST))


def as_decimal(ratio: Fraction) -> Decimal | None:
    """The same number with at most six places, or None if it cannot be written so."""
    scaled = ratio * 10**PLACES
    return Decimal(scaled.numerator).scaleb(-PLACES) if scaled.denominator == 1 else None


def splits_a_piece(value: Decimal, unit: str) -> bool:
    """Whether it says a part of what is only there whole."""
    return (unit in PIECES or unit.startswith("X")) and value != value.to_integral_value()


def plain(value: Decimal) -> str:
    """Plain notation without trailing zeros: 12, 0.5, -3."""
    if value == value.to_integral_value():
        return str(int(value))
    return format(value.normalize(), "f")
