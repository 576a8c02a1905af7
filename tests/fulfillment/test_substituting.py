"""Another item in place of what is not to be had: which, when, at whose price, and what it is told as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from fulfillment.domain import events
from fulfillment.domain.allocating import allocate, fall_short, refuse, retry
from fulfillment.domain.cancelling import cancel_part, change_quantity
from fulfillment.domain.order_line import Offer
from fulfillment.domain.posting_lines import changed
from fulfillment.domain.quantities import Item, Quantity
from fulfillment.domain.questions import Held, Shortage
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.substituting import offers
from fulfillment.domain.terms import Price, ShortageRule
from fulfillment_cases.trade import ITEMS, hear_held, line, names, placed, standing, told, wanted

D = Decimal
SCREW, RIVET = Offer("SCREW", Price(D("2.70"), "EUR", "EA")), Offer("RIVET", Price(D("2.40"), "EUR", "EA"))
BOTH = {1: [SCREW, RIVET]}


def short(order: SalesOrder, known: Mapping[int, Sequence[Offer]] | None = None, **available: float) -> None:
    asked = order.questions[-1]
    found = [Shortage(sku, D(str(there)), "STOCK_SHORT") for sku, there in available.items()]
    fall_short(order, asked.part, asked.attempt, found, offers=BOTH if known is None else known)


def test_what_stands_for_an_item_is_asked_for_and_goes_out_at_its_own_price() -> None:
    order = placed()
    short(order, BOLT=0)
    assert (wanted(order), names(order)) == ({"SCREW": D(10)}, [])
    hear_held(order)
    [found] = order.lines.values()
    assert (found.ordered_sku, found.sku, found.price) == ("BOLT", "SCREW", SCREW.price)
    facts = told(order)
    assert [type(each).__name__ for each in facts] == [
        "OrderLinesSubstituted",
        "OrderLinesAllocated",
        "OrderAcknowledged",
        "OrderReleased",
    ]
    [step] = facts[0].steps if isinstance(facts[0], events.OrderLinesSubstituted) else []
    assert (step.line.sku, step.line.ordered_sku, step.quantity.value) == ("SCREW", "BOLT", D(10))


def test_the_books_are_told_of_the_item_that_goes_out() -> None:
    order = placed()
    short(order, BOLT=0)
    hear_held(order)
    [posting] = changed(order)[1].postings()
    assert (posting.line_number, posting.sku, posting.quantity, posting.price) == (
        "1",
        "SCREW",
        Quantity(D(10), "EA"),
        SCREW.price,
    )
    assert changed(order)[1].reason == "SUBSTITUTED"


def test_the_next_best_is_asked_for_and_then_the_line_waits_for_what_was_ordered() -> None:
    order = placed()
    short(order, BOLT=0)
    # What would serve a part of the line only does not stand for it.
    short(order, SCREW=9)
    assert wanted(order) == {"RIVET": D(10)}
    short(order, RIVET=0)
    assert wanted(order) == {"BOLT": D(10)}
    short(order, BOLT=0)
    [found] = order.lines.values()
    assert (found.sku, found.ordered_sku, standing(found)) == ("BOLT", "", {"backordered": D(10)})
    assert names(order) == ["OrderLinesBackordered", "OrderAcknowledged"]
    # When its turn to ask comes again, all of them are tried again.
    retry(order, 1)
    assert wanted(order) == {"BOLT": D(10)}
    short(order, BOLT=0)
    assert wanted(order) == {"SCREW": D(10)}


def test_a_line_of_which_something_is_there_is_not_replaced() -> None:
    order = placed()
    short(order, BOLT=4)
    assert wanted(order) == {"BOLT": D(4)}
    hear_held(order)
    [found] = order.lines.values()
    assert standing(found) == {"released": D(4), "backordered": D(6)}
    # Nor later, when the rest asks again: it would be two items in one line.
    retry(order, 1)
    short(order, BOLT=0)
    assert (found.sku, standing(found)) == ("BOLT", {"released": D(4), "backordered": D(6)})


def test_a_customer_who_takes_nothing_else_keeps_the_backorder() -> None:
    order = placed()
    short(order, {}, BOLT=0)
    [found] = order.lines.values()
    assert (found.sku, standing(found)) == ("BOLT", {"backordered": D(10)})


def test_what_would_be_given_up_is_replaced_first() -> None:
    order = placed(shortage=ShortageRule.CANCEL)
    short(order, BOLT=0)
    hear_held(order)
    [found] = order.lines.values()
    assert (found.sku, standing(found)) == ("SCREW", {"released": D(10)})


def test_whoever_ordered_the_item_comes_before_whom_it_stands_in_for() -> None:
    order = placed(line("1", 10, "BOLT"), line("2", 5, "NUT"))
    known = {1: [Offer("NUT")]}
    short(order, known, BOLT=0)
    assert wanted(order) == {"NUT": D(15)}
    short(order, known, NUT=12)
    first, second = order.lines.values()
    assert wanted(order) == {"NUT": D(5), "BOLT": D(10)}
    short(order, known, BOLT=0)
    hear_held(order)
    assert (standing(first), standing(second)) == ({"backordered": D(10)}, {"released": D(5)})


def test_an_item_that_inventory_does_not_take_is_dropped_and_what_was_ordered_asked_for() -> None:
    order = placed()
    short(order, BOLT=0)
    asked = order.questions[-1]
    refuse(order, 1, asked.attempt, "ITEM_UNKNOWN", "SCREW is not known")
    assert wanted(order) == {"BOLT": D(10)}
    assert order.concerns == []


def test_an_answer_to_an_old_question_replaces_nothing() -> None:
    order = placed()
    short(order, BOLT=0)
    old = order.questions[-1].attempt
    cancel_part(order, 1, "changed my mind", "CHANNEL")
    assert allocate(order, 1, old, "R-9", [Held("SCREW", "WH-EAST", D(10))]) == []
    [found] = order.lines.values()
    assert (found.sku, order.given_back) == ("BOLT", {1: ["R-9"]})


def test_a_line_that_grows_while_its_substitute_is_asked_for_is_replaced_as_a_whole() -> None:
    order = placed()
    short(order, BOLT=0)
    [found] = order.lines.values()
    change_quantity(order, found, Quantity(D(12), "EA"), "more", "CHANNEL")
    assert wanted(order) == {"SCREW": D(12)}
    hear_held(order)
    assert (found.sku, standing(found), found.conserved) == ("SCREW", {"released": D(12)}, True)


def test_a_replaced_line_is_not_replaced_again() -> None:
    order = placed()
    short(order, BOLT=0)
    hear_held(order)
    [found] = order.lines.values()
    change_quantity(order, found, Quantity(D(12), "EA"), "more", "CHANNEL")
    assert wanted(order) == {"SCREW": D(2)}
    short(order, {1: [RIVET]}, SCREW=0)
    assert standing(found) == {"released": D(10), "backordered": D(2)}


@pytest.mark.parametrize(
    ("candidate", "price", "stands"),
    [
        (Item("SCREW", "EA", {"XCS": D(12)}), Price(D("2.70"), "EUR"), True),
        # A case of another size, another base unit, itself, no price, a price for a level that it does not have.
        (Item("SCREW", "EA", {"XCS": D(10)}), Price(D("2.70"), "EUR"), False),
        (Item("SCREW", "KGM", {"XCS": D(12)}), Price(D("2.70"), "EUR"), False),
        (Item("BOLT", "EA", {"XCS": D(12)}), Price(D("2.70"), "EUR"), False),
        (Item("SCREW", "EA", {"XCS": D(12)}), None, False),
        (Item("SCREW", "EA", {"XCS": D(12)}), Price(D("2.70"), "EUR", "XPX"), False),
    ],
)
def test_only_what_is_packed_alike_and_has_a_price_stands_for_it(
    candidate: Item, price: Price | None, stands: bool
) -> None:
    order = placed(line("1", 2, "BOLT", "XCS"))
    [found] = order.lines.values()
    found.price = Price(D("30.00"), "EUR")
    known = offers(found, [candidate], {candidate.sku: price} if price else {})
    assert known == ([Offer("SCREW", Price(D("2.70"), "EUR", "EA"))] if stands else [])


def test_what_nobody_shows_a_price_of_may_be_replaced_without_one() -> None:
    order = placed()
    [found] = order.lines.values()
    assert offers(found, [ITEMS["NUT"]], {}) == [Offer("NUT")]
