"""What a warehouse says of released lines: whatever order its reports come in, nothing is counted twice or lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import sales_order_pb2
from fulfillment.domain import events
from fulfillment.domain.allocating import allocate, release
from fulfillment.domain.cancelling import cancel_part
from fulfillment.domain.handling import Lot, Outcome, Place, Reported, issue, pack, pick, stray
from fulfillment.domain.lifecycle import State
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.questions import Held
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import ShortageRule
from fulfillment.domain.warehouse_report import (
    Booking,
    Carriage,
    Kind,
    Package,
    ReportTerms,
    Shipment,
    WarehouseReport,
)
from fulfillment.store.package_rows import package_row, read_package
from fulfillment.wire.events import to_message
from fulfillment.wire.warehouse import fact_of
from fulfillment_cases.trade import D, hear_held, hear_short, line, names, placed, shown, standing, told

EAST = "WH-EAST"


def released(quantity: int = 10, **more: Any) -> SalesOrder:
    order = placed(line("1", quantity), **more)
    hear_held(order)
    told(order)
    return order


def at(order: SalesOrder, location: str = EAST, shipment: str = "SH-1") -> Place:
    return Place(order, order.lines[1], location, shipment)


def said(quantity: int, short: int = 0) -> Reported:
    return Reported("", "S-1", "1", "BOLT", "EA", D(quantity), D(short))


def amounts(outcome: Outcome) -> tuple[int, int, int]:
    """How much was handled for a release, how much without one, and how much is said late."""
    for_release = sum(int(each.quantity) for each in outcome.handled if each.schedule_id)
    without = sum(int(each.quantity) for each in outcome.unreleased)
    return for_release, without, sum(int(each.quantity) for each in outcome.late)


@pytest.mark.feature("F121")
def test_a_line_is_picked_packed_and_handed_over_in_parts() -> None:
    order = released(10)
    assert amounts(pick(at(order), said(6))) == (6, 0, 0)
    assert standing(order.lines[1]) == {"picked": D(6), "released": D(4)}
    pack(at(order), said(4))
    pick(at(order), said(4))
    issue(at(order), said(4))
    assert standing(order.lines[1]) == {"handed_over": D(4), "picked": D(6)}
    assert shown(order) == "partly_packed"
    assert order.lines[1].conserved


def test_what_is_picked_beyond_all_that_was_released_belongs_to_no_schedule() -> None:
    order = released(10)
    outcome = pick(at(order), said(13))
    assert amounts(outcome) == (10, 3, 0)
    assert [(each.reservation_id, each.schedule_id) for each in outcome.unreleased] == [("", "")]
    assert standing(order.lines[1]) == {"picked": D(10)}


def test_a_place_that_nothing_was_released_to_moves_no_line() -> None:
    order = released(10)
    assert amounts(pick(at(order, "WH-WEST"), said(10))) == (0, 10, 0)
    assert standing(order.lines[1]) == {"released": D(10)}


@pytest.mark.parametrize("reports", [(issue,), (pick, issue), (pack, issue), (pick, pack, issue)])
def test_goods_that_are_allocated_and_were_not_released_leave_once_and_are_somebodys(reports: tuple[Any, ...]) -> None:
    order = placed(line("1", 10))
    asked = order.questions[-1]
    allocate(order, asked.part, asked.attempt, "R-1", [Held("BOLT", EAST, D(10))])
    told(order)
    outcomes = [report(at(order), said(10)) for report in reports]
    assert amounts(outcomes[0]) == (10, 10, 0)
    assert [each.reservation_id for each in outcomes[0].unreleased] == ["R-1"]
    assert [len(each.unreleased) for each in outcomes[1:]] == [0] * (len(reports) - 1)
    assert standing(order.lines[1]) == {"handed_over": D(10)}
    release(order, asked.part)
    assert "OrderReleased" not in names(order)


def test_goods_that_were_handed_over_are_picked_once_whenever_that_is_said() -> None:
    order = released(10)
    gone = issue(at(order), said(10))
    assert [each.picked_before for each in gone.handled] == [False]
    assert amounts(pick(at(order), said(10))) == (0, 0, 10)
    assert amounts(pick(at(order), said(1))) == (0, 1, 0)


def test_a_pick_that_is_said_after_the_packing_still_takes_the_goods_off_the_shelf() -> None:
    order = released(10)
    pack(at(order), said(10))
    assert shown(order) == "packed"
    assert amounts(pick(at(order), said(10))) == (10, 0, 0)
    assert [each.picked_before for each in issue(at(order), said(10)).handled] == [True]


@pytest.mark.feature("F121")
def test_what_was_missing_is_missing_though_the_pick_is_said_after_the_goods_left() -> None:
    order = released(7)
    issue(at(order), said(5))
    outcome = pick(at(order), said(5, short=2))
    assert standing(order.lines[1]) == {"handed_over": D(5), "backordered": D(2)}
    assert amounts(outcome) == (0, 0, 5)
    assert sum(int(each.quantity) for each in outcome.shorts) == 2


def test_a_packing_that_is_said_after_the_goods_left_moves_nothing_back() -> None:
    order = released(10)
    issue(at(order), said(10))
    assert amounts(pack(at(order), said(10))) == (10, 0, 0)
    assert standing(order.lines[1]) == {"handed_over": D(10)}


def test_goods_that_left_stay_in_their_shipment_whatever_is_packed_later_for_another() -> None:
    order = released(10)
    issue(at(order, shipment="SH-1"), said(6))
    outcome = pack(at(order, shipment="SH-2"), said(7))
    assert amounts(outcome) == (4, 3, 0)
    aboard = {(each.shipment_id, each.state.value): int(each.quantity) for each in order.lines[1].schedules}
    assert aboard == {("SH-1", "handed_over"): 6, ("SH-2", "packed"): 4}


def test_goods_leave_with_the_shipment_that_they_were_packed_for() -> None:
    order = released(10)
    pick(at(order), said(10))
    pack(at(order, shipment="SH-1"), said(4))
    pack(at(order, shipment="SH-2"), said(6))
    issue(at(order, shipment="SH-2"), said(6))
    assert {each.shipment_id: each.state for each in order.lines[1].schedules} == {
        "SH-1": State.PACKED,
        "SH-2": State.HANDED_OVER,
    }


@pytest.mark.feature("F128")
def test_what_was_not_found_waits_for_supply_and_is_held_by_nothing() -> None:
    order = released(10)
    outcome = pick(at(order), said(7, short=3))
    assert [(each.quantity, each.reservation_id) for each in outcome.shorts] == [(D(3), "R-1")]
    assert standing(order.lines[1]) == {"picked": D(7), "backordered": D(3)}
    waiting = next(each for each in order.lines[1].schedules if each.state is State.BACKORDERED)
    assert (waiting.reservation_id, waiting.location_id, waiting.reason) == ("", "", "PICK_SHORT")
    assert names(order) == ["OrderLinesBackordered"]
    assert [(each.code, each.owner) for each in order.concerns] == [("PICK_SHORT", "warehouse")]


def test_what_was_not_found_is_cancelled_where_the_order_says_so_and_nobody_promised_it() -> None:
    order = released(10, shortage=ShortageRule.CANCEL)
    pick(at(order), said(7, short=3))
    assert standing(order.lines[1]) == {"picked": D(7), "cancelled": D(3)}
    assert names(order) == ["OrderLinesCancelled"]
    confirmed = released(10, shortage=ShortageRule.CANCEL, channel_confirmed=True)
    pick(at(confirmed), said(7, short=3))
    assert standing(confirmed.lines[1]) == {"picked": D(7), "backordered": D(3)}


def test_what_was_asked_back_and_is_not_there_is_cancelled_by_that() -> None:
    order = released(10)
    cancel_part(order, 1, "changed my mind", "CHANNEL")
    told(order)
    pick(at(order), said(0, short=10))
    assert shown(order) == "cancelled"
    [fact] = told(order)
    assert isinstance(fact, events.OrderLinesCancelled)
    assert (fact.reason, fact.acknowledged) == ("RECALLED", True)


@pytest.mark.feature("F032", "F130")
def test_what_is_cancelled_names_its_channel_and_stands_whole_where_its_customer_was_acknowledged() -> None:
    order = placed(line("1", 10), shortage=ShortageRule.CANCEL)
    hear_short(order, BOLT=8)
    [first] = [each for each in told(order) if isinstance(each, events.OrderLinesCancelled)]
    hear_held(order)
    told(order)
    pick(at(order), said(5, short=3))
    [second] = told(order)
    before, after = to_message(first), to_message(second)
    assert isinstance(before, events_pb2.OrderLinesCancelled)
    assert isinstance(after, events_pb2.OrderLinesCancelled)
    assert (before.channel, before.reason, before.HasField("order"), list(before.lines)) == (
        order.terms.channel,
        "STOCK_SHORT",
        False,
        [],
    )
    assert (after.reason, after.order.number) == ("PICK_SHORT", order.terms.number)
    stand = {sales_order_pb2.SCHEDULE_STATE_PICKED: "5", sales_order_pb2.SCHEDULE_STATE_CANCELLED: "3"}
    left = [each for each in after.lines[0].schedules if each.reason != "STOCK_SHORT"]
    assert {each.state: each.quantity.value for each in left} == stand


def test_more_missing_than_was_released_takes_nothing_from_what_was_picked() -> None:
    order = released(10)
    pick(at(order), said(10))
    assert pick(at(order), said(0, short=5)).shorts == []
    assert standing(order.lines[1]) == {"picked": D(10)}


def booking(kind: Kind, outcome: Outcome, order: SalesOrder | None) -> Booking:
    terms = ReportTerms(
        kind=kind,
        system="WMS-EAST",
        business_unit="EU01",
        location_id=EAST,
        number="N-1",
        happened_at=datetime(2026, 3, 2, tzinfo=UTC),
        lines=(said(10),),
        shipment_number="SH-1",
    )
    shipment = None if kind is Kind.PICK else Shipment("0192-1", EAST, "SH-1", "EU01")
    made = Booking(terms, WarehouseReport("0193-1", kind, EAST, "N-1", ""), [order] if order else [], shipment, outcome)
    made.end()
    return made


@pytest.mark.parametrize("kind", list(Kind))
def test_a_report_on_an_order_of_nobodys_is_told_with_its_lines_and_is_a_transaction_of_its_own(kind: Kind) -> None:
    found = booking(kind, stray(said(10)), None)
    concern = found.concern()
    assert concern is not None
    assert (concern.code, concern.owner) == ("HANDLED_WITHOUT_RELEASE", "warehouse")
    assert "BOLT for line 1 of order S-1" in concern.summary
    assert found.transaction_ids == concern.transaction_ids == ("0193-1",)
    assert "order:S-1" in found.keys
    message = fact_of(found)
    told: Any = message.stopped if kind is Kind.RECALL else message.lines  # type: ignore[attr-defined]
    lines = [each.line if kind in {Kind.GOODS_ISSUE, Kind.RECALL} else each for each in told]
    assert [(each.order_id, each.unreleased, each.business_unit) for each in lines] == [("", True, "EU01")]


def test_a_report_on_what_was_released_worries_nobody() -> None:
    order = released(10)
    found = booking(Kind.PICK, pick(at(order), said(10)), order)
    assert found.concern() is None
    assert found.transaction_ids == ("0191-1",)


@pytest.mark.feature("F024")
def test_a_shipment_that_is_ready_says_what_its_carriage_needs() -> None:
    order = released(10, same_day=True)
    pick(at(order), said(10))
    ready = fact_of(booking(Kind.PACKING, pack(at(order), said(10)), order))
    assert ready.service_level == "SAME_DAY"  # type: ignore[attr-defined]
    assert list(ready.order_ids) == ["0191-1"]  # type: ignore[attr-defined]
    assert ready.customer_id == "CUS-SHOP"  # type: ignore[attr-defined]
    assert [each.reservation_id for each in ready.lines] == ["R-1"]  # type: ignore[attr-defined]


FIRST, SECOND = "006141411234567894", "006141411234567900"


def packed(sscc: str, quantity: int) -> Package:
    return Package(sscc, "XCT", Quantity(D("2.5"), "KGM"), (said(quantity),))


def on_site(*packages: Package) -> Shipment:
    shipment = Shipment("0192-1", EAST, "SH-1", "EU01")
    shipment.pack(packages)
    return shipment


def test_packages_leave_once_by_their_numbers() -> None:
    shipment = on_site(packed(FIRST, 4), packed(SECOND, 6))
    assert [each.sscc for each in shipment.let_go([FIRST], [said(4)])] == [FIRST]
    assert shipment.let_go([FIRST], [said(4)]) == ()
    assert [each.sscc for each in shipment.packages] == [SECOND]


def test_packages_that_nobody_names_leave_with_exactly_what_lies_in_them() -> None:
    shipment = on_site(packed(FIRST, 4), packed(SECOND, 6))
    assert shipment.let_go([], [said(7)]) == ()
    assert [each.sscc for each in shipment.let_go([], [said(3), said(7)])] == [FIRST, SECOND]
    assert shipment.packages == ()


def test_a_package_that_is_packed_anew_holds_what_was_said_last() -> None:
    shipment = on_site(packed(FIRST, 4))
    shipment.pack([packed(FIRST, 5)])
    assert [each.contents[0].quantity for each in shipment.packages] == [D(5)]


def test_a_package_survives_its_row() -> None:
    lot = Lot("L-9", date(2027, 1, 31))
    package = Package(FIRST, "XCT", Quantity(D("2.5"), "KGM"), (replace(said(4), lot=lot), said(1)))
    for each in (package, Package("", "", None, (said(1),))):
        assert read_package(json.loads(json.dumps(package_row(each)))) == each


@pytest.mark.feature("F126")
def test_goods_that_left_are_told_with_their_orders_and_what_lay_in_which_package() -> None:
    order = released(10, ship_to_code="92:0042")
    order.consignee_id = "consignee/1"
    order.lines[1].schedules[0].promised_on = date(2026, 3, 9)
    made = booking(Kind.GOODS_ISSUE, issue(at(order), said(10)), order)
    assert made.shipment is not None
    made.shipment.pack([packed(FIRST, 10)])
    made.terms = replace(made.terms, carriage=Carriage((FIRST,), "UPSN", "1Z"))
    made.end()
    gone: Any = fact_of(made)
    [told_of], [package] = gone.orders, gone.packages
    assert (told_of.order_id, told_of.channel, told_of.ship_to_code) == ("0191-1", "shop-eu", "92:0042")
    assert (package.sscc, package.contents[0].quantity.value) == (FIRST, "10")
    assert (told_of.customer_id, gone.consignee_id, gone.promised_on.day) == ("CUS-SHOP", "consignee/1", 9)
