"""A count stands: what becomes known of the time before it is booked, and the count's own difference is made smaller
by it, because whoever counted had seen it already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from inventory.domain.adjusting import Adjustment
from inventory.domain.quantity import ZERO, Measure
from inventory.domain.stock_report import CountedPlace, StockAdjustment


@dataclass(frozen=True, slots=True)
class StandingCount:
    """The newest count, or booked statement, of a place, and the reason for which its difference was booked."""

    place: CountedPlace
    counted_at: datetime
    reason: str

    def saw(self, change: Adjustment) -> bool:
        return self.place.holds(change) and change.document.occurred_at <= self.counted_at


def made_up_for(
    report: StockAdjustment, late: Sequence[Adjustment], counts: Iterable[StandingCount]
) -> list[Adjustment]:
    """What leaves each count what it was, beside `late` changes that it saw: one for each count, dated as it is.

    Counts go by their time and lots before all lots together, so that what one of them makes up for another need not.
    """
    found: list[Adjustment] = []
    for count in sorted(counts, key=lambda each: (each.counted_at, each.place.lot == "")):
        seen = [each for each in (*late, *found) if count.saw(each)]
        change = -sum((each.change for each in seen), ZERO)
        if change:
            named, conversion = f"made up for/{len(found) + 1}", seen[0].document.conversion
            found.append(
                Adjustment(
                    key=count.place.key,
                    lot=count.place.lot,
                    bucket=count.place.bucket,
                    change=change,
                    reason=count.reason,
                    said=Measure(change, seen[0].unit),
                    document=report.document(named, at=count.counted_at, conversion=conversion),
                    unit=seen[0].unit,
                )
            )
    return found
