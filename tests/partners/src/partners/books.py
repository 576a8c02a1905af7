"""What partners hold about orders: the second books that the suite is compared with at the end of a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)
LineKey = tuple[str, str]


@dataclass(slots=True)
class OrderBook:
    """Quantities per (order, line) in the unit of the line; absent is zero."""

    ordered: dict[LineKey, Decimal] = field(default_factory=dict)
    confirmed: dict[LineKey, Decimal] = field(default_factory=dict)
    shipped: dict[LineKey, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    received: dict[LineKey, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    damaged: dict[LineKey, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    expected: dict[LineKey, Decimal] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)

    def of(self, order: str, line: str) -> Mapping[str, Decimal]:
        """What this partner holds of one line, by the name of the book; books that it does not keep are left out."""
        books = ("ordered", "confirmed", "shipped", "received", "damaged")
        return {name: getattr(self, name)[order, line] for name in books if (order, line) in getattr(self, name)}


@dataclass(frozen=True, slots=True)
class ItemCard:
    """How one item is counted: base unit, and units per case where it comes in cases."""

    sku: str
    base_unit: str
    per_case: Decimal | None

    def base(self, quantity: Decimal, unit: str) -> Decimal:
        """Raises ValueError for a unit that the item has no packaging in."""
        if unit == self.base_unit:
            return quantity
        if unit == "XCS" and self.per_case:
            return quantity * self.per_case
        raise ValueError(f"{self.sku} is not counted in {unit}")

    def in_unit(self, base: Decimal, unit: str) -> Decimal:
        return base / self.base(Decimal(1), unit)
