"""Crontab lines and batches: the next time after an instant, in a zone whose clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from connector.domain.schedule import end_of_batch, read_crontab
from hypothesis import given
from hypothesis import strategies as st

BERLIN = ZoneInfo("Europe/Berlin")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "at", "comes"),
    [
        ("* * * * *", "2026-11-20 10:07", "2026-11-20 10:08"),
        ("*/15 * * * *", "2026-11-20 10:15", "2026-11-20 10:30"),
        ("5/20 * * * *", "2026-11-20 10:26", "2026-11-20 10:45"),
        ("0 6-8,20 * * *", "2026-11-20 08:30", "2026-11-20 20:00"),
        ("30 23 31 12 *", "2026-12-31 23:30", "2027-12-31 23:30"),
        ("0 0 29 2 *", "2026-11-20 00:00", "2028-02-29 00:00"),
        ("0 9 * * 0", "2026-11-20 10:07", "2026-11-22 09:00"),
        ("0 9 * * 7", "2026-11-20 10:07", "2026-11-22 09:00"),
        ("0 9 1 * 6", "2026-11-20 10:07", "2026-11-21 09:00"),
        ("0 9 1 * 6", "2026-11-29 10:07", "2026-12-01 09:00"),
    ],
)
def test_the_next_time(line: str, at: str, comes: str) -> None:
    assert read_crontab(line).next_after(instant(at), ZoneInfo("UTC")) == instant(comes)


def test_a_time_that_the_clocks_leave_out_comes_an_hour_later_and_one_that_comes_twice_goes_once() -> None:
    early = read_crontab("30 2 * * *")
    assert early.next_after(instant("2026-03-28 12:00"), BERLIN) == instant("2026-03-29 01:30")
    first = early.next_after(instant("2026-10-24 12:00"), BERLIN)
    assert first == instant("2026-10-25 00:30")
    assert early.next_after(first, BERLIN) == instant("2026-10-26 01:30")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "a * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "@hourly",
    ],
)
def test_what_is_no_crontab_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"needs five|is no "):
        read_crontab(line)


@given(st.integers(0, 2**31), st.integers(5, 86400))
def test_a_batch_ends_after_each_of_its_documents_and_within_its_length(since: int, seconds: int) -> None:
    at, every = datetime.fromtimestamp(since, UTC), timedelta(seconds=seconds)
    ends = end_of_batch(at, every)
    assert at < ends <= at + every
    assert end_of_batch(ends - timedelta(microseconds=1), every) == ends
