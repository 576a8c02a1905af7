"""Available to promise, first expiry first, and exact quantities."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventory.domain.item import Item, UnitNotConvertible
from inventory.domain.lots import FreeLot, LotExpired, LotShort, Pick, as_chosen, first_expiry_first
from inventory.domain.promising import Due, promise_days, still_to_come
from inventory.domain.quantity import Measure, QuantityInvalid, plain, positive
from inventory.domain.reserving import Basket, Part, Promised, SplitRule, decide

MONDAY = date(2026, 3, 2)
D = Decimal


@pytest.mark.feature("F088")
def test_a_promise_never_makes_a_later_day_negative() -> None:
    days = promise_days(
        D(10),
        supply=[Due(MONDAY + timedelta(days=3), D(5))],
        demand=[Due(MONDAY + timedelta(days=2), D(8))],
        first=MONDAY,
        horizon_days=5,
    )
    assert [each.cumulative for each in days] == [10, 10, 2, 7, 7]
    assert [each.promisable for each in days] == [2, 2, 2, 7, 7]


@pytest.mark.feature("F088")
def test_supply_that_is_overdue_is_expected_on_the_first_day() -> None:
    days = promise_days(D(0), [Due(MONDAY - timedelta(days=9), D(4))], [], MONDAY, 2)
    assert [each.promisable for each in days] == [4, 4]


@pytest.mark.feature("F088")
def test_a_schedule_is_used_by_its_earliest_dates() -> None:
    schedule = [Due(MONDAY + timedelta(days=7), D(40)), Due(MONDAY, D(60))]
    assert still_to_come(schedule, used=D(70), limit=D(100)) == [Due(MONDAY + timedelta(days=7), D(30))]
    assert still_to_come(schedule, used=D(0), limit=D(50)) == [Due(MONDAY, D(50))]


@given(
    available=st.integers(-5, 20),
    supply=st.lists(st.tuples(st.integers(-2, 12), st.integers(1, 9)), max_size=6),
    demand=st.lists(st.tuples(st.integers(-2, 12), st.integers(1, 9)), max_size=6),
)
def test_promising_all_of_a_day_leaves_no_later_day_below_zero(
    available: int, supply: list[tuple[int, int]], demand: list[tuple[int, int]]
) -> None:
    def dues(pairs: list[tuple[int, int]]) -> list[Due]:
        return [Due(MONDAY + timedelta(days=offset), D(quantity)) for offset, quantity in pairs]

    before = promise_days(D(available), dues(supply), dues(demand), MONDAY, 10)
    for each in before:
        promised = [*dues(demand), Due(each.day, each.promisable)]
        after = promise_days(D(available), dues(supply), promised, MONDAY, 10)
        later = [
            (day.cumulative, was.cumulative) for day, was in zip(after, before, strict=True) if day.day >= each.day
        ]
        assert all(now >= 0 or now == was for now, was in later)


@pytest.mark.feature("F086")
def test_what_expires_first_leaves_first() -> None:
    lots = [
        FreeLot("L3", None, D(9)),
        FreeLot("L2", date(2026, 6, 1), D(4)),
        FreeLot("L1", date(2026, 9, 1), D(4)),
    ]
    today = date(2026, 5, 1)
    picks = first_expiry_first(Part("A1", "EAST", D(9)), lots, today)
    assert [(pick.lot, pick.quantity) for pick in picks] == [("L2", D(4)), ("L1", D(4)), ("L3", D(1))]
    with pytest.raises(LotShort):
        first_expiry_first(Part("A1", "EAST", D(18)), lots, today)


@pytest.mark.feature("F086")
def test_what_has_expired_does_not_leave_though_it_expires_first() -> None:
    lots = [FreeLot("OLD", date(2026, 4, 30), D(4)), FreeLot("NOW", date(2026, 5, 1), D(4)), FreeLot("NEW", None, D(4))]
    part, today = Part("A1", "EAST", D(5)), date(2026, 5, 1)
    picks = first_expiry_first(part, lots, today)
    assert [(pick.lot, pick.quantity) for pick in picks] == [("NOW", D(4)), ("NEW", D(1))]
    with pytest.raises(LotShort):
        first_expiry_first(Part("A1", "EAST", D(9)), lots, today)
    with pytest.raises(LotExpired) as refused:
        as_chosen(part, [Pick("A1", "EAST", "OLD", D(4)), Pick("A1", "EAST", "NEW", D(1))], lots, today)
    assert (refused.value.lot, refused.value.expired_on) == ("OLD", "2026-04-30")


@pytest.mark.parametrize(
    "text", ["0", "-1", "NaN", "Infinity", "1e-9", "1e3", "0.0000001", "1234567890123456", "x", ""]
)
def test_a_quantity_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(QuantityInvalid):
        positive(text)


@pytest.mark.parametrize(("text", "shown"), [("12", "12"), ("0.500000", "0.5"), ("100", "100"), ("1000000", "1000000")])
def test_a_quantity_is_shown_in_plain_notation(text: str, shown: str) -> None:
    assert plain(D(text)) == shown


def test_packaging_converts_exactly_or_not_at_all() -> None:
    item = Item("A1", "EA", {"XCS": D(12), "XBX": D("0.333333")})
    assert item.in_base_units(Measure(D("2.5"), "XCS")) == 30
    with pytest.raises(UnitNotConvertible):
        item.in_base_units(Measure(D("0.1"), "XBX"))
    with pytest.raises(UnitNotConvertible):
        item.in_base_units(Measure(D(1), "KGM"))


@given(
    shelves=st.dictionaries(
        st.sampled_from(["A", "B", "C"]),
        st.dictionaries(st.sampled_from(["E", "W", "S"]), st.integers(-2, 9).map(D), max_size=3),
    ),
    lines=st.dictionaries(st.sampled_from(["A", "B", "C"]), st.integers(1, 9).map(D), min_size=1),
    split=st.sampled_from(SplitRule),
    locations=st.permutations(["E", "W", "S"]).flatmap(lambda some: st.integers(0, 3).map(lambda n: tuple(some[:n]))),
)
@pytest.mark.feature("F091")
def test_a_basket_is_served_whole_within_its_rule_or_not_at_all(
    shelves: dict[str, dict[str, Decimal]], lines: dict[str, Decimal], split: SplitRule, locations: tuple[str, ...]
) -> None:
    basket = Basket(uuid4(), "acme", "EU01", lines, {}, "web", locations=locations, split=split)
    decision = decide(basket, shelves)
    if not isinstance(decision, Promised):
        assert decision.lines
        return
    for sku, wanted in lines.items():
        mine = [part for part in decision.parts if part.sku == sku]
        assert sum(part.quantity for part in mine) == wanted
        assert split is SplitRule.WITHIN_LINE or len(mine) == 1
        assert all(part.quantity <= shelves[sku][part.location_id] for part in mine)
        assert not locations or {part.location_id for part in mine} <= set(locations)
    assert split is not SplitRule.NONE or len({part.location_id for part in decision.parts}) == 1
