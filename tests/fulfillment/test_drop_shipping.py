"""What a supplier ships straight to the customer: bought and never asked of stock, shipped by the supplier's notice,
and nothing of an order is ever lost or made, whatever comes twice, late, too much or for nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from fulfillment.domain import events
from fulfillment.domain.allocating import ask
from fulfillment.domain.cancelling import cancel_part, change_quantity
from fulfillment.domain.check_lifecycle import Kind
from fulfillment.domain.checking import hold, let_through
from fulfillment.domain.checks import Basis, Rule, Verdict
from fulfillment.domain.concerns import Concern
from fulfillment.domain.drop_shipment import Announced, DropShipment, SupplierNotice, by_line
from fulfillment.domain.drop_shipping import Purchased, buy, purchase_booked, stand_for
from fulfillment.domain.posting_lines import bought
from fulfillment.domain.quantities import ZERO, Quantity
from fulfillment.domain.refusals import OrderAlreadyShipped
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import LineTerms, ShortageRule
from fulfillment.domain.warehouse_report import Shipment
from fulfillment_cases.trade import NOW, D, hear_held, line, names, placed, shown, standing, told

SUPPLIER = "SUP-NORDIC"
DAY = date(2026, 3, 9)


def direct(number: str = "1", quantity: int = 10, sku: str = "BOLT") -> LineTerms:
    said = line(number, quantity, sku)
    return LineTerms(said.line_number, said.sku, said.ordered, supplier_id=SUPPLIER)


def purchased(quantity: int, on: date | None = DAY, po: str = "PO-1") -> Purchased:
    return Purchased(f"{po}.1", po, D(quantity), on)


def announced(quantity: int, number: str = "1", sku: str = "BOLT") -> Announced:
    return Announced("", "S-1", number, sku, D(quantity), "PO-1", "PO-1.1")


def notice(*lines: Announced, state: str = "0193-a") -> SupplierNotice:
    return SupplierNotice(
        ship_notice_id=state,
        supplier_id=SUPPLIER,
        number="ASN-1",
        business_unit="EU01",
        shipped_at=NOW,
        lines=lines,
        carrier="DHLF",
        tracking_number="PRO-9",
    )


def shipped(order: SalesOrder, *lines: Announced, state: str = "0193-a") -> DropShipment:
    """As the use case does with one shipment of the order."""
    shipment = Shipment("0194-s", "", "ASN-1", "EU01", supplier_id=SUPPLIER, ship_notice_id=state)
    found = DropShipment(notice(*lines, state=state), shipment, [order])
    known = {each.line_number: each for each in order.lines.values()}
    for said in by_line(found.notice.lines):
        ours = known.get(said[0].line_number)
        if ours is None or ours.sku != said[0].sku:
            found.stray(said[0], order)
        else:
            found.take(order, ours, said)
    found.end()
    return found


def codes(concerns: Sequence[Concern]) -> list[str]:
    return [each.code for each in concerns]


def buying(order: SalesOrder) -> list[tuple[str, Decimal, object]]:
    """What the ERP is asked to order now."""
    return [(said.line_number, said.quantity.value, said.price) for lines in bought(order).values() for said in lines]


@pytest.mark.feature("F119")
def test_a_line_that_a_supplier_ships_is_bought_and_never_asked_of_stock() -> None:
    order = placed(direct(), line("2", 5, "NUT"))
    assert [dict(each.wanted) for each in order.questions] == [{"NUT": D(5)}]
    assert standing(order.lines[1]) == {"at_supplier": D(10)}
    hear_held(order)
    assert standing(order.lines[2]) == {"released": D(5)}
    assert shown(order) == "released"


def test_an_order_of_such_lines_alone_asks_nothing_of_stock_and_is_acknowledged() -> None:
    order = placed(direct())
    assert order.questions == []
    ask(order, 1)
    assert order.parts[1].acknowledged
    assert not order.parts[1].open


@pytest.mark.feature("F119")
def test_the_erp_is_asked_to_order_what_is_wanted_and_is_told_no_price_of_ours() -> None:
    order = placed(direct())
    change_quantity(order, order.lines[1], Quantity(D(14), "EA"), "", "CHANNEL")
    assert buying(order) == [("1", D(14), None)]
    told(order)
    change_quantity(order, order.lines[1], Quantity(D(6), "EA"), "", "CHANNEL")
    assert buying(order) == [("1", D(6), None)]
    assert standing(order.lines[1]) == {"at_supplier": D(14)}


def test_nothing_is_bought_for_an_order_that_a_check_holds() -> None:
    order = placed(line())
    order.lines[1].supplier_id = SUPPLIER
    hold(order, Rule(Kind.CREDIT), Verdict(False, Basis.ANSWER, NOW))
    change_quantity(order, order.lines[1], Quantity(D(12), "EA"), "", "CHANNEL")
    assert standing(order.lines[1])["sourced"] == D(12)
    assert buying(order) == []
    let_through(order, Kind.CREDIT, Verdict(True, Basis.PERSON, NOW))
    assert buy(order, 1)
    assert standing(order.lines[1]) == {"at_supplier": D(12)}


@pytest.mark.feature("F119")
def test_the_suppliers_notice_ships_the_line_and_tells_its_channel() -> None:
    order = placed(direct())
    found = shipped(order, announced(6), announced(4))
    assert standing(order.lines[1]) == {"shipped": D(10)}
    assert shown(order) == "shipped"
    [fact] = [each for each in told(order) if isinstance(each, events.OrderStatusChanged)]
    assert (fact.sending, fact.at) == (events.Sending("0194-s", "ASN-1", "DHLF", "PRO-9"), NOW)
    assert sum(each.quantity.value for each in fact.steps) == 10
    assert found.concerns == []


def test_the_same_notice_again_ships_nothing_and_a_replaced_one_what_it_has_more() -> None:
    order = placed(direct())
    shipped(order, announced(4))
    assert shipped(order, announced(4)).sent == []
    more = shipped(order, announced(7), state="0193-b")
    assert [each.schedule.quantity for each in more.sent] == [D(3)]
    assert standing(order.lines[1]) == {"shipped": D(7), "at_supplier": D(3)}


def test_a_notice_that_takes_back_what_was_told_moves_nothing_and_somebody_decides() -> None:
    order = placed(direct())
    shipped(order, announced(10))
    told(order)
    found = shipped(order, announced(0), state="0193-b")
    assert codes(found.concerns) == ["DROP_SHIPMENT_TAKEN_BACK"]
    assert standing(order.lines[1]) == {"shipped": D(10)}
    assert told(order) == []


@pytest.mark.feature("F119")
def test_what_exceeds_the_order_is_an_exception_and_ships_no_more_than_was_ordered() -> None:
    order = placed(direct())
    found = shipped(order, announced(13))
    assert standing(order.lines[1]) == {"shipped": D(10)}
    assert codes(found.concerns) == ["DROP_SHIPPED_ABOVE_ORDER"]
    assert "3 of BOLT" in found.concerns[0].summary
    assert order.lines[1].conserved


@pytest.mark.parametrize("said", [announced(10, "9"), announced(10, sku="NUT")])
def test_a_line_that_no_order_has_or_another_item_moves_nothing(said: Announced) -> None:
    order = placed(direct())
    found = shipped(order, said)
    assert codes(found.concerns) == ["DROP_SHIPPED_WITHOUT_ORDER"]
    assert found.concerns[0].owner == "procurement"
    assert standing(order.lines[1]) == {"at_supplier": D(10)}


def test_a_line_from_stock_is_not_shipped_by_a_supplier() -> None:
    order = placed(line())
    hear_held(order)
    found = shipped(order, announced(10))
    assert standing(order.lines[1]) == {"released": D(10)}
    assert codes(found.concerns) == ["DROP_SHIPPED_ABOVE_ORDER"]


# --- cancelling


@pytest.mark.feature("F119")
def test_cancelling_asks_the_purchase_order_back_and_waits_for_it() -> None:
    order = placed(direct())
    stand_for(order, order.lines[1], purchased(10))
    told(order)
    cancel_part(order, 1, "changed my mind", "CHANNEL")
    [asked] = told(order)
    assert isinstance(asked, events.OrderCancellationRequested)
    assert [each.commands for each in asked.compensations] == [("cancel_purchase",)]
    assert [(each.code, each.owner) for each in order.concerns] == [("PURCHASE_NOT_CANCELLED", "procurement")]
    assert standing(order.lines[1]) == {"at_supplier": D(10)}
    stand_for(order, order.lines[1], purchased(0))
    assert standing(order.lines[1]) == {"cancelled": D(10)}
    assert shown(order) == "cancelled"
    assert "PURCHASE_NOT_CANCELLED:sales_order/0191-1/1" in order.settled


def test_what_was_never_ordered_is_cancelled_once_the_erp_has_booked_that() -> None:
    order = placed(direct())
    cancel_part(order, 1, "", "CHANNEL")
    purchase_booked(order, order.lines[1], D(10))
    assert standing(order.lines[1]) == {"at_supplier": D(10)}, "that was what was wanted before"
    purchase_booked(order, order.lines[1], ZERO)
    assert standing(order.lines[1]) == {"cancelled": D(10)}


@pytest.mark.feature("F119")
def test_what_left_before_the_cancellation_reached_the_supplier_has_left() -> None:
    order = placed(direct())
    cancel_part(order, 1, "", "CHANNEL")
    found = shipped(order, announced(10))
    assert codes(found.concerns) == ["DROP_SHIPPED_THOUGH_CANCELLED"]
    assert standing(order.lines[1]) == {"shipped": D(10)}
    with pytest.raises(OrderAlreadyShipped):
        order.refuse_if_gone()


def test_what_leaves_after_it_was_cancelled_moves_nothing() -> None:
    order = placed(direct())
    cancel_part(order, 1, "", "CHANNEL")
    purchase_booked(order, order.lines[1], ZERO)
    told(order)
    found = shipped(order, announced(10))
    assert codes(found.concerns) == ["DROP_SHIPPED_ABOVE_ORDER"]
    assert standing(order.lines[1]) == {"cancelled": D(10)}
    assert told(order) == []


def test_less_is_taken_back_of_what_is_asked_back_and_the_rest_goes_on() -> None:
    order = placed(direct())
    stand_for(order, order.lines[1], purchased(10))
    change_quantity(order, order.lines[1], Quantity(D(7), "EA"), "", "CHANNEL")
    stand_for(order, order.lines[1], purchased(7))
    assert standing(order.lines[1]) == {"at_supplier": D(7), "cancelled": D(3)}
    assert order.lines[1].wanted == 7


# --- the purchase order


def test_the_supplier_confirms_a_day_and_the_customer_is_promised_it() -> None:
    order = placed(direct(), requested_on=date(2026, 3, 5))
    stand_for(order, order.lines[1], purchased(10, None))
    assert names(order) == []
    stand_for(order, order.lines[1], purchased(10))
    [schedule] = order.lines[1].schedules
    assert (schedule.promised_on, schedule.owed_on, schedule.supply) == (DAY, DAY, "PO-1.1")
    assert names(order) == ["OrderLinesPromised"]
    stand_for(order, order.lines[1], purchased(10))
    assert names(order) == [], "nothing has changed"
    stand_for(order, order.lines[1], purchased(10, date(2026, 3, 20)))
    assert schedule.at_risk


def test_two_purchase_orders_may_serve_one_line() -> None:
    order = placed(direct())
    assert stand_for(order, order.lines[1], purchased(6)) == 0
    assert stand_for(order, order.lines[1], purchased(4, date(2026, 3, 12), "PO-2")) == 0
    promises = {each.supply: (each.quantity, each.promised_on) for each in order.lines[1].schedules}
    assert promises == {"PO-1.1": (D(6), DAY), "PO-2.1": (D(4), date(2026, 3, 12))}
    assert order.concerns == []


@pytest.mark.feature("F119")
def test_a_supplier_that_declines_leaves_the_line_to_the_order_desk_and_a_new_order_serves_it() -> None:
    order = placed(direct())
    stand_for(order, order.lines[1], purchased(10))
    told(order)
    stand_for(order, order.lines[1], purchased(4))
    assert [(each.code, each.owner) for each in order.concerns] == [("SUPPLY_WITHDRAWN", "order-desk")]
    assert standing(order.lines[1]) == {"at_supplier": D(10)}
    assert {each.supply: each.at_risk for each in order.lines[1].schedules} == {"PO-1.1": False, "": True}
    stand_for(order, order.lines[1], purchased(6, po="PO-2"))
    assert any("SUPPLY_WITHDRAWN" in each for each in order.settled)


def test_what_is_ordered_beyond_what_is_wanted_is_for_nobody() -> None:
    order = placed(direct())
    assert stand_for(order, order.lines[1], purchased(12)) == 2
    assert standing(order.lines[1]) == {"at_supplier": D(10)}


def test_a_purchase_order_that_is_heard_of_after_the_goods_left_stands_for_them() -> None:
    order = placed(direct())
    shipped(order, announced(10))
    told(order)
    assert stand_for(order, order.lines[1], purchased(10)) == 0
    assert names(order) == []


def test_what_is_in_stock_leaves_complete_without_waiting_for_the_supplier() -> None:
    more: dict[str, Any] = {"shortage": ShortageRule.SHIP_COMPLETE}
    order = placed(direct(), line("2", 5, "NUT"), **more)
    hear_held(order)
    assert standing(order.lines[2]) == {"released": D(5)}
