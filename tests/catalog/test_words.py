"""Of several roles' words about a thing the highest owner's is shown, in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from catalog.domain.record import ALWAYS, Record, Subject
from catalog.domain.words import Precedence, Standing, Step, highest_first, steps
from hypothesis import given
from hypothesis import strategies as st

ITEM = Subject("item", "A1")
MARCH, JUNE, SEPTEMBER = (date(2026, month, 1) for month in (3, 6, 9))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Word = tuple[str, date, int, str]
"""Role, first day, minute in which it was said, content."""


def both(said: Mapping[str, bytes]) -> bytes:
    """One letter of each role, so that a test sees who counts for what: M for what MDM says, else what ERP says."""
    return b"+".join(said[role] for role in highest_first(("MDM", "ERP"), said))


def first(said: Mapping[str, bytes]) -> bytes:
    return said[highest_first(("MDM", "ERP"), said)[0]]


def rules(compose: object = first, roles: tuple[str, ...] = ("MDM", "ERP")) -> dict[str, Precedence]:
    return {"item": Precedence(roles, roles, compose)}  # type: ignore[arg-type]


def record(start: date, content: str, minute: int | None = None, end: date | None = None) -> Record:
    at = None if minute is None else NOON + timedelta(minutes=minute)
    return Record(ITEM, "", start, end, content.encode(), at)


def heard(standing: Standing, role: str, *records: Record, **more: object) -> tuple[Standing, list[Step]]:
    """What stands after a load of one role, as the store would keep it."""
    done = list(steps(records, role, {(ITEM, ""): standing}, rules(**more)))  # type: ignore[arg-type]
    shown = {each.valid_from: each for each in standing.shown}
    said = {each.valid_from: each for each in standing.words.get(role, ())}
    for step in done:
        shown |= {each.valid_from: each for each in step.changes}
        said |= {each.valid_from: each for each in step.words}
    return Standing([shown[day] for day in sorted(shown)], {**standing.words, role: list(said.values())}), done


def after(words: Iterable[Word], **more: object) -> Standing:
    standing = Standing()
    for role, day, minute, content in words:
        standing, _ = heard(standing, role, record(day, content, minute), **more)
    return standing


def spans(standing: Standing) -> list[tuple[date, date | None, str]]:
    return [(each.valid_from, each.valid_to, each.content.decode()) for each in standing.shown]


def test_the_higher_owner_is_shown_and_the_others_word_is_kept() -> None:
    standing, _ = heard(Standing(), "MDM", record(ALWAYS, "golden", 1))
    standing, [step] = heard(standing, "ERP", record(ALWAYS, "local", 9))
    assert (step.changes, step.kept, step.late) == ((), True, False)
    assert spans(standing) == [(ALWAYS, None, "golden")]
    assert [each.content for each in standing.words["ERP"]] == [b"local"]
    _, [again] = heard(standing, "ERP", record(ALWAYS, "local", 9))
    assert (again.changes, again.kept) == ((), False), "said before"


def test_what_the_lower_owner_says_of_a_later_day_does_not_end_the_higher_ones_word() -> None:
    standing = after([("MDM", ALWAYS, 1, "M"), ("ERP", ALWAYS, 1, "e"), ("ERP", JUNE, 2, "f")], compose=both)
    assert spans(standing) == [(ALWAYS, JUNE, "M+e"), (JUNE, None, "M+f")]


def test_a_record_ends_when_the_highest_that_speaks_of_it_says_so() -> None:
    standing, _ = heard(Standing(), "ERP", record(ALWAYS, "e"))
    standing, _ = heard(standing, "MDM", record(MARCH, "M", end=JUNE))
    assert spans(standing) == [(ALWAYS, MARCH, "e"), (MARCH, JUNE, "M")]
    standing, _ = heard(standing, "ERP", record(SEPTEMBER, "again"))
    assert spans(standing)[-1] == (SEPTEMBER, None, "again")


def test_who_is_named_by_nobody_comes_behind_all_that_are() -> None:
    standing = after([("CHANNEL", ALWAYS, 9, "shop"), ("ERP", ALWAYS, 1, "book")])
    assert spans(standing) == [(ALWAYS, None, "book")]
    assert highest_first(("MDM",), ["ERP", "CHANNEL", "MDM"]) == ["MDM", "CHANNEL", "ERP"]


def test_what_stood_before_roles_were_kept_becomes_the_word_of_who_speaks_next() -> None:
    loaded = Standing([record(ALWAYS, "old", end=MARCH), record(MARCH, "old too")])
    standing, [step] = heard(loaded, "ERP", record(MARCH, "new", 1))
    assert [each.content for each in step.words] == [b"old", b"new"]
    assert spans(standing) == [(ALWAYS, MARCH, "old"), (MARCH, None, "new")]
    standing, _ = heard(standing, "MDM", record(MARCH, "golden", 2))
    assert spans(standing) == [(ALWAYS, MARCH, "old"), (MARCH, None, "golden")]


@pytest.mark.feature("F042")
@given(
    st.permutations(
        [
            (role, day, minute, f"{role[0]}{minute}")
            for role in ("MDM", "ERP")
            for day in (ALWAYS, MARCH)
            for minute in (1, 2)
        ]
    ),
    st.lists(st.integers(0, 7), max_size=6),
)
def test_in_any_order_late_or_twice_it_comes_to_the_same(words: list[Word], twice: list[int]) -> None:
    standing = after([*words, *(words[each] for each in twice)], compose=both)
    assert spans(standing) == [(ALWAYS, MARCH, "M2+E2"), (MARCH, None, "M2+E2")]
    assert {role: sorted(each.content for each in said) for role, said in standing.words.items()} == {
        "MDM": [b"M2", b"M2"],
        "ERP": [b"E2", b"E2"],
    }


@given(st.permutations([("MDM", MARCH, 1, "M"), ("ERP", ALWAYS, 5, "e"), ("ERP", JUNE, 6, "f"), ("CRM", JUNE, 9, "c")]))
def test_whose_days_differ_come_to_the_same_too(words: list[Word]) -> None:
    assert spans(after(words)) == [(ALWAYS, MARCH, "e"), (MARCH, JUNE, "M"), (JUNE, None, "M")]


def test_of_people_the_highest_that_has_spoken_of_the_party_speaks() -> None:
    standing = after([("ERP", ALWAYS, 1, "e")])
    standing, [by_mdm] = heard(standing, "MDM", record(ALWAYS, "M", 2))
    assert not by_mdm.outranked
    _, [by_erp] = heard(standing, "ERP", record(ALWAYS, "f", 3))
    assert by_erp.outranked


def test_a_change_names_the_day_that_its_record_is_of() -> None:
    standing = after([("ERP", ALWAYS, 1, "e"), ("ERP", JUNE, 2, "f")])
    _, [step] = heard(standing, "MDM", record(ALWAYS, "M", 3))
    assert [(each.valid_from, each.content) for each in step.changes] == [(ALWAYS, b"M"), (JUNE, b"M")]
    assert step.after == replace(step.changes[0])
    assert step.before is not None
    assert step.before.content == b"e"
