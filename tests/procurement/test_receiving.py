"""Receipts: what they are taken from, what they break, and how orders and notices end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from procurement.domain import events
from procurement.domain.order_line import LineState
from procurement.domain.outcomes import Outcome
from procurement.domain.purchase_order import OrderState, PurchaseOrder
from procurement.domain.receipt import Condition, DiscrepancyCode, Receipt, ReceiptLineTerms
from procurement.domain.refusals import ItemUnknown
from procurement.domain.ship_notice import NoticeState, ShipNotice
from procurement_cases import trade
from procurement_cases.trade import ITEMS, counted, document, facts, line, packed, receive

TAKEN = ("from_in_transit", "from_on_order", "beyond_order")


def shipped(quantity: float = 100, ordered: float = 100) -> tuple[PurchaseOrder, ShipNotice]:
    order = trade.released(line("10", ordered))
    order.acknowledge(trade.answer(whole_order=Outcome.ACCEPTED), ITEMS, trade.DECIDE_BY)
    notice = trade.ship(packed(order, quantity), orders=[order])
    trade.told(order)
    trade.told(notice)
    return order, notice


def found(receipt: Receipt) -> list[DiscrepancyCode]:
    return [each.code for each in receipt.discrepancies]


@pytest.mark.feature("F013", "F070", "F076")
def test_announced_goods_are_taken_from_what_is_on_its_way() -> None:
    order, notice = shipped()
    receipt = receive(counted(100, ship_notice_number=notice.number), orders=[order], notices=[notice])
    assert facts(receipt.lines[0], *TAKEN) == (100, 0, 0)
    assert facts(receipt.lines[0], "purchase_order_number", "line_number") == ("4711", "10")
    assert facts(order.lines[0], "in_transit", "received", "open", "state") == (0, 100, 0, LineState.RECEIVED)
    assert (order.state, notice.state) == (OrderState.COMPLETED, NoticeState.RECEIVED)
    assert [type(each) for each in trade.told(order)] == [events.PurchaseOrderReceived, events.PurchaseOrderCompleted]
    assert [type(each) for each in trade.told(notice)] == [events.ShipNoticeClosed]
    assert [type(each) for each in trade.told(receipt)] == [events.GoodsReceived]
    assert found(receipt) == []


@pytest.mark.feature("F071")
def test_several_receipts_for_one_notice_and_one_order() -> None:
    order, notice = shipped(60)
    for part in (20, 30):
        receive(counted(part, ship_notice_number=notice.number), orders=[order], notices=[notice])
    assert (notice.state, order.state) == (NoticeState.PARTLY_RECEIVED, OrderState.PARTLY_RECEIVED)
    assert facts(order.lines[0], "in_transit", "on_order", "received") == (10, 40, 50)
    receive(counted(10, ship_notice_number=notice.number), orders=[order], notices=[notice])
    second = trade.ship(packed(order, 40), orders=[order])
    receive(counted(40, ship_notice_number=second.number), orders=[order], notices=[second])
    assert order.state is OrderState.COMPLETED


@pytest.mark.feature("F071")
def test_one_notice_over_two_orders_is_received_for_both() -> None:
    first, second = trade.released(number="1"), trade.released(number="2")
    notice = trade.ship(packed(first, 100), packed(second, 100), orders=[first, second])
    report = [counted(100, ship_notice_number=notice.number, purchase_order_number=each) for each in ("1", "2")]
    receipt = receive(*report, orders=[first, second], notices=[notice])
    assert receipt.purchase_order_ids == (first.purchase_order_id, second.purchase_order_id)
    assert (first.state, second.state) == (OrderState.COMPLETED, OrderState.COMPLETED)


def test_a_count_without_line_numbers_is_shared_by_the_lines_it_was_announced_for() -> None:
    order = trade.released(line("10", 50), line("20", 50))
    notice = trade.ship(packed(order, 50), packed(order, 50, "20"), orders=[order])
    receipt = receive(counted(100, ship_notice_number=notice.number), orders=[order], notices=[notice])
    assert [facts(each, "line_number", *TAKEN) for each in receipt.lines] == [("10", 50, 0, 0), ("20", 50, 0, 0)]
    assert order.state is OrderState.COMPLETED


@pytest.mark.feature("F016", "F077")
def test_goods_without_a_notice_are_taken_from_what_is_on_order() -> None:
    order = trade.released(line("10", 30))
    receipt = receive(counted(30, purchase_order_number="4711", line_number="10"), orders=[order])
    assert facts(receipt.lines[0], *TAKEN) == (0, 30, 0)
    assert found(receipt) == [DiscrepancyCode.NO_SHIP_NOTICE]
    assert [(each.code, each.owner) for each in receipt.concerns] == [("NO_SHIP_NOTICE", "supplier-desk")]
    assert order.state is OrderState.COMPLETED


def test_a_warehouse_that_names_no_notice_empties_the_oldest_one() -> None:
    order, notice = shipped()
    receipt = receive(counted(100, purchase_order_number="4711"), orders=[order], notices=[notice])
    assert facts(receipt.lines[0], *TAKEN) == (100, 0, 0)
    assert receipt.lines[0].ship_notice_id == notice.ship_notice_id
    assert (found(receipt), notice.state) == ([], NoticeState.RECEIVED)


@pytest.mark.feature("F071", "F077")
@pytest.mark.parametrize(("arrived", "alerted"), [(105, False), (106, True)])
def test_more_than_shipped_and_ordered_is_over(arrived: int, *, alerted: bool) -> None:
    order, notice = shipped()
    receipt = receive(counted(arrived, ship_notice_number=notice.number), orders=[order], notices=[notice])
    assert facts(receipt.lines[0], *TAKEN) == (100, 0, arrived - 100)
    (over,) = receipt.discrepancies
    assert (over.code, over.beyond_tolerance) == (DiscrepancyCode.OVER, alerted)
    assert [each.code for each in receipt.concerns] == (["OVER_RECEIPT"] if alerted else [])
    assert facts(order.lines[0], "in_transit", "received") == (0, arrived)


def test_more_than_announced_but_not_more_than_ordered_is_taken_from_what_is_on_order() -> None:
    order, notice = shipped(60)
    receipt = receive(counted(70, ship_notice_number=notice.number), orders=[order], notices=[notice])
    assert facts(receipt.lines[0], *TAKEN) == (60, 10, 0)
    assert [(each.code, each.beyond_tolerance) for each in receipt.discrepancies] == [(DiscrepancyCode.OVER, False)]
    assert facts(order.lines[0], "on_order", "received") == (30, 70)


def test_what_an_obsolete_shipment_announced_is_not_over_again() -> None:
    order = trade.released(line("10", 100))
    order.place(document(line("10", 80), hours=1), ITEMS)
    notice = trade.ship(packed(order, 100, packed_on_revision=1), orders=[order])
    receipt = receive(counted(100, ship_notice_number=notice.number), orders=[order], notices=[notice])
    assert facts(receipt.lines[0], *TAKEN) == (100, 0, 0)
    assert (receipt.concerns, order.state) == ([], OrderState.COMPLETED)


@pytest.mark.feature("F075")
def test_a_shortage_beyond_tolerance_alerts_and_stays_on_order() -> None:
    order, notice = shipped()
    report = (
        counted(85, ship_notice_number=notice.number),
        counted(5, ship_notice_number=notice.number, condition=Condition.DAMAGED),
    )
    receipt = receive(*report, orders=[order], notices=[notice], final=True)
    assert found(receipt) == [DiscrepancyCode.DAMAGED, DiscrepancyCode.SHORT]
    assert [(each.code, each.owner) for each in receipt.concerns] == [("SHORT_BEYOND_TOLERANCE", "replenishment")]
    (closed,) = trade.told(notice)
    assert isinstance(closed, events.ShipNoticeClosed)
    assert [facts(each, "quantity", "stays_on_order") for each in closed.short_lines] == [(trade.each(10), True)]
    names = ("in_transit", "on_order", "received", "damaged")
    assert facts(order.lines[0], *names) == (0, 10, 90, 5)
    assert (order.state, notice.state) == (OrderState.PARTLY_RECEIVED, NoticeState.CLOSED_SHORT)
    rest = receive(counted(10, purchase_order_number="4711", line_number="10"), orders=[order])
    assert (found(rest), order.state) == ([], OrderState.COMPLETED), "the rest had been announced"


def test_a_shortage_within_tolerance_is_given_up() -> None:
    order, notice = shipped()
    receipt = receive(counted(95, ship_notice_number=notice.number), orders=[order], notices=[notice], final=True)
    (short,) = receipt.discrepancies
    assert (short.code, short.beyond_tolerance, receipt.concerns) == (DiscrepancyCode.SHORT, False, [])
    assert facts(order.lines[0], "closed_short", "on_order", "state") == (5, 0, LineState.CLOSED_SHORT)
    assert order.state is OrderState.COMPLETED


def test_what_was_given_up_and_comes_after_all_is_not_over() -> None:
    order, notice = shipped()
    receive(counted(95, ship_notice_number=notice.number), orders=[order], notices=[notice], final=True)
    late = receive(counted(5, purchase_order_number="4711", line_number="10"), orders=[order])
    assert facts(order.lines[0], "received", "closed_short", "state") == (100, 0, LineState.RECEIVED)
    assert DiscrepancyCode.OVER not in [each.code for each in late.discrepancies if each.beyond_tolerance]


def test_by_policy_a_shortage_may_end_the_line() -> None:
    order, notice = shipped()
    report = counted(50, ship_notice_number=notice.number)
    receive(report, orders=[order], notices=[notice], final=True, short_stays=False)
    assert facts(order.lines[0], "closed_short", "on_order", "state") == (50, 0, LineState.CLOSED_SHORT)
    (closed,) = trade.told(notice)
    assert isinstance(closed, events.ShipNoticeClosed)
    assert [each.stays_on_order for each in closed.short_lines] == [False]


@pytest.mark.feature("F015", "F016")
def test_goods_on_hold_are_received_and_reported() -> None:
    order, notice = shipped(40, 40)
    receipt = receive(
        counted(30, ship_notice_number=notice.number),
        counted(10, ship_notice_number=notice.number, condition=Condition.HOLD),
        orders=[order],
        notices=[notice],
    )
    assert found(receipt) == [DiscrepancyCode.QUALITY_HOLD]
    assert (order.state, facts(order.lines[0], "received")) == (OrderState.COMPLETED, (40,))


def test_a_receipt_of_nobodys_order_is_booked_and_is_a_transaction_of_its_own() -> None:
    receipt = receive(counted(7), orders=[])
    assert facts(receipt.lines[0], *TAKEN) == (0, 0, 7)
    assert found(receipt) == [DiscrepancyCode.UNKNOWN_ORDER]
    assert [(each.code, each.owner) for each in receipt.concerns] == [("RECEIPT_WITHOUT_ORDER", "procurement")]
    assert receipt.transaction_ids == (receipt.receipt_id,)


def test_an_item_that_was_not_ordered_moves_no_balance() -> None:
    order, notice = shipped()
    report = counted(5, "NUT", purchase_order_number="4711", line_number="10")
    receipt = receive(report, orders=[order], notices=[notice])
    assert facts(receipt.lines[0], *TAKEN) == (0, 0, 5)
    assert found(receipt) == [DiscrepancyCode.WRONG_ITEM]
    assert facts(order.lines[0], "in_transit", "received") == (100, 0)


def test_a_substitute_that_was_announced_is_taken_from_what_is_on_its_way() -> None:
    order = trade.released(line("10", 100))
    notice = trade.ship(packed(order, 30, sku="NUT"), orders=[order])
    report = counted(30, "NUT", ship_notice_number=notice.number, line_number="10")
    receipt = receive(report, orders=[order], notices=[notice])
    assert facts(receipt.lines[0], *TAKEN) == (30, 0, 0)
    assert found(receipt) == [DiscrepancyCode.SUBSTITUTED]
    assert facts(order.lines[0], "on_order", "in_transit", "received") == (100, 0, 0)


@pytest.mark.parametrize("noticed", [True, False])
def test_what_comes_when_nothing_more_was_expected_is_booked_and_somebodys(noticed: bool) -> None:
    """Within the tolerance for too much, which says nothing of goods that come after the end."""
    order = trade.released(line("10", 100))
    receive(counted(100, purchase_order_number="4711", line_number="10"), orders=[order])
    assert order.state is OrderState.COMPLETED
    trade.told(order)
    notices = [trade.ship(packed(order, 3), orders=[order])] if noticed else []
    asn = {"ship_notice_number": notices[0].number} if noticed else {}
    late = receive(counted(3, purchase_order_number="4711", line_number="10", **asn), orders=[order], notices=notices)
    [concern] = [each for each in late.concerns if each.code == "RECEIPT_AFTER_END"]
    assert (concern.owner, "3 EA of BOLT" in concern.summary) == ("procurement", True)
    assert facts(late.lines[0], "base") == (3,)
    assert facts(order.lines[0], "received") == (103,)


def test_goods_for_a_cancelled_order_are_booked_beyond_it() -> None:
    order = trade.released(line("10", 100))
    order.place(document(hours=1, cancels=True), ITEMS)
    receipt = receive(counted(100, purchase_order_number="4711", line_number="10"), orders=[order])
    assert facts(receipt.lines[0], *TAKEN) == (0, 0, 100)
    assert "OVER_RECEIPT" in [each.code for each in receipt.concerns]
    assert order.state is OrderState.CANCELLED


def test_what_cannot_be_counted_waits_for_master_data() -> None:
    with pytest.raises(ItemUnknown):
        receive(counted(7, "GHOST"), orders=[])


def test_cases_are_counted_in_base_units() -> None:
    order, notice = shipped(24, 24)
    receipt = receive(counted(2, unit="XCS", ship_notice_number=notice.number), orders=[order], notices=[notice])
    assert facts(receipt.lines[0], "base", "base_unit") == (24, "EA")
    assert order.state is OrderState.COMPLETED


@pytest.mark.parametrize(
    ("said", "base"),
    [(counted(2.5), "2.5 EA of BOLT"), (counted(0.3, unit="XCS"), "3.6 EA of BOLT"), (counted(0.5, "NUT"), "0.5 EA")],
)
def test_a_part_of_a_piece_is_booked_as_it_was_counted_and_is_the_warehouses_to_explain(
    said: ReceiptLineTerms, base: str
) -> None:
    order = trade.released(line("10", 100))
    receipt = receive(replace(said, purchase_order_number="4711"), counted(1), orders=[order])
    [concern] = [each for each in receipt.concerns if each.code == "FRACTION_OF_A_PIECE"]
    assert (concern.owner, concern.subject) == ("warehouse", f"receipt/{receipt.receipt_id}")
    assert base in concern.summary
    assert (
        sum(each.base for each in receipt.lines) == said.quantity.value * (12 if said.quantity.unit == "XCS" else 1) + 1
    )


@pytest.mark.parametrize("said", [counted(2.5, "SAND", unit="KGM"), counted(0.5, unit="XCS"), counted(3)])
def test_what_is_weighed_and_half_a_case_of_whole_pieces_are_no_parts_of_pieces(said: ReceiptLineTerms) -> None:
    receipt = receive(said, orders=[])
    assert [each.code for each in receipt.concerns] == ["RECEIPT_WITHOUT_ORDER"]


def test_a_carton_is_taken_from_what_was_announced_in_it() -> None:
    order = trade.released(line("10", 100))
    cartons = [packed(order, 50, carton_sscc=digit * 18) for digit in "12"]
    notice = trade.ship(*cartons, orders=[order])
    receive(counted(20, ship_notice_number=notice.number, sscc="2" * 18), orders=[order], notices=[notice])
    assert [facts(each, "received") for each in notice.lines] == [(0,), (20,)]


def test_a_notice_that_nobody_sent_is_no_notice() -> None:
    order = trade.released(line("10", 30))
    receipt = receive(counted(30, purchase_order_number="4711", ship_notice_number="SH-GHOST"), orders=[order])
    assert facts(receipt.lines[0], *TAKEN) == (0, 30, 0)
    assert found(receipt) == [DiscrepancyCode.NO_SHIP_NOTICE]


def test_what_was_on_order_elsewhere_is_a_line_of_its_own() -> None:
    order, notice = shipped(60)
    order.place(document(line("10", 100, ship_to_id="WH-WEST"), hours=1), ITEMS)
    receipt = receive(counted(70, ship_notice_number=notice.number), orders=[order], notices=[notice])
    assert [facts(each, *TAKEN, "expected_at") for each in receipt.lines] == [(60, 0, 0, ""), (0, 10, 0, "WH-WEST")]


def test_goods_that_arrive_elsewhere_say_where_they_were_expected() -> None:
    order = trade.released(line("10", 30, ship_to_id="WH-WEST"))
    receipt = receive(counted(30, purchase_order_number="4711", line_number="10"), orders=[order])
    assert facts(receipt.lines[0], *TAKEN, "expected_at") == (0, 30, 0, "WH-WEST")
