"""Time counts only while the partner or site is open, across changes of clocks, closures and cut-offs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from crossdock_kit.calendars import ALWAYS, Calendar, Hours, NeverOpen, read_calendar
from hypothesis import given
from hypothesis import strategies as st

PRAGUE = ZoneInfo("Europe/Prague")
OFFICE = Calendar("Europe/Prague", frozenset(range(5)), (Hours(time(8), time(12)), Hours(time(13), time(17))))


def prague(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PRAGUE)  # type: ignore[arg-type, misc]


def test_the_default_counts_always() -> None:
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert ALWAYS.add(start, timedelta(days=2)) == start + timedelta(days=2)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (prague(2026, 3, 2, 9), 2, prague(2026, 3, 2, 11)),
        (prague(2026, 3, 2, 11), 2, prague(2026, 3, 2, 14)),  # over lunch
        (prague(2026, 3, 2, 16), 2, prague(2026, 3, 3, 9)),  # over night
        (prague(2026, 3, 6, 16), 2, prague(2026, 3, 9, 9)),  # over the weekend
        (prague(2026, 3, 7, 3), 0, prague(2026, 3, 9, 8)),  # nothing to wait, but closed
        (prague(2026, 3, 2, 16), 1, prague(2026, 3, 2, 17)),  # due at the closing, not at the next opening
    ],
)
def test_office_hours(start: datetime, hours: int, end: datetime) -> None:
    assert OFFICE.add(start, timedelta(hours=hours)) == end


def test_the_night_of_the_clock_change_is_as_long_as_it_is() -> None:
    night = Calendar("Europe/Prague", hours=(Hours(time(22), time(6)),))
    evening = prague(2026, 3, 28, 22)
    assert night.open_between(evening, prague(2026, 3, 29, 12)) == timedelta(hours=7)
    assert night.open_between(prague(2026, 10, 24, 22), prague(2026, 10, 25, 12)) == timedelta(hours=9)
    assert night.add(evening, timedelta(hours=8)) == prague(2026, 3, 29, 23)


def test_a_closure_does_not_count() -> None:
    holidays = Calendar("Europe/Prague", closures=frozenset({date(2026, 12, 25), date(2026, 12, 26)}))
    assert holidays.add(prague(2026, 12, 24, 18), timedelta(hours=7)) == prague(2026, 12, 27, 1)


def test_what_comes_after_the_cut_off_counts_from_the_next_day() -> None:
    carrier = Calendar("Europe/Prague", frozenset(range(5)), (Hours(time(8), time(18)),), cut_off=time(14))
    assert carrier.add(prague(2026, 3, 2, 13, 59), timedelta(hours=1)) == prague(2026, 3, 2, 14, 59)
    assert carrier.add(prague(2026, 3, 2, 14), timedelta(hours=1)) == prague(2026, 3, 3, 9)
    assert carrier.add(prague(2026, 3, 6, 15), timedelta(hours=1)) == prague(2026, 3, 9, 9)


def test_a_shift_over_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    friday_night = Calendar("UTC", frozenset({4}), (Hours(time(22), time(6)),))
    assert friday_night.is_open(datetime(2026, 3, 7, 5, 59, tzinfo=UTC))
    assert not friday_night.is_open(datetime(2026, 3, 7, 6, tzinfo=UTC))
    assert not friday_night.is_open(datetime(2026, 3, 6, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    "flawed",
    [
        {"zone": "Europe/Atlantis"},
        {"weekdays": []},
        {"hours": ["08:00-12:00", "11:00-17:00"]},
        {"hours": ["22:00-06:00", "05:00-07:00"]},
        {"hours": []},
        {"hours": ["noon"]},
        {"weekday": ["mon"]},
        {"weekdays": ["someday"]},
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(flawed: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        read_calendar(flawed)


def test_a_calendar_that_never_opens_says_so() -> None:
    closed = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(5000))
    with pytest.raises(NeverOpen):
        Calendar(closures=closed).add(datetime(2026, 3, 2, tzinfo=UTC), timedelta(hours=1))


def test_a_naive_start_and_a_negative_span_are_refused() -> None:
    with pytest.raises(ValueError):
        OFFICE.add(datetime(2026, 3, 2), timedelta(0))  # noqa: DTZ001
    with pytest.raises(ValueError):
        OFFICE.add(prague(2026, 3, 2), timedelta(seconds=-1))


def test_a_profile_writes_it_in_words() -> None:
    spec = {
        "zone": "Europe/Prague",
        "weekdays": ["mon", "Tue", "wed", "thu", "fri"],
        "hours": ["08:00-12:00", "13:00-17:00"],
        "closures": ["2026-12-25", date(2026, 12, 26)],
        "cut_off": "14:30",
    }
    read = read_calendar(spec)
    assert read.hours == OFFICE.hours
    assert read.closures == {date(2026, 12, 25), date(2026, 12, 26)}
    assert read.cut_off == time(14, 30)
    assert read_calendar({"hours": ["00:00-24:00"]}).always
    assert read_calendar({}) == ALWAYS


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    minutes = sorted(draw(st.sets(st.integers(0, 1439), min_size=2, max_size=6).filter(lambda m: len(m) % 2 == 0)))
    if draw(st.booleans()):
        minutes = minutes[1:] + minutes[:1]  # the last opening reaches over midnight
    times = [time(minute // 60, minute % 60) for minute in minutes]
    first = date(2026, 3, 20)
    closed = draw(st.sets(st.integers(0, 30), max_size=10))
    return Calendar(
        draw(st.sampled_from(["UTC", "Europe/Prague", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"])),
        frozenset(draw(st.sets(st.integers(0, 6), min_size=1))),
        tuple(Hours(opens, closes) for opens, closes in zip(times[::2], times[1::2], strict=True)),
        frozenset(first + timedelta(days=n) for n in closed),
        draw(st.none() | st.times().map(lambda t: t.replace(microsecond=0))),
    )


STARTS = st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 10), timezones=st.just(UTC))  # noqa: DTZ001
SPANS = st.timedeltas(timedelta(0), timedelta(hours=30))


@given(calendar=calendars(), start=STARTS, span=SPANS)
def test_as_much_open_time_passes_as_was_asked_for(calendar: Calendar, start: datetime, span: timedelta) -> None:
    end = calendar.add(start, span)
    assert calendar.open_between(start, end) == span
    assert end >= start
    assert calendar.is_open(end) or calendar.is_open(end - timedelta(microseconds=1))


@given(calendar=calendars(), start=STARTS, span=SPANS, more=SPANS)
def test_waiting_in_two_parts_is_waiting_once(
    calendar: Calendar, start: datetime, span: timedelta, more: timedelta
) -> None:
    plain = Calendar(calendar.zone, calendar.weekdays, calendar.hours, calendar.closures)
    assert plain.open_between(start, plain.add(start, span) + more) >= span
    assert plain.add(plain.add(start, span), more) >= plain.add(start, span + more)
    assert plain.open_between(start, plain.add(plain.add(start, span), more)) == span + more


@given(calendar=calendars(), start=STARTS, later=SPANS, span=SPANS)
def test_who_starts_later_is_never_due_earlier(
    calendar: Calendar, start: datetime, later: timedelta, span: timedelta
) -> None:
    plain = Calendar(calendar.zone, calendar.weekdays, calendar.hours, calendar.closures)
    assert plain.add(start, span) <= plain.add(start + later, span)
