"""Which revision of an order an answer is for: carried, told by the 997, or found by what it repeats."""

from __future__ import annotations

import pytest
from procurement.domain.answer import RevisionBasis
from procurement.domain.outcomes import Outcome
from procurement.domain.purchase_order import OrderState, PurchaseOrder
from procurement.domain.refusals import (
    ObsoleteRevision,
    RevisionUndecidable,
    RevisionUnknown,
    SupplierMismatch,
)
from procurement_cases import trade
from procurement_cases.trade import ITEMS, acknowledge, answer, document, line, of_line, says


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
