"""Scenarios that sellers know by name, each to its end, on real servers and services, by documents.

The others are named where their day is played: test_a_day_of_orders.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from crossdock.connector.v1.connector_service_pb2 import DOCUMENT_STATE_DUPLICATE, DOCUMENT_STATE_UNDERSTOOD
from crossdock.procurement.v1 import purchase_order_pb2
from partners.sales.verdict import SalesRow
from small_day import SmallDay, played
from small_day import three_houses as houses
from small_day.asking import posted, stocked, traced
from small_day.rush import BUYERS, BY_ROAD, CHANNELS, LOST, ON_THE_ROAD, WANTED, CarriersAway, rush_day
from small_day.three_houses import ThreeHouses

pytestmark = pytest.mark.lasting(90)
AWAY = CarriersAway()


@pytest.fixture(scope="module")
async def day() -> AsyncIterator[SmallDay]:
    async with played(rush_day(), AWAY) as running:
        yield running


def rows(day: SmallDay) -> list[SalesRow]:
    return [each for each in day.verdict.sold.rows if each.order.contest]


@pytest.mark.feature("F120")
async def test_one_unit_wanted_by_64_buyers_on_four_channels_is_promised_once_and_everybody_is_told(
    day: SmallDay,
) -> None:
    assert (day.verdict.lost, day.verdict.differences) == ([], [])
    wanted = rows(day)
    assert len(wanted) == BUYERS
    assert Counter(each.order.channel for each in wanted) == dict.fromkeys(CHANNELS, BUYERS // len(CHANNELS))
    ends = Counter(each.state for each in wanted)
    [winner] = [each for each in wanted if each.state == "delivered"]
    waiting = BUYERS // len(CHANNELS) - (winner.order.channel == "shop-eu")
    assert ends == {"delivered": 1, "backordered": waiting, "cancelled": BUYERS - 1 - waiting}
    assert sum(each.shipped for each in wanted) == 1
    assert set(await posted(day, winner.order.number)) == {"order", "shipment", "invoice"}
    left = await stocked(day, WANTED)
    assert (left.get("ACCOUNT_SELLABLE", "0"), left["ACCOUNT_CUSTOMER"]) == ("0", "1")


async def test_a_carrier_outage_that_ends_catches_up_and_nobody_sees_shipped_before(day: SmallDay) -> None:
    assert AWAY.issued == len(ON_THE_ROAD) + 2
    assert AWAY.words
    assert all(each.at >= AWAY.ended_at for each in AWAY.words), "somebody spoke while all carriers were away"
    for number in ON_THE_ROAD.values():
        [row] = [each for each in day.verdict.sold.rows if each.order.number == number]
        assert (row.state, row.milestone, row.settled) == ("delivered", "delivered", True)
        names = [each["name"] for each in (await traced(day, f"order:{number}"))["steps"]]
        assert names.index("GoodsIssued") < names.index("ShipmentDispatched") < names.index("BillingTriggered")
        assert set(await posted(day, number)) == {"order", "shipment", "invoice"}


@pytest.mark.feature("F122")
async def test_a_shipment_confirmed_at_the_tms_and_lost_before_the_erp_posting_is_posted_once(day: SmallDay) -> None:
    assert len(AWAY.lost) == LOST
    assert set(AWAY.lost) == {AWAY.lost[0]}, "the same posting, asked for again"
    [shipment] = AWAY.confirmed
    [row] = [each for each in day.verdict.sold.rows if each.order.number == BY_ROAD]
    assert (row.state, row.milestone, row.settled, row.excepted) == ("delivered", "delivered", True, False)
    numbers = await posted(day, BY_ROAD)
    assert set(numbers) == {"order", "shipment", "invoice"}
    steps = (await traced(day, f"order:{BY_ROAD}"))["steps"]
    names = [each["name"] for each in steps]
    # What the TMS answers may be known here before it is noted that it was sent the tender.
    assert "json.load_tender" in names
    assert names.index("AssignCarrier") < names.index("GoodsIssued")
    assert names.count("InvoicePosted") == 1
    shown = (await day.crossdock("shipment", "show", shipment)).out
    assert "ROAM" in shown


@pytest.mark.feature("F137")
async def test_a_carrier_that_is_asked_is_asked_no_sooner_than_it_says(day: SmallDay) -> None:
    assert AWAY.polls_refused >= 1
    assert {each.partner for each in AWAY.words} >= {"car-roam", "car-swift", "car-haul"}


async def test_three_warehouses_and_two_supplier_channels_with_one_purchase_order(
    day: SmallDay, tmp_path: Path
) -> None:
    unit = ThreeHouses(day)
    await unit.open(tmp_path / "three-houses.yaml")
    await unit.says(houses.ERP, houses.ordered(), "purchase-orders")
    [edi] = await unit.hears(houses.MAILBOX, "x12.850")
    places = [each for each in edi.decode().split("~") if each.startswith(("PO1*", "N1*ST"))]
    assert [each.split("*")[-1] if each.startswith("N1") else each[:6] for each in places] == [
        houses.HOUSE_A,
        "PO1*10",
        "PO1*20",
        houses.HOUSE_B,
        "PO1*30",
        houses.HOUSE_X,
    ]
    [by_portal] = await unit.hears(houses.PORTAL, "json.supplier_order")
    assert [each["shipTo"] for each in json.loads(by_portal)["order"]["lines"]] == list(houses.WMS)

    await unit.says(houses.MAILBOX, houses.confirmed_by_mailbox("10", "20"))
    await unit.stands("PARTLY_CONFIRMED")
    await unit.says(houses.PORTAL, houses.confirmed_by_portal("30"), "answers")
    await unit.stands("CONFIRMED")
    await unit.says(houses.MAILBOX, houses.announced_by_mailbox("10"))
    await unit.says(houses.PORTAL, houses.announced_by_portal("20"), "ship-notices")
    await unit.says(houses.MAILBOX, houses.announced_by_mailbox("30"))
    await each_warehouse_expects_its_own(unit)
    await three_receipts_are_posted_once(unit)
    found = await unit.stands("PARTLY_RECEIVED")
    name = purchase_order_pb2.LineState.Name
    assert {each.line_number: (name(each.state), each.received_quantity) for each in found.purchase_order.lines} == {
        "10": ("LINE_STATE_RECEIVED", "30"),
        "20": ("LINE_STATE_CONFIRMED", "12"),
        "30": ("LINE_STATE_RECEIVED", "12"),
    }
    order_id = found.purchase_order.purchase_order_id
    open_now = [each for each in await day.suite.open_exceptions() if order_id in each.transaction_ids]
    assert [(each.code, each.owner) for each in open_now] == [("OVER_RECEIPT", "procurement")]
    for sku, place, pieces, coming in (("T3001", houses.HOUSE_A, "30", "0"), ("T3002", houses.HOUSE_B, "12", "8")):
        assert await lying(day, sku) == {place: pieces}
        assert (await stocked(day, sku)).get("ACCOUNT_IN_TRANSIT", "0") == coming
    assert await lying(day, "T3003") == {houses.HOUSE_X: "12"}
    assert await day.suite.ledger_differences() == []


async def each_warehouse_expects_its_own(unit: ThreeHouses) -> None:
    """Each in its format, and whatever it is told is of its own line."""
    kinds = dict(zip(houses.WMS, ("wms_a.expected_receipt", "wms_b.expected_receipt", "x12.943"), strict=True))
    a, b, x = [
        (await unit.hears(houses.WMS[place], kind, of=notice))[0]
        for (place, kind), notice in zip(kinds.items(), houses.NOTICES.values(), strict=True)
    ]
    assert [(each["orderLine"], each["qty"]) for each in json.loads(a)["lines"]] == [("10", "30")]
    assert [(each["purchase"]["pos"], each["count"]["units"]) for each in json.loads(b)["goods"]] == [("20", "20")]
    assert [each.split("*")[1] for each in x.decode().split("~") if each.startswith("W04*")] == ["10"]
    told = {place: b"".join(unit.lying(houses.WMS[place], kind)).decode() for place, kind in kinds.items()}
    for number, (sku, _, own) in houses.LINES.items():
        assert [place for place, words in told.items() if sku in words] == [own], f"line {number}"


async def three_receipts_are_posted_once(unit: ThreeHouses) -> None:
    """One whole, one in part, one of more than was ordered; each comes twice."""
    said: dict[str, tuple[bytes | dict[str, Any], str]] = {
        houses.HOUSE_A: (houses.received_at_a("10", 30), "receipts"),
        houses.HOUSE_B: (houses.received_at_b("20", 12), "arrivals"),
        houses.HOUSE_X: (houses.received_at_x("30", 12), ""),
    }
    for place, (content, path) in said.items():
        first = await unit.says(houses.WMS[place], content, path)
        again = await unit.says(houses.WMS[place], content, path)
        assert (first.state, again.state) == (DOCUMENT_STATE_UNDERSTOOD, DOCUMENT_STATE_DUPLICATE)
    posted = [json.loads(each) for each in await unit.hears(houses.ERP, "json.goods_receipt", count=3)]
    assert {
        each["warehouseReceipt"]: [(line["order"], line["line"], line["quantity"]) for line in each["lines"]]
        for each in posted
    } == {
        "RA-1": [(houses.NUMBER, "10", "30")],
        "RB-1": [(houses.NUMBER, "20", "12")],
        "RX-1": [(houses.NUMBER, "30", "12")],
    }
    assert len({each["receiptId"] for each in posted}) == 3


async def lying(day: SmallDay, sku: str) -> dict[str, str]:
    """What can be sold of it, by place."""
    found = (await day.crossdock("stock", sku, "--json")).json["balances"]
    on_hand = (each for each in found if each["account"] == "ACCOUNT_SELLABLE" and each["quantity"]["value"] != "0")
    return {each["locationId"]: each["quantity"]["value"] for each in on_hand}
