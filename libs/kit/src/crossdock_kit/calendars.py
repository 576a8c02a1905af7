"""When time counts: the opening hours of a partner or a site, with closures and a cut-off; by default always.

Pure. Hours are local to a named zone, so a day with a change of clocks is an hour longer or shorter; instants are aware
and what comes out is UTC. It must not know what is being waited for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY_DAY = frozenset(range(7))
_MIDNIGHT = time(0)
_LONGEST_CLOSURE = timedelta(days=3660)


class NeverOpen(ValueError):
    """The calendar has no opening for ten years: nothing that counts in it would ever be due."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One opening of a day in local time. Closing at or before the opening means on the next day (24:00 is 00:00)."""

    opens: time = _MIDNIGHT
    closes: time = _MIDNIGHT


@dataclass(frozen=True, slots=True)
class Calendar:
    """`weekdays` count from Monday = 0. What starts at or after `cut_off` of an open day counts from the next day on.

    Raises ValueError for hours that overlap, for no weekday at all and for an unknown zone.
    """

    zone: str = "UTC"
    weekdays: frozenset[int] = _EVERY_DAY
    hours: tuple[Hours, ...] = (Hours(),)
    closures: frozenset[date] = frozenset()
    cut_off: time | None = None
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "_zone", ZoneInfo(self.zone))
        except (ZoneInfoNotFoundError, OSError) as error:
            raise ValueError(f"unknown zone: {self.zone}") from error
        if not self.weekdays or not self.weekdays <= _EVERY_DAY:
            raise ValueError("a calendar has at least one weekday, each from 0 to 6")
        if not self.hours:
            raise ValueError("a calendar has at least one opening a day")
        _check_apart(self.hours)

    @property
    def always(self) -> bool:
        """Open at any time, so that time is simply added."""
        whole = self.hours == (Hours(),) and self.weekdays == _EVERY_DAY
        return whole and not self.closures and self.cut_off is None

    def add(self, start: datetime, span: timedelta) -> datetime:
        """The instant at which `span` of open time has passed since `start`. A span of zero ends at once when open,
        else with the next opening. Raises NeverOpen, and ValueError for a negative span or a naive start.
        """
        if start.tzinfo is None or span < timedelta(0):
            raise ValueError("time counts forward from an aware instant")
        if self.always:
            return start.astimezone(UTC) + span
        left = span
        for opens, closes in self._openings(self._counts_from(start)):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise AssertionError("openings never end")

    def open_between(self, start: datetime, end: datetime) -> timedelta:
        """How much open time lies between two instants; the cut-off moves the start as it does in `add`."""
        if self.always:
            return max(timedelta(0), end - start)
        total = timedelta(0)
        for opens, closes in self._openings(self._counts_from(start)):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def is_open(self, at: datetime) -> bool:
        """The opening instant is open, the closing one is not."""
        opens, closes = next(self._openings(at.astimezone(UTC)))
        return opens <= at < closes

    def _counts_from(self, start: datetime) -> datetime:
        local = start.astimezone(self._zone)
        if self.cut_off is None or not self._works(local.date()) or local.time() < self.cut_off:
            return start.astimezone(UTC)
        return self._instant(local.date() + timedelta(days=1), _MIDNIGHT)

    def _works(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.closures

    def _openings(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Openings in order, from the one that is under way; the first begins no earlier than `since`."""
        # The day before: an opening of the evening may reach into this day.
        day = since.astimezone(self._zone).date() - timedelta(days=1)
        last = since
        while True:
            for opens, closes in self._openings_of(day) if self._works(day) else ():
                if closes > since and opens < closes:
                    last = closes
                    yield max(opens, since), closes
            day += timedelta(days=1)
            if self._instant(day, _MIDNIGHT) - last > _LONGEST_CLOSURE:
                raise NeverOpen(f"nothing opens within ten years after {last.date()}")

    def _openings_of(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        for hours in self.hours:
            last_day = day if hours.closes > hours.opens else day + timedelta(days=1)
            yield self._instant(day, hours.opens), self._instant(last_day, hours.closes)

    def _instant(self, day: date, at: time) -> datetime:
        """A local time that a change of clocks skips is the same distance after midnight of the old time."""
        return datetime.combine(day, at, self._zone).astimezone(UTC)


def _check_apart(hours: Sequence[Hours]) -> None:
    """Openings of a day follow each other and end before the first one of the next day."""
    minutes = [(_minute(each.opens), _minute(each.closes)) for each in hours]
    spans = [(opens, closes if closes > opens else closes + 1440) for opens, closes in minutes]
    ends = [closes for _, closes in spans]
    begins = [opens for opens, _ in spans[1:]] + [spans[0][0] + 1440]
    if any(end > begin for end, begin in zip(ends, begins, strict=True)):
        raise ValueError("the hours of a calendar overlap or are not in order")


def _minute(at: time) -> float:
    return at.hour * 60 + at.minute + at.second / 60


ALWAYS = Calendar()


def read_calendar(spec: Mapping[str, Any]) -> Calendar:
    """A calendar as a profile writes it: zone, weekdays ("mon".."sun"), hours ("08:00-17:00"), closures, cut_off."""
    unknown = set(spec) - {"zone", "weekdays", "hours", "closures", "cut_off"}
    if unknown:
        raise ValueError(f"a calendar has no {', '.join(sorted(unknown))}")
    facts: dict[str, Any] = {"zone": spec.get("zone", "UTC")}
    if "weekdays" in spec:
        facts["weekdays"] = frozenset(WEEKDAYS.index(day.lower()) for day in spec["weekdays"])
    if "hours" in spec:
        facts["hours"] = tuple(_read_hours(text) for text in spec["hours"])
    if "closures" in spec:
        facts["closures"] = frozenset(
            day if isinstance(day, date) else date.fromisoformat(day) for day in spec["closures"]
        )
    if spec.get("cut_off"):
        facts["cut_off"] = time.fromisoformat(spec["cut_off"])
    return Calendar(**facts)


def _read_hours(text: str) -> Hours:
    opens, dash, closes = text.partition("-")
    if not dash:
        raise ValueError(f"hours are written like 08:00-17:00, not {text!r}")
    until = closes.strip()
    return Hours(time.fromisoformat(opens.strip()), _MIDNIGHT if until == "24:00" else time.fromisoformat(until))
