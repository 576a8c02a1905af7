"""What came back is credited by the invoice that it was on, never above it, and priced only where prices tell."""

from __future__ import annotations

from decimal import Decimal

import pytest
from fulfillment.domain.crediting import by_invoice, room, share
from fulfillment.domain.posting import Kind, Money, Posted, Posting, PostingLine, Totals, posting
from fulfillment.domain.posting_lifecycle import State
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.terms import Price
from fulfillment_cases.trade import D
from hypothesis import given
from hypothesis import strategies as st

ORDER = "0191-1"


def line(number: str, quantity: int, price: str = "2.00", unit: str = "EA") -> PostingLine:
    return PostingLine(number, "BOLT", Quantity(D(quantity), "EA"), Price(D(price), "EUR", unit) if price else None)


def shipped(key: str, *lines: PostingLine) -> Posting:
    return posting(ORDER, Kind.SHIPMENT, key, lines)


def invoice(*lines: PostingLine, gross: str = "119.00") -> Posting:
    made = posting(ORDER, Kind.INVOICE, "r-1", lines)
    money = [Money(D(each), "EUR") for each in (gross, "0.00", gross)]
    made.request()
    made.answer(Posted("ERP-EU", "INV-1", None, Totals(*money)), "EUR")
    return made


def amounts(found: dict[str, list[PostingLine]]) -> dict[str, list[tuple[str, object]]]:
    return {
        name.rpartition(".")[2]: [(each.line_number, each.quantity.value) for each in lines]
        for name, lines in found.items()
    }


@pytest.mark.feature("F158")
def test_what_came_back_is_on_the_invoices_of_its_goods_issues_and_on_each_only_once() -> None:
    issues = [shipped("a", line("1", 4), line("2", 1)), shipped("b", line("1", 6))]
    found, rest = by_invoice({"1": D(7), "2": D(1)}, issues, [])
    assert (amounts(found), rest) == ({"a": [("1", D(4)), ("2", D(1))], "b": [("1", D(3))]}, D(0))
    notes = [posting(ORDER, Kind.CREDIT, name, lines, follows=[name]) for name, lines in found.items()]
    later, rest = by_invoice({"1": D(5)}, issues, notes)
    assert (amounts(later), rest) == ({"b": [("1", D(3))]}, D(2))
    for note in notes:
        note.state = State.REFUSED
    again, _ = by_invoice({"1": D(5)}, issues, notes)
    assert amounts(again) == {"a": [("1", D(4))], "b": [("1", D(1))]}


@pytest.mark.feature("F158")
def test_a_part_of_an_invoice_comes_to_its_share_of_it() -> None:
    of = invoice(line("1", 10, "4.00"), line("2", 20, "3.00"))
    assert share(of, [line("1", 5, "4.00")]) == Money(D("23.80"), "EUR")
    assert share(of, [line("1", 10, "4.00"), line("2", 20, "3.00")]) == Money(D("119.00"), "EUR")


def test_a_share_is_never_more_than_there_is_room_for() -> None:
    of = invoice(line("1", 10))
    of.grant(Money(D("100.00"), "EUR"))
    assert room(of) == D("19.00")
    assert share(of, [line("1", 10)]) == Money(D("19.00"), "EUR")


@pytest.mark.parametrize("other", [line("2", 1, ""), line("2", 1, "3.00", "XCS"), line("2", 0, "0.00")])
def test_where_prices_do_not_tell_only_the_erp_prices_what_came_back(other: PostingLine) -> None:
    of = invoice(line("1", 10, "0.00"), other)
    assert share(of, [line("1", 5, "0.00")]) is None


def test_an_invoice_of_one_line_is_shared_by_quantity() -> None:
    assert share(invoice(line("1", 3, "")), [line("1", 1, "")]) == Money(D("39.67"), "EUR")


@pytest.mark.feature("F158")
@pytest.mark.parametrize("gross", ["119", "119.000000"])
def test_a_share_is_what_can_be_paid_however_the_erp_writes_its_totals(gross: str) -> None:
    assert share(invoice(line("1", 3), gross=gross), [line("1", 1)]) == Money(D("39.67"), "EUR")


@pytest.mark.feature("F158")
@given(st.permutations(["1", "2", "3"]), st.decimals(1, 1000, places=2))
def test_what_comes_back_bit_by_bit_comes_to_the_whole_invoice_to_the_cent(back: list[str], gross: Decimal) -> None:
    of, before = invoice(*(line(number, 1) for number in back), gross=str(gross)), list[PostingLine]()
    for number in back:
        found = share(of, [line(number, 1)], before)
        assert found is not None
        of.grant(found)
        before.append(line(number, 1))
    assert of.credited == gross


@pytest.mark.feature("F158")
@given(st.lists(st.integers(1, 4), max_size=9))
def test_all_shares_together_never_exceed_their_invoice(parts: list[int]) -> None:
    of = invoice(line("1", 7), gross="10.01")
    for part in parts:
        if room(of) > 0 and (money := share(of, [line("1", part)])):
            of.grant(money)
    assert of.totals is not None
    assert 0 <= of.credited <= of.totals.gross.amount
