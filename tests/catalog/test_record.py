"""Validity of master records: what a new one changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from catalog.domain.identifiers import gs1_check_digit, wrong_gs1
from catalog.domain.record import ALWAYS, Record, Subject, ValidityReversed, place
from hypothesis import given
from hypothesis import strategies as st

ITEM = Subject("item", "A1")
DAYS = [date(2026, month, 1) for month in range(1, 13)]


def state(content: str, start: date = ALWAYS, end: date | None = None) -> Record:
    return Record(ITEM, "", start, end, content.encode())


def after(standing: list[Record], new: Record) -> list[Record]:
    rows = {row.valid_from: row for row in standing}
    rows.update({row.valid_from: row for row in place(standing, new)})
    return [rows[day] for day in sorted(rows)]


def test_a_record_that_stands_already_changes_nothing() -> None:
    assert place([state("a")], state("a")) == ()


def test_a_later_record_ends_the_one_before_it() -> None:
    changed = place([state("a")], state("b", DAYS[3]))
    assert changed == (state("a", end=DAYS[3]), state("b", DAYS[3]))


def test_a_record_of_the_same_day_replaces() -> None:
    assert place([state("a", DAYS[1])], state("b", DAYS[1])) == (state("b", DAYS[1]),)


def test_an_earlier_record_ends_where_the_known_later_one_begins() -> None:
    assert place([state("b", DAYS[3])], state("a")) == (state("a", end=DAYS[3]),)


def test_loading_a_history_again_changes_nothing() -> None:
    history = [state("a"), state("b", DAYS[3]), state("c", DAYS[6])]
    standing: list[Record] = []
    for record in history:
        standing = after(standing, record)
    assert all(place(standing, record) == () for record in history)


def test_a_record_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidityReversed):
        state("a", DAYS[3], DAYS[1])


@given(st.lists(st.tuples(st.sampled_from(DAYS), st.text(max_size=3)), min_size=1, max_size=12))
def test_whatever_comes_in_whatever_order_at_most_one_record_is_valid_on_a_day(rows: list[tuple[date, str]]) -> None:
    standing: list[Record] = []
    for day, content in rows:
        standing = after(standing, state(content, day))
    for day in DAYS:
        valid = [r for r in standing if r.valid_from <= day and (r.valid_to is None or r.valid_to > day)]
        assert len(valid) <= 1


@pytest.mark.parametrize(
    ("body", "digit"),
    [("629104150021", "3"), ("10614141123456789", "7"), ("061414100001", "2"), ("1061414112345", "9")],
)
def test_check_digits_are_those_of_gs1(body: str, digit: str) -> None:
    assert gs1_check_digit(body) == digit


def test_a_wrong_check_digit_is_named_with_its_field() -> None:
    wrong = wrong_gs1([("items[0].gtin", "00000000000000"), ("items[1].gtin", "10614141123451"), ("items[2].gtin", "")])
    assert [each.field for each in wrong] == ["items[1].gtin"]


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def said(content: str, minutes: int | None, start: date = ALWAYS) -> Record:
    return replace(state(content, start), said_at=None if minutes is None else NOON + timedelta(minutes=minutes))


def test_a_word_that_was_said_earlier_and_is_heard_later_changes_nothing() -> None:
    assert place([said("new", 5)], said("old", 3)) == ()
    assert place([said("old", 3)], said("new", 5)) == (said("new", 5),)
    assert place([said("loaded", None)], said("new", 5)) == (said("new", 5),)


def test_what_is_said_again_later_is_remembered_as_said_then() -> None:
    [again] = place([said("a", 1)], said("a", 9))
    assert again.said_at == NOON + timedelta(minutes=9)
    assert place([again], said("b", 5)) == ()


@given(
    st.permutations([(day, minute, content) for day in (ALWAYS, DAYS[3]) for minute, content in enumerate("abcab")]),
    st.lists(st.integers(0, 9), max_size=6),
)
def test_words_of_any_order_and_number_come_to_the_last_that_was_said(
    words: list[tuple[date, int, str]], twice: list[int]
) -> None:
    standing: list[Record] = []
    for day, minute, content in [*words, *(words[each] for each in twice)]:
        standing = after(standing, said(content, minute, day))
    assert standing == [state("b", ALWAYS, DAYS[3]), state("b", DAYS[3])]
