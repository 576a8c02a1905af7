"""Suppliers' answers to the lines of an order: every code of ACK01, split lines, repetitions, lines of nobody."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from procurement.domain import events
from procurement.domain.order_line import LineState
from procurement.domain.outcomes import Outcome
from procurement.domain.purchase_order import OrderState, PurchaseOrder
from procurement.domain.refusals import (
    AnsweredItemDiffers,
    AnswerOvertaken,
    ConfirmedBeyondOrder,
    LineAmbiguous,
    LineUnknown,
)
from procurement.domain.schedules import Promise
from procurement.store.json_values import read_system_number, system_number
from procurement.wire import purchase_order as wire
from procurement_cases import trade
from procurement_cases.trade import ITEMS, acknowledge, answer, day, document, line, of_line, on_days, says

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
    assert trade.promised(order) == [(60, 7), (40, 14)]
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
    assert trade.promised(order) == [(60, 3), (10, 9)]
    assert order.lines[0].unanswered == 30


def test_a_part_shipped_and_the_balance_backordered() -> None:
    order = trade.released(line("10", 50, requested=on_days((50, 7))))
    acknowledge(order, says(Outcome.PARTIAL, 30, on=day(6)), says(Outcome.BACKORDERED, 20))
    assert trade.promised(order) == [(30, 6)]
    assert trade.facts(order.lines[0], "backordered", "on_order") == (20, 50)
    acknowledge(order, says(Outcome.ACCEPTED, 50, on=day(13)), hours=2)
    assert (trade.promised(order), trade.facts(order.lines[0], "backordered")) == ([(50, 13)], (0,))


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
    named = [(each.number, each.valid_from, each.valid_to) for each in order.system_numbers]
    assert named == [("SO-1", day(1), day(1)), ("SO-2", day(0), None)]


def test_another_number_of_the_supplier_ends_the_one_before_it() -> None:
    order = trade.released(line("10", 100))
    acknowledge(order, says(Outcome.ACCEPTED, 80), supplier_number="SO-1", acknowledged_on=day(1))
    acknowledge(order, says(Outcome.ACCEPTED, 90), supplier_number="SO-2", acknowledged_on=day(5), hours=2)
    named = [(each.number, each.valid_from, each.valid_to) for each in order.system_numbers]
    assert named == [("SO-1", day(1), day(5)), ("SO-2", day(5), None)]
    shown = wire.order(order).system_numbers
    assert [(each.number, each.HasField("valid_to")) for each in shown][1:] == [("SO-1", True), ("SO-2", False)]
    assert [read_system_number(system_number(each)) for each in order.system_numbers] == order.system_numbers


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


def test_an_answer_to_the_cancellation_is_noted_and_brings_nothing_back() -> None:
    order = trade.released()
    acknowledge(order, says(Outcome.ACCEPTED))
    order.place(document(hours=2, cancels=True), ITEMS)
    trade.told(order)
    acknowledge(order, says(Outcome.ACCEPTED), revision=2, hours=3)
    assert (order.state, order.acknowledged_revision, order.lines[0].confirmed) == (OrderState.CANCELLED, 2, [])
    assert timedelta(0) == order.documents[-1].occurred_at - (trade.NOW + timedelta(hours=2))
