"""What may differ before somebody is told. The values come from the policy table; the rules say which ones decided."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Percent of what was ordered (over) or announced (short). The rules are for the record of a decision."""

    over_percent: Decimal
    short_percent: Decimal
    short_stays_on_order: bool = True
    over_rule: str = ""
    short_rule: str = ""
