"""The facts that adapters are tried with. They know no format, and all amounts are in base units.

The item has cases of twelve, so that a format which counts in cases has to convert, and exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crossdock.common.v1 import values_pb2

SKU, PER_CASE = "A1004", Decimal(12)
ORDER, LINE, NOTICE, LOT = "4500000001", "10", "SH-1", "L1"
AT = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Goods:
    """What was counted of an item, by its condition."""

    good: int = 0
    damaged: int = 0
    held: int = 0
    sku: str = SKU


@dataclass(frozen=True, slots=True)
class Report:
    """What a warehouse says of goods at an instant. `final` says that nothing of it follows."""

    number: str
    place: str
    goods: tuple[Goods, ...]
    final: bool = True


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a warehouse was told to expect, as it reads it."""

    reference: str
    sequence: int
    place: str
    notice: str
    withdrawn: bool
    amounts: Mapping[str, Decimal]


def base(quantity: values_pb2.Quantity) -> Decimal:
    return Decimal(quantity.value or "0") * (PER_CASE if quantity.unit == "XCS" else 1)


def by(name: str, lines: Iterable[Any]) -> dict[Any, Decimal]:
    """The sums of lines' quantities in base units by one of their fields, without what is nothing."""
    found: dict[Any, Decimal] = {}
    for line in lines:
        key = getattr(line, name)
        found[key] = found.get(key, Decimal()) + base(line.quantity)
    return {key: amount for key, amount in found.items() if amount}
