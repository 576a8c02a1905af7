"""What channels, ERP, warehouses and carriers hold of sales orders: quantities by order and line, in the base unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)
LineKey = tuple[str, str]


def _sums() -> dict[LineKey, Decimal]:
    return defaultdict(lambda: ZERO)


@dataclass(slots=True)
class SalesBook:
    """A system's own book; who does not keep one of these leaves it empty, and is not asked for it."""

    ordered: dict[LineKey, Decimal] = field(default_factory=_sums)
    shipped: dict[LineKey, Decimal] = field(default_factory=_sums)
    delivered: dict[LineKey, Decimal] = field(default_factory=_sums)
    invoiced: dict[LineKey, Decimal] = field(default_factory=_sums)
    returned: dict[LineKey, Decimal] = field(default_factory=_sums)
    credited: dict[LineKey, Decimal] = field(default_factory=_sums)

    def of(self, name: str, order: str, line: str) -> Decimal:
        book: Mapping[LineKey, Decimal] = getattr(self, name)
        return book.get((order, line), ZERO)
