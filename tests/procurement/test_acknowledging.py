"""Suppliers' answers: every code of ACK01, split lines, revisions that cross, proposals and the buyer's decision."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from procurement.domain import events
from procurement.domain.answer import RevisionBasis
from procurement.domain.order_line import LineState
from procurement.domain.outcomes import Outcome
from procurement.domain.purchase_order import OrderState, PurchaseOrder
from procurement.domain.refusals import (
    AnswerContradictory,
    AnsweredItemDiffers,
    AnswerOvertaken,
    ConfirmedBeyondOrder,
    ItemUnknown,
    LineAmbiguous,
    LineUnknown,
    NothingToDecide,
    ObsoleteRevision,
    RevisionUndecidable,
    RevisionUnknown,
    SupplierMismatch,
)
from procurement.domain.schedules import Promise
from procurement.domain.terms import Price
from procurement_cases import trade
from procurement_cases.trade import ITEMS, acknowledge, answer, day, document, line, of_line, on_days, says

DEARER = Price(Decimal("2.75"), "EUR")

# The 26 codes of X12 element 668 and the outcome that each has here (reference: trade, C4).
CODES = {
    "IA": Outcome.ACCEPTED,
    "AC": Outcome.ACCEPTED,
    "AR": Outcome.ACCEPTED,
    "AA": Outcome.SOURCE_CHANGED,
    "IC": Outcome.CHANGED,
    "IQ": Outcome.QUANTITY_CHANGED,
    "IP": Outcome.PRICE_CHANGED,
    "IE": Outcome.PRICE_OPEN,
    "DR": Outcome.DATE_CHANGED,
    "SP": Outcome.DATE_OPEN,
    "IS": Outcome.ITEM_SUBSTITUTED,
    "BP": Outcome.PARTIAL,
    "IB": Outcome.BACKORDERED,
    "ID": Outcome.REJECTED,
    "IF": Outcome.ON_HOLD,
    "IH": Outcome.ON_HOLD,
    "IW": Outcome.ON_HOLD,
    **dict.fromkeys(("IR", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"), Outcome.REJECTED),
}
# What a line of 100 becomes when 60 of it are answered so: state, confirmed, on order, unanswered.
SIXTY_OF_HUNDRED = {
    Outcome.ACCEPTED: (LineState.OPEN, 60, 100, 40),
    Outcome.SOURCE_CHANGED: (LineState.OPEN, 60, 100, 40),
    Outcome.PRICE_OPEN: (LineState.OPEN, 60, 100, 40),
    Outcome.DATE_CHANGED: (LineState.OPEN, 60, 100, 40),
    Outcome.DATE_OPEN: (LineState.OPEN, 60, 100, 40),
    Outcome.CHANGED: (LineState.CONFIRMED, 60, 60, 0),
    Outcome.QUANTITY_CHANGED: (LineState.CONFIRMED, 60, 60, 0),
    Outcome.PRICE_CHANGED: (LineState.AWAITING_DECISION, 0, 100, 40),
    Outcome.ITEM_SUBSTITUTED: (LineState.AWAITING_DECISION, 0, 100, 40),
    Outcome.PARTIAL: (LineState.BACKORDERED, 60, 100, 0),
    Outcome.BACKORDERED: (LineState.BACKORDERED, 0, 100, 40),
    Outcome.ON_HOLD: (LineState.ON_HOLD, 0, 100, 40),
    Outcome.REJECTED: (LineState.OPEN, 0, 40, 40),
}


def acknowledged(order: PurchaseOrder) -> events.PurchaseOrderAcknowledged:
    return next(each for each in trade.told(order) if isinstance(each, events.PurchaseOrderAcknowledged))


def promised(order: PurchaseOrder, number: str = "10") -> Any:
    """Quantity and day (counted from the day of the order) of each promise."""
    start = day(0)
    return [(s.quantity, (s.on - start).days if s.on else None) for s in order.line(number).confirmed]


@pytest.mark.feature("F060")
@pytest.mark.parametrize("code", CODES)
def test_each_code_of_ack01_answers_its_part_of_the_line(code: str) -> None:
    order = trade.released(line("10", 100, requested=on_days((100, 7))))
    outcome = CODES[code]
    acknowledge(order, says(outcome, 60, code=code, on=day(9) if code == "DR" else None))
    found = order.lines[0]
    state, confirmed, on_order, unanswered = SIXTY_OF_HUNDRED[outcome]
    assert found.state is state
    assert trade.facts(found, "confirmed_total", "on_order", "unanswered") == (confirmed, on_order, unanswered)
    told = acknowledged(order)
    assert [(each.outcome, each.code, each.state) for each in told.answers] == [(outcome, code, state)]
    assert sum(each.on_order_change for each in told.changes) == on_order - 100


@pytest.mark.parametrize(
    ("codes", "owner"), [(("R2", "R3"), "master-data"), (("IF", "IW"), "buyer"), (("IH", ""), "supplier-desk")]
)
def test_some_codes_ask_somebody_to_act(codes: tuple[str, ...], owner: str) -> None:
    for code in codes:
        order = trade.released()
        acknowledge(order, says(CODES.get(code, Outcome.ON_HOLD), code=code))
        assert [each.owner for each in order.concerns] == [owner]


def test_what_somebody_had_to_act_on_is_settled_by_a_better_answer() -> None:
    order = trade.released()
    acknowledge(order, says(Outcome.ON_HOLD, code="IH"))
    raised = [each.identity for each in order.concerns]
    acknowledge(order, says(Outcome.ACCEPTED), hours=2)
    assert order.settled == raised
    assert order.state is OrderState.CONFIRMED


@pytest.mark.feature("F008", "F009", "F063")
def test_a_split_confirmation_makes_a_schedule_for_each_part() -> None:
    order = trade.released(line("10", 100, requested=on_days((100, 7))))
    acknowledge(order, says(Outcome.ACCEPTED, 60), says(Outcome.DATE_CHANGED, 40, on=day(14)))
    assert promised(order) == [(60, 7), (40, 14)]
    kept, new = order.lines[0].confirmed
    requested = order.lines[0].requested[0]
    assert kept.schedule_id == requested.schedule_id, "the promise for the requested day stands"
    assert new.schedule_id != requested.schedule_id
    moved = acknowledged(order).changes
    first, second = moved
    assert (first.old, first.new) == (Promise(Decimal(100), day(7)), Promise(Decimal(60), day(7)))
    assert (second.old, second.new) == (None, Promise(Decimal(40), day(14)))
    assert order.state is OrderState.CONFIRMED


def test_a_promise_that_moves_as_a_whole_keeps_its_id() -> None:
    order = trade.released(line("10", 100, requested=on_days((100, 7))))
    acknowledge(order, says(Outcome.DATE_CHANGED, 100, on=day(9)))
    first = order.lines[0].confirmed[0]
    acknowledge(order, says(Outcome.DATE_CHANGED, 100, on=day(11)), hours=2)
    assert order.lines[0].confirmed[0].schedule_id == first.schedule_id
    (moved,) = trade.told(order)[-1:]
    assert isinstance(moved, events.PurchaseOrderAcknowledged)
    (change,) = moved.changes
    assert (change.old and change.old.on, change.new and change.new.on) == (day(9), day(11))
    assert change.on_order_change == 0


def test_accepted_keeps_the_dates_that_were_requested() -> None:
    order = trade.released(line("10", 100, requested=on_days((60, 3), (40, 9))))
    acknowledge(order, says(Outcome.ACCEPTED, 70))
    assert promised(order) == [(60, 3), (10, 9)]
    assert order.lines[0].unanswered == 30


def test_a_part_shipped_and_the_balance_backordered() -> None:
    order = trade.released(line("10", 50, requested=on_days((50, 7))))
    acknowledge(order, says(Outcome.PARTIAL, 30, on=day(6)), says(Outcome.BACKORDERED, 20))
    assert promised(order) == [(30, 6)]
    assert trade.facts(order.lines[0], "backordered", "on_order") == (20, 50)
    acknowledge(order, says(Outcome.ACCEPTED, 50, on=day(13)), hours=2)
    assert (promised(order), trade.facts(order.lines[0], "backordered")) == ([(50, 13)], (0,))


def test_a_changed_quantity_with_its_rest_deleted_is_fully_answered() -> None:
    order = trade.released(line("10", 40))
    acknowledge(order, says(Outcome.QUANTITY_CHANGED, 30), says(Outcome.REJECTED, 10, code="ID"))
    found = order.lines[0]
    assert trade.facts(found, "state", "on_order", "rejected") == (LineState.CONFIRMED, 30, 10)


def test_answers_in_cases_count_in_the_items_packaging() -> None:
    order = trade.released(line("10", 100))
    acknowledge(order, says(Outcome.ACCEPTED, 5, unit="XCS"))
    assert order.lines[0].confirmed_total == 60


def test_more_than_ordered_is_not_taken() -> None:
    order = trade.released(line("10", 100))
    with pytest.raises(ConfirmedBeyondOrder):
        acknowledge(order, says(Outcome.ACCEPTED, 80), says(Outcome.ACCEPTED, 21))
    assert trade.told(order) == []


def test_the_header_answers_every_line_that_the_document_does_not_name() -> None:
    order = trade.released(line("10", 100), line("20", 5), line("30", 7))
    order.acknowledge(
        answer(of_line("20", says(Outcome.REJECTED)), whole_order=Outcome.ACCEPTED), ITEMS, trade.DECIDE_BY
    )
    assert [each.state for each in order.lines] == [LineState.CONFIRMED, LineState.REJECTED, LineState.CONFIRMED]
    assert order.state is OrderState.CONFIRMED


def test_an_order_whose_every_line_is_rejected_has_ended() -> None:
    order = trade.released(line("10", 100), line("20", 5))
    order.acknowledge(answer(whole_order=Outcome.REJECTED), ITEMS, trade.DECIDE_BY)
    assert order.state is OrderState.REJECTED
    assert isinstance(trade.told(order)[-1], events.PurchaseOrderCompleted)


def test_the_suppliers_own_number_is_kept_with_the_day_since_which_it_is_one() -> None:
    order = trade.released()
    acknowledge(order, says(Outcome.ACCEPTED, 60), supplier_number="SO-1", acknowledged_on=day(1))
    acknowledge(order, says(Outcome.ACCEPTED), supplier_number="SO-1", acknowledged_on=day(2), hours=2)
    acknowledge(order, says(Outcome.ACCEPTED, 90), supplier_number="SO-2", hours=3)
    assert [(each.number, each.valid_from) for each in order.system_numbers] == [("SO-1", day(1)), ("SO-2", day(0))]


def test_lines_on_hold_confirm_nothing() -> None:
    order = trade.released(line("10", 100))
    acknowledge(order, says(Outcome.ON_HOLD, code="IW"))
    assert order.state is OrderState.RELEASED


def test_the_same_answer_again_records_nothing() -> None:
    order = trade.released()
    acknowledge(order, says(Outcome.ACCEPTED))
    trade.told(order)
    acknowledge(order, says(Outcome.ACCEPTED))
    acknowledge(order, says(Outcome.ACCEPTED), hours=3)
    assert trade.told(order) == []


def test_an_answer_that_a_later_one_overtook_is_refused() -> None:
    order = trade.released()
    acknowledge(order, says(Outcome.ACCEPTED, 60), hours=5)
    with pytest.raises(AnswerOvertaken):
        acknowledge(order, says(Outcome.REJECTED), hours=4)


def test_lines_are_found_by_item_where_the_supplier_sends_no_numbers() -> None:
    order = trade.released(line("10", 100), line("20", 5, "NUT", supplier_item="ND-7"))
    order.acknowledge(answer(of_line("", says(Outcome.ACCEPTED), sku="BOLT")), ITEMS, trade.DECIDE_BY)
    order.acknowledge(answer(of_line("", says(Outcome.ACCEPTED), supplier_item="ND-7")), ITEMS, trade.DECIDE_BY)
    assert order.state is OrderState.CONFIRMED


def test_a_line_that_is_not_the_orders_is_refused_and_never_guessed() -> None:
    order = trade.released(line("10", 100), line("20", 5))
    with pytest.raises(LineUnknown):
        acknowledge(order, says(Outcome.ACCEPTED), number="99")
    with pytest.raises(LineAmbiguous):
        order.acknowledge(answer(of_line("", says(Outcome.ACCEPTED), sku="BOLT")), ITEMS, trade.DECIDE_BY)
    assert trade.told(order) == []


def test_an_answer_whose_line_number_and_item_name_two_lines_is_refused() -> None:
    order = trade.released(line("10", 100), line("20", 100, "NUT"))
    counted_otherwise = (
        of_line("20", says(Outcome.ACCEPTED), sku="BOLT"),
        of_line("10", says(Outcome.REJECTED), sku="NUT"),
    )
    with pytest.raises(AnsweredItemDiffers) as refused:
        order.acknowledge(answer(*counted_otherwise), ITEMS, trade.DECIDE_BY)
    assert (refused.value.line, refused.value.ordered, refused.value.answered) == ("20", "NUT", "BOLT")
    assert trade.told(order) == []


def test_an_answer_that_substitutes_may_name_either_item() -> None:
    for named in ("BOLT", "NUT"):
        order = trade.released(line("10", 100))
        swapped = of_line("10", says(Outcome.ITEM_SUBSTITUTED, substitute_sku="NUT"), sku=named)
        order.acknowledge(answer(swapped), ITEMS, trade.DECIDE_BY)
        assert order.lines[0].proposed is not None
        later = of_line("10", says(Outcome.REJECTED), sku=named)
        order.acknowledge(answer(later, hours=2), ITEMS, trade.DECIDE_BY)
        assert order.state is OrderState.REJECTED


# --- which revision is answered


def revised() -> PurchaseOrder:
    order = trade.released(line("10", 100))
    order.place(document(line("10", 80), hours=2), ITEMS)
    trade.told(order)
    return order


@pytest.mark.feature("F057")
def test_acknowledging_an_obsolete_revision_is_refused() -> None:
    order = revised()
    with pytest.raises(ObsoleteRevision) as refusal:
        acknowledge(order, says(Outcome.ACCEPTED, 100), revision=1, basis=RevisionBasis.FUNCTIONAL_ACK)
    assert (refusal.value.answered, refusal.value.current) == (1, 2)
    assert trade.told(order) == []


@pytest.mark.feature("F057")
def test_the_revision_that_was_answered_stands_beside_each_line() -> None:
    order = revised()
    acknowledge(order, says(Outcome.ACCEPTED, 80), revision=2, hours=3)
    assert (order.acknowledged_revision, order.lines[0].answered_revision) == (2, 2)
    assert [each.answered_at is not None for each in order.documents] == [False, True]


def test_a_revision_that_was_never_announced_is_refused() -> None:
    with pytest.raises(RevisionUnknown):
        acknowledge(revised(), says(Outcome.ACCEPTED), revision=3)


@pytest.mark.parametrize("repeated", [None, 100])
def test_where_it_cannot_be_told_and_the_lines_differ_it_is_not_guessed(repeated: int | None) -> None:
    order = revised()
    ordered = None if repeated is None else trade.each(repeated)
    unsure = answer(of_line("10", says(Outcome.ACCEPTED), ordered=ordered), basis=RevisionBasis.UNKNOWN, revision=0)
    with pytest.raises(RevisionUndecidable):
        order.acknowledge(unsure, ITEMS, trade.DECIDE_BY)


def test_where_it_cannot_be_told_the_same_lines_decide() -> None:
    order = revised()
    sure = answer(
        of_line("10", says(Outcome.ACCEPTED), ordered=trade.each(80)), basis=RevisionBasis.UNKNOWN, revision=0
    )
    order.acknowledge(sure, ITEMS, trade.DECIDE_BY)
    assert order.state is OrderState.CONFIRMED


def test_while_there_is_one_revision_an_answer_is_for_that_one() -> None:
    order = trade.released()
    order.acknowledge(
        answer(whole_order=Outcome.ACCEPTED, basis=RevisionBasis.UNKNOWN, revision=0), ITEMS, trade.DECIDE_BY
    )
    assert order.state is OrderState.CONFIRMED


def test_another_supplier_cannot_answer() -> None:
    with pytest.raises(SupplierMismatch):
        acknowledge(trade.released(), says(Outcome.ACCEPTED), supplier_id="SUP-DELTA")


# --- a price or an item that the supplier changed


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
    assert promised(order) == [(60, 7), (40, 9)]
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
    assert (trade.facts(order.lines[0], "sku", "on_order"), promised(order)) == (("NUT", 14), [(14, 9)])


def test_a_substitute_without_a_number_of_ours_cannot_be_accepted_yet() -> None:
    order = trade.released()
    acknowledge(order, says(Outcome.ITEM_SUBSTITUTED, substitute_supplier_item="LU-2"))
    with pytest.raises(ItemUnknown):
        order.decide("10", accept=True, items=ITEMS)


def test_only_what_was_proposed_can_be_decided() -> None:
    with pytest.raises(NothingToDecide):
        trade.released().decide("10", accept=True, items=ITEMS)


def test_several_prices_for_one_line_are_no_question_for_the_buyer() -> None:
    order = trade.released()
    cheaper = Price(Decimal("2.00"), "EUR")
    with pytest.raises(AnswerContradictory):
        acknowledge(
            order, says(Outcome.PRICE_CHANGED, 60, price=DEARER), says(Outcome.PRICE_CHANGED, 40, price=cheaper)
        )


def test_an_answer_to_the_cancellation_is_noted_and_brings_nothing_back() -> None:
    order = trade.released()
    acknowledge(order, says(Outcome.ACCEPTED))
    order.place(document(hours=2, cancels=True), ITEMS)
    trade.told(order)
    acknowledge(order, says(Outcome.ACCEPTED), revision=2, hours=3)
    assert (order.state, order.acknowledged_revision, order.lines[0].confirmed) == (OrderState.CANCELLED, 2, [])
    assert timedelta(0) == order.documents[-1].occurred_at - (trade.NOW + timedelta(hours=2))
