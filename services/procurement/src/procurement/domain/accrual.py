"""What was received and has not been invoiced, at the order's price: what is owed before anybody asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from procurement.domain.quantities import PLACES, Item
from procurement.domain.terms import Price

_WIDE = Context(prec=80)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """Quantities in the base unit; `unit` and `factor` are the order line's. `item` is needed where the price is for
    another unit than these."""

    business_unit: str
    supplier_id: str
    purchase_order_id: str
    number: str
    line_id: str
    line_number: str
    sku: str
    received: Decimal
    invoiced: Decimal
    base_unit: str
    unit: str
    factor: Decimal
    price: Price | None
    item: Item | None = None

    @property
    def amount(self) -> Decimal | None:
        """Exact but for one rounding at its sixth decimal; None where nobody can say it."""
        if self.price is None:
            return None
        held = self._held(self.price.unit or self.unit)
        if held is None:
            return None
        exact = Fraction(self.received - self.invoiced) * Fraction(self.price.amount) / self.price.per / Fraction(held)
        wide = _WIDE.divide(Decimal(exact.numerator), Decimal(exact.denominator))
        return wide.quantize(PLACES, ROUND_HALF_EVEN, _WIDE)

    def _held(self, unit: str) -> Decimal | None:
        """Base units in one unit of the price: in the order's own what it held when it was ordered."""
        if unit == self.unit:
            return self.factor
        if unit == self.base_unit:
            return Decimal(1)
        return self.item.factors.get(unit) if self.item else None
