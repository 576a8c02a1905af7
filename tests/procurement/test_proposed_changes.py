"""A price or an item that the supplier changed, by its code or by what it repeats, and the buyer's decision."""

from __future__ import annotations

from decimal import Decimal

import pytest
from procurement.domain import events
from procurement.domain.order_line import LineState
from procurement.domain.outcomes import Outcome, RepeatedPrice
from procurement.domain.purchase_order import OrderState
from procurement.domain.refusals import (
    AnswerContradictory,
    ItemUnknown,
    NothingToDecide,
)
from procurement.domain.terms import Price
from procurement_cases import trade
from procurement_cases.trade import ITEMS, acknowledge, day, line, on_days, says

DEARER = Price(Decimal("2.75"), "EUR")


@pytest.mark.feature("F060")
def test_a_changed_price_waits_for_the_buyer_and_takes_nothing_away_meanwhile() -> None:
    order = trade.released(line("10", 100, requested=on_days((100, 7))))
    acknowledge(order, says(Outcome.PRICE_CHANGED, 100, price=DEARER, code="IP"))
    answered, proposed = trade.told(order)
    assert isinstance(answered, events.PurchaseOrderAcknowledged)
    assert isinstance(proposed, events.PurchaseOrderChangeProposed)
    assert (proposed.proposed.price, proposed.proposed.decide_by) == (DEARER, trade.DECIDE_BY)
    assert answered.changes == ()
    assert trade.facts(order.lines[0], "state", "on_order") == (LineState.AWAITING_DECISION, 100)


def test_a_price_that_only_reads_differently_is_no_change() -> None:
    order = trade.released(line("10", 100))
    same = Price(Decimal("25.0"), "EUR", "EA", per=10)
    acknowledge(order, says(Outcome.PRICE_CHANGED, 100, price=same))
    assert order.state is OrderState.CONFIRMED


def test_the_buyer_accepts_a_price() -> None:
    order = trade.released(line("10", 100, requested=on_days((100, 7))))
    acknowledge(order, says(Outcome.ACCEPTED, 60), says(Outcome.PRICE_CHANGED, 40, price=DEARER, on=day(9)))
    trade.told(order)
    order.decide("10", accept=True, items=ITEMS)
    assert (order.lines[0].price, order.state) == (DEARER, OrderState.CONFIRMED)
    assert trade.promised(order) == [(60, 7), (40, 9)]
    (decided,) = trade.told(order)
    assert isinstance(decided, events.PurchaseOrderChangeDecided)
    assert [(each.new and each.new.on) for each in decided.changes] == [day(9)]


def test_what_the_buyer_refuses_leaves_the_order() -> None:
    order = trade.released(line("10", 100))
    acknowledge(order, says(Outcome.ITEM_SUBSTITUTED, 100, substitute_supplier_item="LU-2"))
    trade.told(order)
    order.decide("10", accept=False, items=ITEMS)
    decided, ended = trade.told(order)
    assert isinstance(decided, events.PurchaseOrderChangeDecided)
    assert [each.on_order_change for each in decided.changes] == [-100]
    assert isinstance(ended, events.PurchaseOrderCompleted)
    assert order.state is OrderState.REJECTED


def test_an_accepted_substitute_leaves_the_books_of_the_old_item() -> None:
    order = trade.released(line("10", 2, unit="XCS"))
    acknowledge(order, says(Outcome.ITEM_SUBSTITUTED, 2, unit="XCS", substitute_sku="NUT", on=day(9)))
    trade.told(order)
    order.decide("10", accept=True, items=ITEMS)
    (decided,) = trade.told(order)
    assert isinstance(decided, events.PurchaseOrderChangeDecided)
    assert [trade.facts(each, "sku", "on_order_change") for each in decided.changes] == [("BOLT", -24), ("NUT", 14)]
    assert (trade.facts(order.lines[0], "sku", "on_order"), trade.promised(order)) == (("NUT", 14), [(14, 9)])


def test_a_substitute_without_a_number_of_ours_cannot_be_accepted_yet() -> None:
    order = trade.released()
    acknowledge(order, says(Outcome.ITEM_SUBSTITUTED, substitute_supplier_item="LU-2"))
    with pytest.raises(ItemUnknown):
        order.decide("10", accept=True, items=ITEMS)


def test_only_what_was_proposed_can_be_decided() -> None:
    with pytest.raises(NothingToDecide):
        trade.released().decide("10", accept=True, items=ITEMS)


def test_several_prices_for_one_takenare_no_question_for_the_buyer() -> None:
    order = trade.released()
    cheaper = Price(Decimal("2.00"), "EUR")
    with pytest.raises(AnswerContradictory):
        acknowledge(
            order, says(Outcome.PRICE_CHANGED, 60, price=DEARER), says(Outcome.PRICE_CHANGED, 40, price=cheaper)
        )


ACCEPTING = [
    Outcome.ACCEPTED,
    Outcome.SOURCE_CHANGED,
    Outcome.QUANTITY_CHANGED,
    Outcome.DATE_CHANGED,
    Outcome.DATE_OPEN,
    Outcome.PARTIAL,
]


@pytest.mark.feature("F060")
@pytest.mark.parametrize("outcome", ACCEPTING)
def test_who_accepts_and_repeats_another_price_changes_it(outcome: Outcome) -> None:
    order = trade.released(line("10", 100, requested=on_days((100, 7))))
    acknowledge(order, says(outcome, 100, repeated=RepeatedPrice(Decimal("2.75"))))
    taken = order.lines[0]
    assert trade.facts(taken, "state", "on_order") == (LineState.AWAITING_DECISION, 100)
    assert not taken.confirmed
    assert taken.proposed is not None
    assert (taken.proposed.price, taken.price) == (DEARER, trade.PRICE)
    order.decide("10", accept=True, items=ITEMS)
    assert (taken.price, taken.state) == (DEARER, LineState.CONFIRMED)


@pytest.mark.parametrize("amount", ["2.50", "2.5", "2.500000"])
def test_who_repeats_the_price_exactly_accepts_it(amount: str) -> None:
    per_ten_cases = Price(Decimal("2.5"), "USD", "XCS", 10)
    order = trade.released(line("10", 100, price=per_ten_cases))
    acknowledge(order, says(Outcome.ACCEPTED, repeated=RepeatedPrice(Decimal(amount))))
    assert (order.state, order.lines[0].proposed) == (OrderState.CONFIRMED, None)


def test_the_same_amount_in_another_currency_is_another_price() -> None:
    order = trade.released(line("10", 100))
    acknowledge(order, says(Outcome.ACCEPTED, repeated=RepeatedPrice(Decimal("2.50"), "USD")))
    assert order.lines[0].state is LineState.AWAITING_DECISION


def test_an_order_without_a_price_is_accepted_at_any() -> None:
    order = trade.released(line("10", 100, price=None))
    acknowledge(order, says(Outcome.ACCEPTED, repeated=RepeatedPrice(Decimal("2.75"))))
    assert (order.state, order.lines[0].price) == (OrderState.CONFIRMED, None)


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.BACKORDERED, Outcome.ON_HOLD, Outcome.PRICE_OPEN])
def test_where_nothing_comes_or_the_price_is_open_no_price_is_changed(outcome: Outcome) -> None:
    order = trade.released(line("10", 100))
    acknowledge(order, says(outcome, 100, repeated=RepeatedPrice(Decimal("2.75"))))
    assert order.lines[0].proposed is None


def test_the_same_repeated_price_again_records_nothing() -> None:
    order = trade.released(line("10", 100))
    said = says(Outcome.ACCEPTED, repeated=RepeatedPrice(Decimal("2.75")))
    acknowledge(order, said)
    order.decide("10", accept=True, items=ITEMS)
    trade.told(order)
    acknowledge(order, said, hours=2)
    assert trade.told(order) == []
