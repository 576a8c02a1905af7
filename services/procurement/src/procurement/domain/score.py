"""How a supplier kept its word: what was counted, and the share of it that was good. Nothing is weighed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum


class Measure(Enum):
    """What is counted; the contract says of each which day counts and what good means."""

    ANSWERED = "answered"
    AS_PROMISED = "as_promised"
    AS_REQUESTED = "as_requested"
    FILLED = "filled"
    ANNOUNCED_EXACTLY = "announced_exactly"
    ANNOUNCED = "announced"
    UNDAMAGED = "undamaged"
    INVOICES_MATCHED = "invoices_matched"


@dataclass(frozen=True, slots=True)
class Share:
    good: int = 0
    total: int = 0

    @property
    def percent(self) -> Decimal | None:
        """Exact to one decimal; nothing where nothing was counted, because that is neither good nor bad."""
        return (Decimal(100 * self.good) / self.total).quantize(Decimal("0.1")) if self.total else None


@dataclass(frozen=True, slots=True)
class ScoreScope:
    """Whose facts count, from the first to the last day. An empty business unit is all of them."""

    supplier_id: str
    business_unit: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Score:
    scope: ScoreScope
    shares: Mapping[Measure, Share]
    median_answer_hours: Decimal | None = None
