"""`crossdock order`: what people write becomes an order, once, or a sentence that says why not."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import grpc
import pytest
from crossdock.common.v1 import values_pb2
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import posting_pb2, sales_order_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.options.v1 import options_pb2
from crossdock_cli.main import app
from crossdock_cli.order_calls import OrderDesk, WholeOrder
from crossdock_cli.order_documents import NoOrder, OrderDocument, changes, order_of, pair_of
from crossdock_cli.order_tables import headline, holding, holdings, lines_table, reported
from crossdock_cli.order_voices import Heard, voices
from fulfillment_cases.calls import Caller, quantity, state_of, unique
from rich.console import Console
from typer.testing import CliRunner

HEAD = {
    "business_unit": "EU01",
    "channel": "inside-sales",
    "number": "S-1",
    "customer_id": "CUS-SHOP",
    "currency": "EUR",
    "ordered_on": "2026-03-02",
}


def content(*amounts: str, **head: Any) -> dict[str, Any]:
    lines = [{"sku": "BOLT", "ordered": {"value": amount, "unit": "EA"}} for amount in amounts]
    return {"order": HEAD | head, "lines": lines}


def written(*amounts: str, number: str) -> OrderDocument:
    return order_of(content(*amounts, number=number))


@pytest.fixture
def desk(caller: Caller) -> OrderDesk:
    return OrderDesk(caller.stub, None, "inside-sales")


def test_days_are_written_as_people_do_and_lines_are_numbered() -> None:
    found = order_of(content("10", "2.5"))
    assert (found.terms.ordered_on.year, found.terms.ordered_on.month, found.terms.ordered_on.day) == (2026, 3, 2)
    assert [line.line_number for line in found.lines] == ["1", "2"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "an order is a mapping"),
        ({"lines": []}, "an order is a mapping"),
        ({"order": HEAD, "lines": {"sku": "BOLT"}}, "lines is a list"),
        (content("10", ordered_on="2026-02-30"), "no day of the calendar"),
        (content("10", colour="red"), "colour"),
        (content("ten"), r"lines\[0\].ordered.value"),
        (content("10", currency="Euro"), "order.currency"),
    ],
)
def test_what_is_no_order_is_told_in_a_sentence_before_anything_is_sent(said: Any, why: str) -> None:
    with pytest.raises(NoOrder, match=why):
        order_of(said)


@pytest.mark.feature("F112")
async def test_an_order_of_inside_sales_is_placed_once_however_often_it_is_typed(desk: OrderDesk) -> None:
    number = unique("IS")
    first, repeated = await desk.place(written("10", "5", number=number))
    again, repeated_again = await desk.place(written("10", "5", number=number))
    assert (repeated, repeated_again) == (False, True)
    assert again.order.order_id == first.order.order_id
    assert state_of(first.order) == "accepted"
    found = await desk.find(number)
    assert [line.ordered.value for line in found.lines] == ["10", "5"]


async def test_an_order_of_more_lines_than_a_call_carries_is_placed_whole(desk: OrderDesk) -> None:
    number = unique("IS")
    placed, repeated = await desk.place(written(*["1"] * 1203, number=number))
    assert not repeated
    assert len(placed.lines) == placed.order.line_count == 1203
    assert [line.line_number for line in placed.lines] == [str(each) for each in range(1, 1204)]
    assert (await desk.place(written(*["1"] * 1203, number=number)))[1]


async def test_a_big_order_with_a_line_that_is_refused_leaves_no_half_order(desk: OrderDesk) -> None:
    number = unique("IS")
    document = written(*["1"] * 600, number=number)
    document.lines[599].sku = "NOBODY-KNOWS"
    with pytest.raises(grpc.aio.AioRpcError, match="NOBODY-KNOWS"):
        await desk.place(document)
    assert state_of((await desk.find(number)).order) == "cancelled"


async def test_waiting_for_stock_ends_when_the_time_is_up(desk: OrderDesk) -> None:
    placed, _ = await desk.place(written("10", number=unique("IS")))
    found = await desk.decided(placed, time.monotonic())
    assert state_of(found.order) == "accepted"


async def test_cancelling_by_number_shows_a_cancelled_order(desk: OrderDesk) -> None:
    number = unique("IS")
    placed, _ = await desk.place(written("10", number=number))
    await desk.cancel(placed.order.order_id, "typed twice")
    found = await desk.find(number)
    assert state_of(found.order) == "cancelled"
    assert found.lines[0].schedules[0].reason == "typed twice"


@pytest.mark.feature("F132")
async def test_changing_by_number_takes_lines_in_their_units_and_adds_items_behind_them(desk: OrderDesk) -> None:
    placed, _ = await desk.place(written("10", "4", number=unique("IS")))
    wanted = changes(placed.lines, [("1", "6"), ("2", "0")], [("NUT", "3")], "EA")
    ref = pb.OrderRef(order_id=placed.order.order_id)
    await desk.change(ref, pb.ChangeOrderRequest(lines=wanted, reason="on the phone"))
    found = await desk.find(placed.order.number)
    assert [(each.line_number, each.sku, each.ordered.value) for each in found.lines] == [
        ("1", "BOLT", "6"),
        ("2", "BOLT", "0"),
        ("3", "NUT", "3"),
    ]
    with pytest.raises(NoOrder, match="has no line 9"):
        changes(placed.lines, [("9", "6")], [], "EA")
    with pytest.raises(NoOrder, match="not a name and a quantity"):
        pair_of("9")


def movement(source: Any, target: Any, amount: str, document: str = "reservation/R-1") -> inventory.Movement:
    made = inventory.Movement(
        sku="BOLT", location_id="WH-EAST", quantity=quantity(amount), document=document, to=target
    )
    setattr(made, "from", source)
    return made


def test_what_inventory_holds_is_what_its_movements_leave() -> None:
    booked = [
        movement(inventory.ACCOUNT_OPEN_DEMAND, inventory.ACCOUNT_RESERVED, "10"),
        movement(inventory.ACCOUNT_RESERVED, inventory.ACCOUNT_COMMITTED, "10"),
        movement(inventory.ACCOUNT_COMMITTED, inventory.ACCOUNT_ALLOCATED, "10"),
        movement(inventory.ACCOUNT_ALLOCATED, inventory.ACCOUNT_OPEN_DEMAND, "4"),
        movement(inventory.ACCOUNT_SUPPLIER, inventory.ACCOUNT_SELLABLE, "100", "receipt/R-9/1"),
    ]
    held = holdings(booked)
    assert held["R-1", "BOLT", "WH-EAST"][inventory.ACCOUNT_ALLOCATED] == Decimal(6)
    assert holding(held, "R-1", "BOLT", "WH-EAST") == "allocated 6"
    assert holding(held, "R-2", "BOLT", "WH-EAST") == "holds nothing"
    assert holding(held, "", "BOLT", "WH-EAST") == ""


def test_each_schedule_is_a_row_that_says_what_each_system_holds() -> None:
    line = sales_order_pb2.OrderLine(line_number="1", sku="BOLT")
    line.schedules.add(
        quantity=quantity("6"),
        state=sales_order_pb2.SCHEDULE_STATE_RELEASED,
        location_id="WH-EAST",
        reservation_id="R-1",
        cancel_requested=True,
    )
    line.schedules.add(quantity=quantity("4"), state=sales_order_pb2.SCHEDULE_STATE_BACKORDERED, reason="STOCK_SHORT")
    order = sales_order_pb2.SalesOrder(
        number="S-1",
        channel="shop-eu",
        customer_id="CUS-SHOP",
        line_count=1,
        state=sales_order_pb2.ORDER_STATE_PARTLY_RELEASED,
    )
    held = holdings([movement(inventory.ACCOUNT_COMMITTED, inventory.ACCOUNT_ALLOCATED, "6")])
    console = Console(width=200)
    with console.capture() as captured:
        console.print(headline(order))
        console.print(lines_table(WholeOrder(order, (line,)), held))
    shown = captured.get().splitlines()
    assert "S-1 of shop-eu for CUS-SHOP: partly_released, 1 lines" in shown[0]
    assert "released, to be cancelled" in shown[2]
    assert "allocated 6" in shown[2]
    assert "backordered" in shown[3]
    assert "STOCK_SHORT" in shown[3]


def test_who_allocates_an_order_is_said_where_that_is_not_crossdock() -> None:
    order = sales_order_pb2.SalesOrder(number="S-1", channel="shop-eu", allocator=options_pb2.ROLE_ERP)
    assert "allocated by its ERP" in headline(order)
    order.ClearField("allocator")
    assert "allocated by" not in headline(order)


@pytest.mark.parametrize(
    ("state", "picked", "packed", "shipment", "said"),
    [
        (sales_order_pb2.SCHEDULE_STATE_ACCEPTED, False, False, "", ""),
        (sales_order_pb2.SCHEDULE_STATE_RELEASED, False, False, "", "nothing yet"),
        (sales_order_pb2.SCHEDULE_STATE_PICKED, True, False, "", "picked"),
        (sales_order_pb2.SCHEDULE_STATE_PACKED, False, True, "SH-1", "packed"),
        (sales_order_pb2.SCHEDULE_STATE_SHIPPED, False, False, "SH-1", "handed over"),
        (sales_order_pb2.SCHEDULE_STATE_BACKORDERED, False, False, "", ""),
        (sales_order_pb2.SCHEDULE_STATE_RETURN_REQUESTED, True, True, "SH-1", "handed over"),
        (sales_order_pb2.SCHEDULE_STATE_CREDITED, True, True, "SH-1", "came back"),
    ],
)
def test_what_a_warehouse_has_said_is_shown(state: Any, picked: bool, packed: bool, shipment: str, said: str) -> None:
    schedule = sales_order_pb2.LineSchedule(
        state=state, pick_reported=picked, pack_reported=packed, shipment_id=shipment
    )
    assert reported(schedule) == said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "a file or at least one --sku"),
        (("--sku", "BOLT", "--sku", "NUT", "--quantity", "1"), "2 --sku and 1 --quantity"),
        (("--sku", "BOLT", "--quantity", "1"), "order.customer_id"),
        (("--sku", "BOLT", "--quantity", "1", "--requested-on", "soon"), "no day of the calendar"),
    ],
)
def test_a_command_that_says_no_order_ends_with_a_sentence(words: tuple[str, ...], why: str) -> None:
    answer = CliRunner().invoke(app, ["order", "place", *words])
    assert answer.exit_code == 1
    assert why in answer.output


@pytest.mark.feature("F111", "F129")
def test_each_system_says_its_own_of_an_order() -> None:
    order = sales_order_pb2.SalesOrder(
        order_id="o-1", number="S-1", channel="shop-eu", line_count=1, state=sales_order_pb2.ORDER_STATE_DELIVERED
    )
    order.ordered_on.year, order.ordered_on.month, order.ordered_on.day = 2026, 3, 2
    line = sales_order_pb2.OrderLine(line_number="1", sku="BOLT")
    delivered, short = sales_order_pb2.SCHEDULE_STATE_DELIVERED, sales_order_pb2.SCHEDULE_STATE_BACKORDERED
    line.schedules.add(quantity=quantity("5"), state=delivered, location_id="WH-EAST", shipment_id="SH-1")
    line.schedules.add(quantity=quantity("2"), state=short)
    posted = posting_pb2.POSTING_STATE_POSTED
    postings = [
        posting_pb2.Posting(kind=posting_pb2.POSTING_KIND_ORDER, state=posted, system="ERP-EU", number="2000000001"),
        posting_pb2.Posting(
            kind=posting_pb2.POSTING_KIND_INVOICE,
            state=posted,
            system="ERP-EU",
            number="9000000001",
            totals=posting_pb2.Totals(gross=values_pb2.Money(amount="5.95", currency="EUR")),
        ),
        posting_pb2.Posting(
            kind=posting_pb2.POSTING_KIND_CREDIT, state=posting_pb2.POSTING_STATE_REFUSED, reference="C-1", reason="no"
        ),
    ]
    shipment = shipment_pb2.Shipment(number="SH-1", carrier="UPSN", open_exceptions=1)
    shipment.milestones.add(milestone=shipment_pb2.MILESTONE_DELIVERED)
    assert voices(WholeOrder(order, (line,)), Heard(postings, [shipment])) == [
        ("shop-eu", "S-1 ordered on 2026-03-02, 1 lines"),
        ("ERP-EU", "order 2000000001 posted"),
        ("ERP-EU", "invoice 9000000001 posted, 5.95 EUR with tax"),
        ("ERP", "nothing yet of credit C-1: refused, no"),
        ("WH-EAST", "handed over 5 EA"),
        ("UPSN", "SH-1: delivered, 1 exceptions open"),
        ("Crossdock", "delivered"),
    ]


def _invoice(number: str, paid: str, left: str, *, credited: str = "0.00", over: str = "0.00") -> posting_pb2.Posting:
    money = {
        name: values_pb2.Money(amount=amount, currency="EUR")
        for name, amount in (("paid", paid), ("credited", credited), ("open", left), ("overpaid", over))
    }
    settled = posting_pb2.SETTLEMENT_STATE_SETTLED if left == "0.00" else posting_pb2.SETTLEMENT_STATE_PARTLY_SETTLED
    return posting_pb2.Posting(
        kind=posting_pb2.POSTING_KIND_INVOICE,
        state=posting_pb2.POSTING_STATE_POSTED,
        system="ERP-EU",
        number=number,
        totals=posting_pb2.Totals(gross=values_pb2.Money(amount="119.00", currency="EUR")),
        settlement=posting_pb2.Settlement(state=settled, **money),
    )


@pytest.mark.feature("F159")
def test_an_order_says_what_of_its_invoices_is_settled_and_what_is_open() -> None:
    order = sales_order_pb2.SalesOrder(number="S-1", channel="shop-eu", state=sales_order_pb2.ORDER_STATE_DELIVERED)
    invoices = [
        _invoice("9001", "50.00", "69.00"),
        _invoice("9002", "101.00", "0.00", credited="19.00", over="1.00"),
    ]
    said = voices(WholeOrder(order, ()), Heard(invoices, []))
    assert said[1:] == [
        ("ERP-EU", "invoice 9001 posted, 119.00 EUR with tax: 50.00 paid, 69.00 open"),
        ("ERP-EU", "invoice 9002 posted, 119.00 EUR with tax: 101.00 paid, 19.00 credited, 1.00 too much, settled"),
        ("Crossdock", "delivered, 1 of 2 invoices settled, 69.00 EUR open"),
    ]
