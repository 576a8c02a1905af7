"""Available to promise over a horizon (trade: C10, discrete cumulative with look-ahead).

cumulative(t) = available now + confirmed supply due by t - committed demand due by t without stock. A promise at t must
not make any later day negative, so what may be promised at t is the least of all days from t on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from inventory.domain.item import Item
from inventory.domain.quantity import ZERO, as_decimal

DEFAULT_HORIZON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Due:
    """So much that comes, or is wanted, on a day."""

    on: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class PromiseDay:
    day: date
    cumulative: Decimal
    promisable: Decimal
    supply: Decimal
    demand: Decimal


def promise_days(
    available: Decimal, supply: Iterable[Due], demand: Iterable[Due], first: date, horizon_days: int
) -> list[PromiseDay]:
    """One row for each day of the horizon. What was due before the first day is expected on it."""
    days = [first + timedelta(days=offset) for offset in range(horizon_days or DEFAULT_HORIZON_DAYS)]
    comes, wanted = _by_day(supply, days), _by_day(demand, days)
    changes = [comes[day] - wanted[day] for day in days]
    cumulative = [available + change for change in accumulate(changes)]
    least_from_here = list(accumulate(reversed(cumulative), min))[::-1]
    return [
        PromiseDay(day, total, max(least, ZERO), comes[day], wanted[day])
        for day, total, least in zip(days, cumulative, least_from_here, strict=True)
    ]


def _by_day(dues: Iterable[Due], days: Sequence[date]) -> dict[date, Decimal]:
    sums = dict.fromkeys(days, ZERO)
    for each in dues:
        day = max(each.on, days[0])
        if day in sums:
            sums[day] += each.quantity
    return sums


def confirmed(on: date, quantity: Decimal, unit: str, item: Item) -> Due:
    """A supplier's promise in base units. One in a unit that the item no longer has counts as nothing: less is promised
    rather than too much."""
    factor = Decimal(1) if unit == item.base_unit else item.packaging.get(unit)
    converted = None if factor is None else as_decimal(Fraction(quantity) * Fraction(factor))
    return Due(on, converted if converted is not None else ZERO)


def still_to_come(schedule: Iterable[Due], used: Decimal, limit: Decimal) -> list[Due]:
    """What of a confirmed schedule is not used yet: the earliest dates are used first, and no more than `limit` (what
    is on order) is counted."""
    left: list[Due] = []
    for each in sorted(schedule, key=lambda due: due.on):
        taken = min(each.quantity, max(used, ZERO))
        used -= taken
        rest = min(each.quantity - taken, limit)
        if rest > 0:
            left.append(Due(each.on, rest))
            limit -= rest
    return left
