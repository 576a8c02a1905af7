"""Ship notices: what they take from what is on order, what is flagged, and how they are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from procurement.domain import events
from procurement.domain.announcing import OrderBook, withdraw
from procurement.domain.expected import expect_notice, expect_order
from procurement.domain.outcomes import Outcome
from procurement.domain.refusals import ItemUnknown, LineUnknown, ShipNoticeAlreadyReceived, ShipNoticeNamesNothing
from procurement.domain.ship_notice import Flag, Lot, NoticeState
from procurement_cases import trade
from procurement_cases.trade import ITEMS, document, facts, line, packed, says


@pytest.mark.feature("F011", "F064")
def test_what_is_shipped_leaves_what_is_on_order() -> None:
    order = trade.released(line("10", 100))
    notice = trade.ship(packed(order, 5, unit="XCS", carton_sscc="1" * 18, lot=Lot("L1")), orders=[order])
    assert facts(order.lines[0], "on_order", "in_transit", "shipped") == (40, 60, 60)
    assert facts(notice.lines[0], "base", "from_on_order", "flags") == (60, 60, ())
    (told,) = trade.told(notice)
    assert isinstance(told, events.ShipNoticeReceived)


def test_one_notice_serves_two_orders() -> None:
    first, second = trade.released(number="1"), trade.released(number="2")
    notice = trade.ship(packed(first, 40), packed(second, 24), orders=[first, second])
    assert notice.purchase_order_ids == (first.purchase_order_id, second.purchase_order_id)
    assert (first.lines[0].in_transit, second.lines[0].in_transit) == (Decimal(40), Decimal(24))
    assert set(notice.keys) == {f"asn:{notice.number}", "po:1", "po:2"}


@pytest.mark.feature("F058")
def test_goods_packed_on_an_obsolete_revision_are_flagged_and_still_expected() -> None:
    order = trade.released(line("10", 100))
    order.place(document(line("10", 80), hours=1), ITEMS)
    notice = trade.ship(packed(order, 100, packed_on_revision=1), orders=[order])
    assert notice.lines[0].flags == (Flag.OBSOLETE_REVISION, Flag.ABOVE_OPEN_QUANTITY)
    assert facts(notice.lines[0], "base", "from_on_order") == (100, 80)
    assert [(each.code, each.owner) for each in notice.concerns] == [("SHIPPED_ON_OBSOLETE_REVISION", "procurement")]
    assert order.lines[0].in_transit == 100


@pytest.mark.parametrize(("shipped", "flagged"), [(105, False), ("105.000001", True)])
def test_more_than_open_is_flagged_beyond_the_tolerance(shipped: float | str, *, flagged: bool) -> None:
    order = trade.released(line("10", 100))
    notice = trade.ship(packed(order, shipped), orders=[order])
    assert (Flag.ABOVE_OPEN_QUANTITY in notice.lines[0].flags) is flagged
    assert facts(order.lines[0], "on_order") == (0,)
    assert notice.lines[0].from_on_order == 100


def test_the_tolerance_counts_everything_that_was_shipped() -> None:
    order = trade.released(line("10", 100))
    trade.ship(packed(order, 60), orders=[order])
    notice = trade.ship(packed(order, 46), orders=[order])
    assert notice.lines[0].flags == (Flag.ABOVE_OPEN_QUANTITY,)
    assert [each.code for each in notice.concerns] == ["SHIPPED_ABOVE_OPEN_QUANTITY"]


def test_goods_for_a_cancelled_order_are_on_their_way_all_the_same() -> None:
    order = trade.released(line("10", 100))
    order.place(document(hours=1, cancels=True), ITEMS)
    notice = trade.ship(packed(order, 100, packed_on_revision=1), orders=[order])
    assert [each.code for each in notice.concerns] == ["SHIPPED_ON_CANCELLED_ORDER"]
    assert facts(notice.lines[0], "base", "from_on_order") == (100, 0)


def test_another_item_than_was_ordered_counts_on_no_order() -> None:
    order = trade.released(line("10", 100))
    notice = trade.ship(packed(order, 30, sku="NUT"), orders=[order])
    assert notice.lines[0].flags == (Flag.ITEM_DIFFERS,)
    assert facts(order.lines[0], "on_order", "in_transit") == (100, 0)
    assert facts(notice.lines[0], "base", "from_on_order") == (30, 0)


def test_a_line_that_nobody_ordered_is_refused_and_the_rest_goes_on() -> None:
    order = trade.released(line("10", 100))
    notice, refused = trade.ship_some(packed(order, 20), packed("4599", 5), packed(order, 5, "99"), orders=[order])
    assert [each.terms.line_number for each in refused] == ["10", "99"]
    assert len(notice.lines) == 1
    assert [(each.code, each.owner) for each in notice.concerns] == [("SHIP_NOTICE_LINE_UNKNOWN", "supplier-desk")] * 2


class Read(list[Any]):
    """Counts how often it is gone through."""

    times = 0

    def __iter__(self) -> Iterator[Any]:
        self.times += 1
        return super().__iter__()


def test_a_notice_that_names_items_alone_goes_through_its_order_once_and_not_for_each_line() -> None:
    order = trade.released(*(line(str(n), sku=("BOLT", "NUT")[n % 2]) for n in range(2)))
    order.lines = Read(order.lines)
    trade.ship(*(replace(packed(order, 1, ""), sku="BOLT") for _ in range(50)), orders=[order])
    assert order.lines.times < 10
    assert order.line("0").in_transit == 50


def test_an_item_that_a_revision_puts_in_the_place_of_another_is_found() -> None:
    order = trade.released(line())
    assert order.line(sku="BOLT").line_number == "10"
    order.place(document(line(sku="NUT"), hours=1), ITEMS)
    assert order.line(sku="NUT").line_number == "10"
    with pytest.raises(LineUnknown):
        order.line(sku="BOLT")


def test_a_notice_that_names_nothing_we_know_is_refused() -> None:
    with pytest.raises(ShipNoticeNamesNothing):
        trade.ship(packed("4599", 5), orders=[trade.released()])


def test_an_unknown_item_waits_for_master_data() -> None:
    order = trade.released()
    with pytest.raises(ItemUnknown):
        trade.ship(packed(order, 5, sku="GHOST"), orders=[order])


def test_a_withdrawn_notice_gives_back_what_it_took() -> None:
    order = trade.released(line("10", 100))
    notice = trade.ship(packed(order, 110), orders=[order])
    trade.told(notice)
    withdraw(notice, OrderBook([order]), replaced=True)
    assert facts(order.lines[0], "on_order", "in_transit", "shipped") == (100, 0, 0)
    assert notice.lines[0].from_on_order == 100, "what goes back on order"
    assert notice.state is NoticeState.REPLACED
    (told,) = trade.told(notice)
    assert isinstance(told, events.ShipNoticeWithdrawn)
    assert notice.settled == [each.identity for each in notice.concerns]


def test_a_notice_whose_goods_have_arrived_cannot_be_withdrawn() -> None:
    order = trade.released(line("10", 100))
    notice = trade.ship(packed(order, 60), orders=[order])
    trade.receive(trade.counted(1, ship_notice_number=notice.number), orders=[order], notices=[notice])
    with pytest.raises(ShipNoticeAlreadyReceived):
        withdraw(notice, OrderBook([order]), replaced=False)


# --- what the dock should expect


@pytest.mark.feature("F010", "F069")
def test_the_dock_expects_first_the_promise_and_then_the_shipment() -> None:
    order = trade.released(line("10", 100, requested=trade.on_days((60, 3), (40, 9))))
    assert expect_order(order, {}) == [], "nothing is promised yet"
    order.acknowledge(trade.answer(whole_order=Outcome.ACCEPTED), ITEMS, trade.DECIDE_BY)
    (promised,) = expect_order(order, {})
    assert [facts(each, "quantity", "expected_on") for each in promised.lines] == [
        (trade.each(60), trade.day(3)),
        (trade.each(40), trade.day(9)),
    ]
    promised.events.clear()
    notice = trade.ship(packed(order, 60, carton_sscc="1" * 18), orders=[order])
    shipped = expect_notice(notice, {order.purchase_order_id: 1}, {})
    assert [(each.quantity, each.carton_sscc, each.revision) for each in shipped.lines] == [
        (trade.each(60), "1" * 18, 1)
    ]
    expect_order(order, {"WH-EAST": promised})
    assert [each.quantity for each in promised.lines] == [trade.each(40)], "nothing is expected twice"
    assert (promised.sequence, promised.withdrawn) == (2, False)


def test_nothing_is_said_twice_and_the_end_is_said_once() -> None:
    order = trade.released(line("10", 100))
    order.acknowledge(trade.answer(whole_order=Outcome.ACCEPTED), ITEMS, trade.DECIDE_BY)
    (promised,) = expect_order(order, {})
    promised.events.clear()
    expect_order(order, {"WH-EAST": promised})
    assert promised.events == []
    order.place(document(hours=1, cancels=True), ITEMS)
    for _ in range(2):
        expect_order(order, {"WH-EAST": promised})
    assert (promised.sequence, promised.withdrawn, len(promised.events)) == (2, True, 1)


def test_each_place_has_its_own_reference() -> None:
    order = trade.released(line("10", 100), line("20", 5, ship_to_id="WH-WEST"))
    order.acknowledge(trade.answer(whole_order=Outcome.ACCEPTED), ITEMS, trade.DECIDE_BY)
    assert [each.location_id for each in expect_order(order, {})] == ["WH-EAST", "WH-WEST"]


def test_a_backorder_without_a_day_is_not_expected_yet() -> None:
    order = trade.released(line("10", 50))
    trade.acknowledge(order, says(Outcome.PARTIAL, 30), says(Outcome.BACKORDERED, 20))
    (promised,) = expect_order(order, {})
    assert [each.quantity for each in promised.lines] == [trade.each(30)]


def test_a_shipment_to_another_place_says_where_it_was_ordered() -> None:
    order = trade.released(line("10", 100, ship_to_id="WH-WEST"))
    notice = trade.ship(packed(order, 60), orders=[order])
    assert facts(notice.lines[0], "flags", "ordered_at", "from_on_order") == ((Flag.OTHER_LOCATION,), "WH-WEST", 60)
    assert [each.code for each in notice.concerns] == ["SHIPPED_TO_OTHER_LOCATION"]
