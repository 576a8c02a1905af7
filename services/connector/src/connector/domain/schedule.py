"""When a document goes that need not go at once: with the others of its batch, or at the next time of a crontab line.

Pure. Times of the day are local to a named zone; instants are aware and what comes out is UTC. Knows no profile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_BOUNDS = {"minute": (0, 59), "hour": (0, 23), "day of month": (1, 31), "month": (1, 12), "day of week": (0, 7)}
# 29 February on a named day of the week comes again after 40 years at the latest.
_LONGEST = timedelta(days=366 * 41)


def end_of_batch(at: datetime, every: timedelta) -> datetime:
    """The end of the window in which `at` lies. Windows are counted from midnight UTC of 1970."""
    began = datetime(1970, 1, 1, tzinfo=UTC)
    return began + ((at - began) // every + 1) * every


@dataclass(frozen=True, slots=True)
class Crontab:
    """The five fields of a crontab line. Where days of the month and of the week are both named, either will do."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def next_after(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The first time after an instant. A time that a change of clocks leaves out comes an hour later.

        Raises ValueError if there is none.
        """
        begin = at.astimezone(zone).date()
        for offset in range(_LONGEST.days):
            day = begin + timedelta(days=offset)
            if self._has(day):
                for each in self._times():
                    instant = datetime.combine(day, each, zone).astimezone(UTC)
                    if instant > at:
                        return instant
        raise ValueError("no day is ever named by both its day of the month and its month")

    def _has(self, day: date) -> bool:
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (in_month or in_week if self.either_day else in_month and in_week)

    def _times(self) -> Iterator[time]:
        return (time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes))


@cache
def read_crontab(line: str) -> Crontab:
    """Minute, hour, day of month, month, day of week: `*`, numbers, lists, ranges and steps. Raises ValueError."""
    fields = line.split()
    if len(fields) != len(_BOUNDS):
        raise ValueError(f"{line!r} has {len(fields)} fields and needs five: {', '.join(_BOUNDS)}")
    minutes, hours, days, months, weekdays = (_values(text, name) for text, name in zip(fields, _BOUNDS, strict=True))
    named = "*" not in {fields[2][0], fields[4][0]}
    return Crontab(minutes, hours, days, months, frozenset(each % 7 for each in weekdays), named)


def _values(text: str, name: str) -> frozenset[int]:
    return frozenset(value for part in text.split(",") for value in _part(part, name))


def _part(part: str, name: str) -> range:
    low, high = _BOUNDS[name]
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    try:
        begin = low if span == "*" else int(first)
        end = high if span == "*" or (step and not last) else int(last or first)
        found = range(begin, end + 1, int(step or 1))
    except ValueError:
        raise ValueError(f"{part!r} is no {name}") from None
    if not found or not low <= begin <= end <= high:
        raise ValueError(f"{part!r} is no {name}: from {low} to {high}")
    return found
