"""The ERP's documents and the revisions they make: placed by when they were written, told as deltas."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from procurement.domain import events
from procurement.domain.order_line import LineState
from procurement.domain.outcomes import Outcome
from procurement.domain.purchase_order import OrderState
from procurement.domain.quantities import Item
from procurement.domain.refusals import (
    ItemUnknown,
    LineAlreadyShipped,
    LineNumberTwice,
    QuantityInvalid,
    RevisionAmbiguous,
    SchedulesDoNotSum,
    SupplierChanged,
    UnitNotConvertible,
)
from procurement.domain.terms import Placement, Window
from procurement_cases import trade
from procurement_cases.trade import ITEMS, day, document, line


def deltas(event: events.Event) -> list[events.LineDelta]:
    assert isinstance(event, events.PurchaseOrderReleased | events.PurchaseOrderRevised | events.PurchaseOrderCancelled)
    return list(event.lines)


@pytest.mark.feature("F005", "F006")
def test_a_new_order_is_released_with_what_comes_on_order() -> None:
    order = trade.blank()
    placed = order.place(document(line("10", 100), line("20", 3, "NUT", unit="XCS")), ITEMS)
    assert placed is Placement.CREATED
    (told,) = trade.told(order)
    assert isinstance(told, events.PurchaseOrderReleased)
    assert [(each.sku, each.on_order_change, each.base_unit, each.added) for each in told.lines] == [
        ("BOLT", Decimal(100), "EA", True),
        ("NUT", Decimal(21), "EA", True),
    ]
    assert (order.revision, order.state) == (1, OrderState.RELEASED)


@pytest.mark.feature("F007", "F057")
def test_a_newer_document_makes_the_next_revision_with_its_deltas() -> None:
    order = trade.released(line("10", 100), line("20", 5))
    changed = line("10", 80, window=Window(day(3), day(4)))
    assert order.place(document(changed, line("20", 5), line("30", 7), hours=1), ITEMS) is Placement.REVISED
    (told,) = trade.told(order)
    assert isinstance(told, events.PurchaseOrderRevised)
    assert (told.previous_revision, order.revision) == (1, 2)
    first, third = deltas(told)
    assert (first.old_quantity, first.new_quantity) == (trade.each(100), trade.each(80))
    assert (first.on_order_change, first.new_date) == (Decimal(-20), day(3))
    assert (third.line_number, third.added, third.on_order_change) == ("30", True, Decimal(7))


@pytest.mark.feature("F056")
def test_lines_and_schedules_keep_their_ids_over_revisions() -> None:
    order = trade.released(line("10", 100, requested=trade.on_days((60, 3), (40, 9))))
    before = (order.lines[0].line_id, [each.schedule_id for each in order.lines[0].requested])
    order.place(document(line("10", 90, requested=trade.on_days((60, 3), (30, 9))), hours=1), ITEMS)
    assert (order.lines[0].line_id, [each.schedule_id for each in order.lines[0].requested]) == before


def test_the_same_document_again_is_recognised_and_changes_nothing() -> None:
    order = trade.released()
    assert order.place(document(), ITEMS) is Placement.REPEATED
    assert order.place(document(hours=2), ITEMS) is Placement.REPEATED, "later, but says what is in force"
    assert trade.told(order) == []
    assert order.revision == 1


def test_a_document_older_than_what_is_in_force_is_placed_without_effect() -> None:
    order = trade.released()
    order.place(document(line("10", 120), hours=5), ITEMS)
    trade.told(order)
    assert order.place(document(line("10", 90), hours=3), ITEMS) is Placement.LATE
    assert (order.lines[0].ordered, order.revision, trade.told(order)) == (Decimal(120), 2, [])
    assert [each.placement for each in order.documents] == [Placement.CREATED, Placement.REVISED, Placement.LATE]


def test_going_back_to_earlier_content_is_a_revision_of_its_own() -> None:
    order = trade.released(line("10", 100))
    order.place(document(line("10", 120), hours=1), ITEMS)
    assert order.place(document(line("10", 100), hours=2), ITEMS) is Placement.REVISED
    assert (order.revision, order.lines[0].ordered) == (3, Decimal(100))


def test_documents_of_one_instant_go_by_the_revisions_that_the_erp_names() -> None:
    order = trade.released(line("10", 100), revision="9")
    assert order.place(document(line("10", 110), revision="10"), ITEMS) is Placement.REVISED
    assert order.place(document(line("10", 105), revision="9a"), ITEMS) is Placement.REVISED, "text after numbers"
    with pytest.raises(RevisionAmbiguous):
        order.place(document(line("10", 106), revision="9a"), ITEMS)


@pytest.mark.feature("F059")
def test_a_cancelled_order_is_no_longer_on_order() -> None:
    order = trade.released(line("10", 100), line("20", 5))
    assert order.place(document(line("10", 100), line("20", 5), hours=1, cancels=True), ITEMS) is Placement.CANCELLED
    (told,) = trade.told(order)
    assert isinstance(told, events.PurchaseOrderCancelled)
    assert [each.on_order_change for each in told.lines] == [Decimal(-100), Decimal(-5)]
    assert (order.state, order.revision) == (OrderState.CANCELLED, 2)


def test_a_cancellation_that_overtakes_its_order_keeps_it_from_being_released() -> None:
    order = trade.blank()
    assert order.place(document(hours=1, cancels=True), ITEMS) is Placement.CANCELLED
    assert order.place(document(hours=0), ITEMS) is Placement.LATE
    assert (order.state, trade.told(order)) == (OrderState.CANCELLED, [])
    assert (order.ordered_on, order.currency, order.ship_to_id) == (trade.day(0), "EUR", "WH-EAST")


def test_a_cancelled_order_may_be_taken_up_again_by_a_newer_document() -> None:
    order = trade.released(line("10", 100))
    order.place(document(hours=1, cancels=True), ITEMS)
    trade.told(order)
    assert order.place(document(line("10", 40), hours=2), ITEMS) is Placement.REVISED
    (told,) = trade.told(order)
    assert [each.on_order_change for each in deltas(told)] == [Decimal(40)]
    assert order.state is OrderState.RELEASED


@pytest.mark.feature("F059")
@pytest.mark.parametrize("named", [True, False], ids=["marked as deleted", "left out"])
def test_a_deleted_line_leaves_the_order(*, named: bool) -> None:
    order = trade.released(line("10", 100), line("20", 5))
    kept = [line("10", 100), line("20", 5, deleted=True)] if named else [line("10", 100)]
    order.place(document(*kept, hours=1), ITEMS)
    (told,) = trade.told(order)
    (gone,) = deltas(told)
    assert (gone.line_number, gone.deleted, gone.on_order_change) == ("20", True, Decimal(-5))
    assert order.line("20").state is LineState.CANCELLED
    assert order.state is OrderState.RELEASED


def test_a_line_that_goes_to_another_place_leaves_the_old_one() -> None:
    order = trade.released(line("10", 100))
    order.place(document(line("10", 90, ship_to_id="WH-WEST"), hours=1), ITEMS)
    (told,) = trade.told(order)
    assert [(each.ship_to_id, each.on_order_change) for each in deltas(told)] == [
        ("WH-EAST", Decimal(-100)),
        ("WH-WEST", Decimal(90)),
    ]


@pytest.mark.feature("F056")
def test_what_arrived_stays_linked_after_the_next_revision() -> None:
    order = trade.released(line("10", 100))
    notice = trade.ship(trade.packed(order, 60), orders=[order])
    trade.receive(trade.counted(60, ship_notice_number=notice.number), orders=[order], notices=[notice])
    order.place(document(line("10", 80), hours=1), ITEMS)
    kept = order.lines[0]
    assert (kept.received, kept.on_order, kept.state) == (Decimal(60), Decimal(20), LineState.OPEN)
    assert notice.lines[0].order_line_id == kept.line_id


def test_a_revision_asks_the_supplier_again_and_caps_what_was_promised() -> None:
    order = trade.released(line("10", 100), line("20", 5))
    order.acknowledge(trade.answer(whole_order=Outcome.ACCEPTED), ITEMS, trade.DECIDE_BY)
    order.place(document(line("10", 80), line("20", 5), hours=2), ITEMS)
    first, second = order.lines
    assert (first.state, first.confirmed_total) == (LineState.OPEN, Decimal(80))
    assert second.state is LineState.CONFIRMED, "the revision does not touch it"
    assert order.awaits_answer


def test_a_line_whose_goods_are_moving_cannot_become_another_item() -> None:
    order = trade.released(line("10", 100))
    trade.ship(trade.packed(order, 10), orders=[order])
    with pytest.raises(LineAlreadyShipped):
        order.place(document(line("10", 100, "NUT"), hours=1), ITEMS)


def test_a_line_may_become_another_item_before_goods_move() -> None:
    order = trade.released(line("10", 100))
    trade.told(order)
    order.place(document(line("10", 2, "NUT", unit="XCS"), hours=1), ITEMS)
    (told,) = trade.told(order)
    assert [trade.facts(each, "sku", "on_order_change") for each in deltas(told)] == [("BOLT", -100), ("NUT", 14)]


def test_goods_for_somebody_elses_place_never_come_on_order() -> None:
    order = trade.blank()
    order.place(document(line("10", 100, drop_ship_party_id="CUST-1")), ITEMS)
    (told,) = trade.told(order)
    assert [(each.on_order_change, each.ship_to_id) for each in deltas(told)] == [(Decimal(0), "")]
    assert (order.state, order.lines[0].open) == (OrderState.RELEASED, Decimal(100))


@pytest.mark.parametrize("wrong", ["0", "-1", "NaN", "Infinity", "1e-9", "0.0000001", "1e15"])
def test_a_quantity_that_is_none_is_invalid(wrong: str) -> None:
    with pytest.raises(QuantityInvalid):
        trade.blank().place(document(line("10", wrong)), ITEMS)


def test_what_master_data_does_not_know_is_refused() -> None:
    with pytest.raises(ItemUnknown):
        trade.blank().place(document(line("10", 1, "GHOST")), ITEMS)
    with pytest.raises(UnitNotConvertible):
        trade.blank().place(document(line("10", 1, unit="XPX")), ITEMS)


def test_a_conversion_that_no_quantity_can_hold_is_refused_not_rounded() -> None:
    third = {"BOLT": Item("BOLT", "EA", {"XCS": Decimal("0.333333")})}
    with pytest.raises(QuantityInvalid):
        trade.blank().place(document(line("10", "0.5", unit="XCS")), third)


def test_documents_that_contradict_themselves_are_invalid() -> None:
    with pytest.raises(SchedulesDoNotSum):
        trade.blank().place(document(line("10", 100, requested=trade.on_days((60, 3), (30, 9)))), ITEMS)
    with pytest.raises(LineNumberTwice):
        document(line("10"), line("10"))


def test_an_order_stays_with_its_supplier() -> None:
    order = trade.released()
    with pytest.raises(SupplierChanged):
        order.place(document(hours=1, supplier_id="SUP-DELTA"), ITEMS)


def test_content_counts_not_how_it_is_written() -> None:
    written = document(line("10", 100), line("20", 5))
    other = document(line("20", "5.0"), line("10", "100.00"))
    assert written.fingerprint == other.fingerprint
    assert replace(written, cancels=True).fingerprint != written.fingerprint
