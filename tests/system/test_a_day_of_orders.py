"""A day on which four channels sell, on real servers and services: its end, and what a user asks of its orders.

The command line is run as a command.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from partners.sales.books import ZERO
from partners.sales.verdict import SalesRow
from small_day import SmallDay, only_sales, played
from small_day.asking import carrier_says, posted, sent_to, standing, step_names, stocked, traced
from small_day.north import north_opened, one_is_missing

pytestmark = pytest.mark.lasting(90)


@pytest.fixture(scope="module")
async def day() -> AsyncIterator[SmallDay]:
    async with played(only_sales()) as running:
        yield running


def row_of(day: SmallDay, number: str) -> SalesRow:
    return next(each for each in day.verdict.sold.rows if each.order.number == number)


@pytest.mark.feature("F109", "F112", "F120", "F125", "F128", "F133", "F142", "F156", "F157", "F158")
async def test_every_order_of_four_channels_comes_to_its_end_and_all_books_agree(day: SmallDay) -> None:
    verdict = day.verdict
    assert (verdict.lost, verdict.differences) == ([], [])
    assert [each.order.number for each in verdict.sold.rows if not each.settled] == []
    assert verdict.sold.channels == 4
    assert verdict.closing_line.endswith("0 lost, 0 differences")


@pytest.mark.feature("F022")
async def test_the_warehouse_is_told_where_the_shops_parcels_go(day: SmallDay) -> None:
    """Asked of fulfillment under the connector's own identity, when the request is sent."""
    told = {each["order"]: each for each in await sent_to(day, "wms-east", "wms_a.pick_request")}
    to = told["W-1092"]["shipTo"]
    assert (to["name"], to["addressLines"], to["postalCode"]) == ("Erika Erfunden", ["1 Nowhere Street"], "20457")
    assert (to["city"], to["country"]) == ("Hamburg", "DE")


async def test_a_label_at_the_dock_is_shipped_for_nobody(day: SmallDay) -> None:
    row = row_of(day, "W-1092")
    assert (row.state, row.milestone, row.excepted) == ("packed", "-", True)
    assert (row.shipped, row.invoiced) == (ZERO, ZERO)
    assert set(await posted(day, "W-1092")) == {"order", "shipment"}
    shown = (await day.crossdock("order", "show", "W-1092")).out
    assert "YARD" in shown
    assert "nothing yet" in shown
    assert "handed_over" in shown


async def test_one_piece_goes_to_one_of_four_channels_and_the_shops_customer_waits(day: SmallDay) -> None:
    won = [number for number in ("IS-5091", "PO-7091", "1000000091") if row_of(day, number).state == "delivered"]
    assert len(won) == 1
    assert row_of(day, "W-1091").state == "delivered"
    told = [step["name"] for step in (await traced(day, "order:W-1091"))["steps"]]
    assert told.index("OrderLinesBackordered") < told.index("OrderReleased")


@pytest.mark.feature("F110", "F124", "F126", "F127", "F129", "F130")
async def test_an_order_is_followed_from_its_channel_to_the_posting_and_the_customers_notice(day: SmallDay) -> None:
    found = await traced(day, "order:W-1097")
    steps = found["steps"]
    assert {each["service"] for each in steps} >= {"connector", "fulfillment", "inventory", "delivery"}
    assert all(each["correlationId"] for each in steps if each["kind"] == "event")
    names = [each["name"] for each in steps]
    for way in (
        ["read shop.order", "PlaceOrder", "OrderReleased", "wms_a.pick_request"],
        ["read wms_a.goods_issue", "RecordGoodsIssue", "GoodsIssued", "ShipmentDispatched", "BillingTriggered"],
        ["PlaceOrder", "OrderAccepted", "json.order_status"],
        ["read easypost.tracker", "RecordCarrierUpdates", "OrderStatusChanged"],
        ["AuthorizeReturn", "RecordReturnReceipt", "ReturnReceived"],
        ["AuthorizeReturn", "RecordReturnInspection", "ReturnInspected"],
        # The ERP may have answered before it is noted that it was asked.
        ["PostingRequested", "RecordPosting", "InvoicePosted"],
    ):
        places = [names.index(each) for each in way]
        assert places == sorted(places), way
    assert "json.order_status" in names[names.index("OrderStatusChanged") :]
    told = (await day.crossdock("shipment", "milestones", "SH-EAST1-W-1097/1.1", "--json")).json
    assert [(each["milestone"], each["code"]) for each in told] == [
        ("MILESTONE_DISPATCHED", "in_transit"),
        ("MILESTONE_OUT_FOR_DELIVERY", "out_for_delivery"),
        ("MILESTONE_DELIVERED", "delivered"),
    ]
    assert [each["at"] for each in told] == sorted(each["at"] for each in told)
    on_edi = {each["name"] for each in (await traced(day, "order:PO-7001"))["steps"]}
    assert {"read x12.850", "x12.855", "x12.856", "x12.810", "read x12.997", "read x12.214"} <= on_edi


@pytest.mark.feature("F132")
async def test_what_is_called_off_after_label_and_tender_is_put_back_and_carried_by_nobody(day: SmallDay) -> None:
    assert row_of(day, "IS-5102").state == "cancelled"
    names = await step_names(day, "order:IS-5102")
    # Whoever is asked may answer before it is noted that he was.
    assert {"json.load_tender", "read json.tender_response", "wms_a.pick_recall"} <= set(names)
    way = ["AssignCarrier", "CancelOrder", "RecordRecall", "OrderLinesCancelled", "RecordCallOffAnswer"]
    places = [names.index(each) for each in way]
    assert places == sorted(places), way
    assert not {"GoodsIssued", "ShipmentDispatched", "BillingTriggered"} & set(names)
    assert set(await posted(day, "IS-5102")) <= {"order", "change"}


@pytest.mark.feature("F143")
async def test_carriers_are_found_by_204_and_990_and_deliveries_proven_by_document(day: SmallDay) -> None:
    # The truck may be at the dock before the file is read by which it was promised.
    assert {"x12.204", "read x12.990", "AssignCarrier", "read x12.214"} <= set(await step_names(day, "order:IS-5101"))
    assert "HAUL PRO00000001" in (await day.crossdock("shipment", "show", "PRO00000001")).out
    proven = await step_names(day, "order:IS-5096")
    assert "read json.proof_of_delivery" in proven
    places = [proven.index(each) for each in ("RecordProofOfDelivery", "BillingTriggered")]
    assert places == sorted(places)
    assert "signature pod/SWFT" in (await day.crossdock("shipment", "show", "SH-WEST1-IS-5096/1.1")).out


@pytest.mark.feature("F112", "F133")
async def test_a_customer_on_edi_asks_by_180_what_may_come_back_and_is_credited_by_812(day: SmallDay) -> None:
    names = await step_names(day, "order:PO-7005")
    way = ["read x12.180", "AuthorizeReturn", "RecordReturnReceipt", "CreditIssued", "x12.812"]
    assert set(way) <= set(names)
    # Before it may come back nobody takes it, and before it is inspected nobody credits it.
    places = [names.index(each) for each in way[1:4]]
    assert places == sorted(places)
    assert set(await posted(day, "PO-7005")) == {"order", "shipment", "invoice", "credit"}


async def test_thirty_minutes_without_the_erp_keep_no_goods_waiting_and_are_posted_once_in_order(day: SmallDay) -> None:
    """It is away until the customer's goods are back, told in seconds."""
    steps = (await traced(day, "order:W-1093"))["steps"]
    names = [each["name"] for each in steps]
    first_posted = names.index("RecordPosting")
    for word in ("OrderReleased", "GoodsIssued", "ShipmentDispatched", "BillingTriggered", "ReturnReceived"):
        assert names.index(word) < first_posted, f"{word} waited for the ERP"
    posted_now = await posted(day, "W-1093")
    assert set(posted_now) == {"order", "shipment", "invoice", "credit"}
    asked = [place for place, name in enumerate(names) if name == "PostingRequested"]
    assert len(asked) == len(posted_now), "each is asked for once"
    assert names.count("InvoicePosted") == 1
    assert day.verdict.differences == []


async def test_a_distributor_on_four_channels_serves_a_retailer_on_edi_from_the_same_shelf(day: SmallDay) -> None:
    shared = [each for each in day.verdict.sold.rows if any(line.sku == "S3001" for line in each.order.lines)]
    assert {each.order.channel for each in shared} >= {"shop-eu", "edi-mercato", "inside-sales"}
    on_edi = [each for each in day.verdict.sold.rows if each.order.channel == "edi-mercato" and not each.order.contest]
    assert {each.state for each in on_edi} == {"delivered"}
    for row in on_edi:
        names = [each["name"] for each in (await traced(day, f"order:{row.order.number}"))["steps"]]
        for document in ("read x12.850", "x12.855", "x12.856", "x12.810", "read x12.997", "read x12.214"):
            assert document in names, f"{row.order.number}: no {document}"
    assert day.verdict.differences == []


@pytest.mark.feature(
    "F018", "F022", "F023", "F026", "F045", "F100", "F109", "F121", "F125", "F126", "F128", "F155", "F156"
)
async def test_an_order_typed_in_is_picked_packed_handed_over_delivered_and_invoiced(
    day: SmallDay, tmp_path: Path
) -> None:
    async with north_opened(day, tmp_path / "north.yaml") as north:
        words = ("--sku", "N9500", "--quantity", "7", "--customer", "CUS-NORTH", "--number", "S-NORTH")
        async with asyncio.timeout(60):
            while (said := await day.crossdock("order", "place", *words, "--business-unit", "NO01")).code:
                assert "unknown" in said.err
                await asyncio.sleep(0.2)
        wanted = {"SCHEDULE_STATE_HANDED_OVER": "5", "SCHEDULE_STATE_BACKORDERED": "2"}
        await day.until(lambda: standing(day, "S-NORTH"), lambda found: found == wanted)
        assert north.books.numbers("invoice") == [], "nobody has said that the truck has left"
        [asked] = north.warehouse.floor.requests
        await carrier_says(day, f"SH-{asked}", "AF", "X6", "D1")
        wanted = {"SCHEDULE_STATE_DELIVERED": "5", "SCHEDULE_STATE_BACKORDERED": "2"}
        await day.until(lambda: standing(day, "S-NORTH"), lambda found: found == wanted)
        await day.until(lambda: posted(day, "S-NORTH"), lambda found: set(found) == {"order", "shipment", "invoice"})
        await one_is_missing(day, north.post, north.stock_book)
    assert [each["posting"] for each in north.books.booked.values()] == ["order", "shipment", "invoice"]
    assert north.books.out_of_sequence == []
    said = await day.crossdock("order", "show", "S-NORTH")
    assert "PICK_SHORT" in said.out
    for each in ("inside-sales", "ERP-NORTH", "WH-NORTH", "UPSN"):
        assert any(line.startswith(each) for line in said.out.splitlines()), said.out
    left = {"ACCOUNT_CUSTOMER": "5", "ACCOUNT_SELLABLE": "5"}
    await day.until(lambda: stocked(day, "N9500"), lambda found: left.items() <= found.items())
    ways = [
        ["wms_a.pick_request", "RecordPick", "PickCompleted"],
        ["wms_a.pick_request", "RecordGoodsIssue", "GoodsIssued", "ShipmentDispatched", "BillingTriggered"],
        ["PostingRequested", "json.posting_request", "RecordPosting"],
    ]
    names = {name for way in ways for name in way}
    steps = await day.until(lambda: step_names(day, "order:S-NORTH"), lambda found: names <= set(found))
    for way in ways:
        reached = [steps.index(each) for each in ("PlaceOrder", *way)]
        assert reached == sorted(reached)
