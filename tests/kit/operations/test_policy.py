"""The most specific rule in force decides, and says which version it was."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from crossdock_kit import policy
from crossdock_kit.policy import DIMENSIONS, Decided, NewRule, PolicyBook, Rule, Scope
from hypothesis import given
from hypothesis import strategies as st
from kit_schema import Open

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
KEY = "procurement.receipt.over_tolerance"


def rule(value: int, version: int, *, since: datetime = JANUARY, to: datetime | None = None, **scope: str) -> Rule:
    return Rule(KEY, Scope(**scope), value, since, to, version)


def decided(rules: list[Rule], at: datetime = JANUARY, **place: str) -> Decided:
    return PolicyBook(rules).decide(KEY, Scope(**place), at, default=0)


def test_without_a_rule_the_default_decides_as_version_0() -> None:
    assert decided([]) == Decided(KEY, 0, 0)
    assert decided([rule(5, 1, partner="ACME")], partner="OTHER") == Decided(KEY, 0, 0)


def test_more_dimensions_beat_fewer_and_a_partner_beats_a_location() -> None:
    rules = [
        rule(1, 1),
        rule(2, 2, business_unit="EU"),
        rule(3, 3, location="WEST"),
        rule(4, 4, partner="ACME"),
        rule(5, 5, business_unit="EU", item_category="FROZEN"),
    ]
    here = {"business_unit": "EU", "location": "WEST", "item_category": "FROZEN"}
    assert decided(rules).value == 1
    assert decided(rules, business_unit="EU").value == 2
    assert decided(rules, business_unit="EU", location="WEST").value == 3
    assert decided(rules, business_unit="EU", location="WEST", partner="ACME").value == 4
    assert decided(rules, JANUARY, partner="ACME", **here) == Decided(
        KEY, 5, 5, Scope(business_unit="EU", item_category="FROZEN")
    )


def test_a_season_ends_and_the_rule_before_it_holds_again() -> None:
    march, april = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    rules = [rule(5, 1), rule(20, 2, since=march, to=april)]
    instants = [JANUARY - timedelta(seconds=1), JANUARY, march, april - timedelta(microseconds=1), april]
    assert [decided(rules, at).value for at in instants] == [0, 5, 20, 20, 5]


def test_a_correction_of_the_same_day_is_the_newer_version() -> None:
    assert decided([rule(7, 2), rule(5, 1)]).version == 2


def test_what_was_entered_later_for_an_earlier_time_does_not_replace_what_began_since() -> None:
    march = datetime(2026, 3, 1, tzinfo=UTC)
    rules = [rule(5, 1, since=march), rule(7, 2, since=JANUARY)]
    assert [decided(rules, at).version for at in (JANUARY, march)] == [2, 1]


def test_a_span_is_written_in_days_and_hours() -> None:
    book = PolicyBook([Rule("ack.overdue", Scope(), {"days": 1, "hours": 12}, JANUARY, None, 1)])
    place = Scope()
    assert book.decide("ack.overdue", place, JANUARY, timedelta(hours=24)).span == timedelta(hours=36)
    assert book.decide("other", place, JANUARY, timedelta(hours=24)).span == timedelta(hours=24)


SCOPES = st.builds(Scope, **{name: st.sampled_from(["", "a", "b"]) for name in DIMENSIONS})
RULES = st.lists(
    st.builds(
        Rule,
        st.just(KEY),
        SCOPES,
        st.integers(),
        st.integers(0, 5).map(lambda days: JANUARY + timedelta(days=days)),
        st.none() | st.integers(3, 8).map(lambda days: JANUARY + timedelta(days=days)),
        st.just(0),
    ),
    max_size=8,
)
INSTANTS = st.integers(0, 9).map(lambda days: JANUARY + timedelta(days=days))


@given(rules=RULES, place=SCOPES, at=INSTANTS, seed=st.randoms())
def test_the_winner_covers_the_place_is_in_force_and_depends_on_no_order(
    rules: list[Rule], place: Scope, at: datetime, seed: object
) -> None:
    numbered = [Rule(r.key, r.scope, r.value, r.valid_from, r.valid_to, n) for n, r in enumerate(rules, start=1)]
    found = PolicyBook(numbered).decide(KEY, place, at, default="default")
    assert PolicyBook(reversed(numbered)).decide(KEY, place, at, default="default") == found
    fitting = [r for r in numbered if r.scope.covers(place) and r.in_force(at)]
    if not fitting:
        assert (found.value, found.version) == ("default", 0)
        return
    [winner] = [r for r in fitting if r.version == found.version]
    assert not any(_narrower(other.scope, winner.scope) for other in fitting), "a narrower rule was passed over"


def _narrower(one: Scope, other: Scope) -> bool:
    """One names all that the other names, and more."""
    return one != other and all(getattr(other, name) in ("", getattr(one, name)) for name in DIMENSIONS)


async def test_rules_are_added_with_versions_that_count_per_key_even_at_once(opened: Open) -> None:
    key = f"key.{uuid4().hex}"

    async def add(value: int) -> int:
        async with opened("acme") as tx:
            new = NewRule(key=key, value=value, valid_from=JANUARY, scope=Scope(partner=f"P{value}"))
            return await policy.add(tx.driver, "acme", new)

    assert sorted(await asyncio.gather(*(add(n) for n in range(8)))) == list(range(1, 9))
    async with opened() as tx:
        book = await policy.read(tx.driver, "acme", [key])
        strange = await policy.read(tx.driver, "globex", [key])
    assert book.decide(key, Scope(partner="P3"), JANUARY, None).value == 3
    assert strange.decide(key, Scope(partner="P3"), JANUARY, None).version == 0


@pytest.mark.parametrize("value", [{"days": 2}, "0.05", 7, True])
async def test_values_come_back_as_they_were_given(opened: Open, value: dict[str, int] | str | int | bool) -> None:
    key = f"key.{uuid4().hex}"
    async with opened("acme") as tx:
        await policy.add(tx.driver, "acme", NewRule(key=key, value=value, valid_from=JANUARY))
        book = await policy.read(tx.driver, "acme", [key])
    assert book.decide(key, Scope(), JANUARY, None).value == value
