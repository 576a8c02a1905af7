"""Fulfillment beside catalog and inventory, all real: orders find stock, wait for it and give it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from catalog.__main__ import SERVICE as CATALOG
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.common.v1 import values_pb2 as common
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import posting_pb2, warehouse_service_pb2
from crossdock.fulfillment.v1 import posting_service_pb2 as posting_pb
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as posting_grpc
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.servers.nats import Nats
from fulfillment.__main__ import SERVICE as FULFILLMENT
from fulfillment_cases.calls import SECONDS, line, quantity, standing, state_of, unique
from fulfillment_cases.suite import Suite, eventually, opened
from fulfillment_cases.warehouse import reported, stopped
from inventory.__main__ import SERVICE as INVENTORY


@pytest.fixture(scope="module")
async def suite(
    migrated: MigratedDatabases, broker: Nats, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Suite]:
    folder = Path(tmp_path_factory.mktemp("suite"))
    async with opened(migrated, broker, folder, CATALOG, INVENTORY, FULFILLMENT) as suite:
        yield suite


@pytest.mark.feature("F019", "F022", "F118")
async def test_an_order_is_allocated_and_released_to_the_places_that_hold_its_stock(suite: Suite) -> None:
    bolt, nut = await suite.item(WH_EAST=10), await suite.item(WH_WEST=6)
    order_id = await suite.place(line("1", 7, bolt), line("2", 6, nut))
    found = await suite.until(order_id, "released")
    assert [[each.location_id for each in of.schedules] for of in found.lines] == [["WH-EAST"], ["WH-WEST"]]
    assert await suite.buckets(bolt) == {"sellable": "10", "adjustment": "-10", "allocated": "7"}
    facts = await suite.caller.facts(order_id)
    accepted = ["OrderSubmitted", "OrderAccepted", "OrderLinesAllocated", "OrderAcknowledged"]
    assert facts == [*accepted, "OrderReleased", "OrderReleased"]
    assert await suite.caller.exceptions(order_id) == []


@pytest.mark.feature("F108", "F120", "F128", "F032")
async def test_what_is_short_is_backordered_and_goes_out_as_soon_as_it_is_there(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=4)
    order_id = await suite.place(line("1", 10, sku), channel_confirmed=True)
    found = await suite.until(order_id, "partly_released")
    assert standing(found.lines[0]) == {"released": "4", "backordered": "6"}
    await suite.adjust(sku, "WH-WEST", 6)
    found = await suite.until(order_id, "released")
    assert sorted((each.location_id, each.quantity.value) for each in found.lines[0].schedules) == [
        ("WH-EAST", "4"),
        ("WH-WEST", "6"),
    ]
    assert (await suite.buckets(sku))["allocated"] == "10"


@pytest.mark.parametrize(("accepts", "state"), [(True, "released"), (False, "backordered")])
async def test_who_accepts_a_substitute_gets_it_for_what_is_not_to_be_had_and_others_wait(
    suite: Suite, accepts: bool, state: str
) -> None:
    wished, other = await suite.item(), await suite.item(WH_EAST=10)
    customer = catalog.Party(
        party_id=unique("CUS").upper(), name="C", roles=[catalog.PARTY_ROLE_CUSTOMER], accepts_substitutes=accepts
    )
    price = common.UnitPrice(money=common.Money(amount="2.75", currency="EUR"))
    await suite.stands_for(other, wished, customer, price=price)
    # Whoever of catalog's changes is heard last is known when this order is placed.
    await suite.knows_price(other)
    order_id = await suite.place(line("1", 4, wished), customer_id=customer.party_id)
    found = (await suite.until(order_id, state)).lines[0]
    facts = await suite.caller.facts(order_id)
    if accepts:
        assert (found.sku, found.ordered_sku, found.price.money.amount) == (other, wished, "2.75")
        assert "OrderLinesSubstituted" in facts
        assert (await suite.buckets(other))["allocated"] == "4"
        number = await number_of(suite, order_id)
        issued = await suite.site("WH-EAST").issue(unique("945"), unique("SH"), reported(number, other, 4))
        assert issued.unreleased_count == 0
        assert await posted_lines(suite, order_id) == {
            "order": [(wished, "2.50")],
            "change": [(other, "2.75")],
            "shipment": [(other, "2.75")],
        }
    else:
        assert (found.sku, found.ordered_sku, "OrderLinesSubstituted" in facts) == (wished, "", False)
        assert "allocated" not in await suite.buckets(other)


async def posted_lines(suite: Suite, order_id: str) -> dict[str, list[tuple[str, str]]]:
    """Item and price of what the ERP is owed of an order, by kind."""
    request = posting_pb.ListPostingsRequest(page_size=50, order_id=order_id)
    found = await suite.stub("fulfillment", posting_grpc.PostingServiceStub).ListPostings(request, timeout=SECONDS)
    name = posting_pb2.PostingKind.Name
    return {
        name(each.kind).removeprefix("POSTING_KIND_").lower(): [(one.sku, one.price.money.amount) for one in each.lines]
        for each in found.postings
    }


@pytest.mark.feature("F120")
async def test_the_last_unit_wanted_on_many_channels_is_promised_once(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=1)
    first = await suite.place(line("1", 1, sku), channel_confirmed=True)
    channels = [f"channel-{number % 4}" for number in range(15)]
    orders = [first, *await asyncio.gather(*(suite.place(line("1", 1, sku), channel=each) for each in channels))]
    await asyncio.gather(*(suite.until(each, "released", "backordered") for each in orders))
    # Whoever asks again, nobody else ever gets the unit.
    assert (await suite.buckets(sku)) == {"sellable": "1", "adjustment": "-1", "allocated": "1"}
    released = [each for each in orders if (await suite.caller.order(each)).lines[0].schedules[0].reservation_id]
    assert len(released) == 1


@pytest.mark.feature("F020", "F120")
async def test_who_holds_the_last_unit_at_checkout_gets_it_though_another_ordered_before(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=1)
    checkout = inventory.ReservationRequest(
        request_id=str(uuid4()),
        business_unit="EU01",
        channel="shop-eu",
        split=inventory.SPLIT_RULE_WITHIN_LINE,
        lines=[inventory.ReservationLine(sku=sku, quantity=quantity(1))],
    )
    answer = await suite.stock.ReserveStock(inventory.ReserveStockRequest(reservations=[checkout]), timeout=SECONDS)
    held = answer.results[0].reservation.reservation_id
    rival = await suite.place(line("1", 1, sku), channel="channel-1", channel_confirmed=True)
    await suite.until(rival, "backordered")
    thief = await suite.place(line("1", 1, sku), channel="channel-2", channel_confirmed=True, reservation_id=held)
    await suite.until(thief, "backordered")
    buyer = await suite.place(line("1", 1, sku), channel="shop-eu", reservation_id=held)
    found = await suite.until(buyer, "released")
    assert found.lines[0].schedules[0].reservation_id == held
    twice = await suite.place(line("1", 1, sku), channel="shop-eu", reservation_id=held, channel_confirmed=True)
    await suite.until(twice, "backordered")
    assert await suite.buckets(sku) == {"sellable": "1", "adjustment": "-1", "allocated": "1"}
    assert await suite.caller.exceptions(buyer) == []


@pytest.mark.feature("F132")
async def test_a_cancelled_order_gives_back_what_it_held(suite: Suite) -> None:
    there, missing = await suite.item(WH_EAST=5), await suite.item()
    ship_complete = {"shortage": 3}
    order_id = await suite.place(line("1", 5, there), line("2", 1, missing), **ship_complete)
    await suite.until(order_id, "partly_allocated")
    await suite.caller.cancel(order_id, reason="changed my mind")
    await suite.until(order_id, "cancelled")

    async def given_back() -> bool:
        return await suite.buckets(there) == {"sellable": "5", "adjustment": "-5"}

    await eventually(given_back)


@pytest.mark.feature("F132")
async def test_a_released_order_is_asked_back_from_its_warehouse(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=5)
    order_id = await suite.place(line("1", 5, sku))
    await suite.until(order_id, "released")
    done = await suite.caller.cancel(order_id)
    assert state_of(done.order) == "released"
    assert (await suite.caller.facts(order_id))[-2:] == ["OrderCancellationRequested", "OrderReleaseRecalled"]
    assert ("RECALL_UNANSWERED", "warehouse", True) in await suite.caller.exceptions(order_id)
    assert (await suite.buckets(sku))["allocated"] == "5"
    number, east, answer = await number_of(suite, order_id), suite.site("WH-EAST"), unique("RA")
    assert (await east.recall(answer, stopped(number, sku, 5))).order_ids == [order_id]
    assert (await east.recall(answer, stopped(number, sku, 5))).repeated
    await suite.until(order_id, "cancelled")
    await suite.holds(sku, sellable=5)
    assert ("RECALL_UNANSWERED", "warehouse", False) in await suite.caller.exceptions(order_id)
    # It is for others again.
    await suite.until(await suite.place(line("1", 5, sku)), "released")


@pytest.mark.feature("F132")
async def test_what_was_picked_and_is_stopped_lies_on_its_shelf_again_and_what_is_too_late_leaves(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=10)
    order_id = await suite.place(line("1", 10, sku))
    await suite.until(order_id, "released")
    number, east = await number_of(suite, order_id), suite.site("WH-EAST")
    await east.pick(unique("P"), reported(number, sku, 6))
    await suite.holds(sku, sellable=4, staged=6, allocated=4)
    await suite.caller.cancel(order_id)
    await east.recall(unique("RA"), stopped(number, sku, 8, too_late=2))
    found = await suite.until(order_id, "picked")
    assert standing(found.lines[0]) == {"picked": "2", "cancelled": "4"}
    await suite.holds(sku, sellable=8, staged=2)
    await east.issue(unique("945"), unique("SH"), reported(number, sku, 2))
    await suite.holds(sku, sellable=8, customer=2)
    assert await suite.ledger_differences() == []
    codes = {code: is_open for code, _, is_open in await suite.caller.exceptions(order_id)}
    assert codes == {"RECALL_UNANSWERED": False, "RECALL_REFUSED": True}


@pytest.mark.feature("F132")
async def test_the_rest_of_an_order_that_was_shipped_in_part_is_cancelled(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=6)
    order_id = await suite.place(line("1", 10, sku))
    await suite.until(order_id, "partly_released")
    number, shipment = await number_of(suite, order_id), unique("SH")
    await suite.site("WH-EAST").issue(unique("945"), shipment, reported(number, sku, 6))
    done = await suite.caller.cancel(order_id)
    [left] = done.left
    assert (left.line_number, left.sku, left.quantity.value, bool(left.shipment_id)) == ("1", sku, "6", True)
    found = await suite.caller.order(order_id)
    assert standing(found.lines[0]) == {"handed_over": "6", "cancelled": "4"}
    assert ("CANCELLED_TOO_LATE", "order-desk", True) in await suite.caller.exceptions(order_id)
    # Nothing of it is wanted any more, whatever comes in.
    again = await suite.caller.cancel(order_id, intercept=True)
    assert [each.quantity.value for each in again.left] == ["6"]
    assert (await suite.caller.facts(order_id))[-1] == "OrderCancellationRequested"
    whole = await suite.place(line("1", 1, await suite.item(WH_EAST=1)))
    await suite.until(whole, "released")
    only = (await suite.caller.order(whole)).lines[0].sku
    await suite.site("WH-EAST").issue(unique("945"), unique("SH"), reported(await number_of(suite, whole), only, 1))
    with pytest.raises(grpc.aio.AioRpcError, match="order already shipped"):
        await suite.caller.cancel(whole)


async def test_inventory_that_was_away_is_asked_again_within_seconds(suite: Suite) -> None:
    bears = suite.running["fulfillment"].app.deliveries.limits_of("acme", "inventory")
    assert max(bears.backoff_longest, bears.breaker.longest) <= timedelta(seconds=10)
    # As often as a busy night has orders.
    assert bears.rate.per_second >= 1000


async def test_a_big_order_finds_its_stock_part_by_part(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=1000)
    await suite.place(line("1", 1, sku))
    opened = await suite.caller.open(unique("S"))
    order_id = opened.order.order_id
    await suite.caller.append(order_id, *(line(str(number), 2, sku) for number in range(1, 451)))
    await suite.caller.submit(order_id, 450)
    found = await suite.until(order_id, "released")
    assert [(each.state, each.schedules) for each in found.order.counts] == [(8, 450)]
    assert (await suite.caller.facts(order_id)).count("OrderReleased") == 3
    assert (await suite.buckets(sku))["allocated"] == "901"


# --- the warehouse


async def number_of(suite: Suite, order_id: str) -> str:
    return str((await suite.caller.order(order_id)).order.number)


@pytest.mark.feature("F086")
async def test_pieces_that_a_warehouse_names_are_followed_through_pick_and_goods_issue(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=5)
    order_id = await suite.place(line("1", 3, sku))
    await suite.until(order_id, "released")
    number, site = await number_of(suite, order_id), suite.site("WH-EAST")
    found = warehouse_service_pb2.ReportedLine(serials=["S1", "S2", "S3"])
    found.MergeFrom(reported(number, sku, 3))
    await site.pick(unique("P"), found)

    async def places() -> list[tuple[str, int, str]]:
        request = inventory.GetStockRequest(sku=sku)
        its = (await suite.stock.GetStock(request, timeout=SECONDS)).serials
        return [(each.serial, each.account, each.doubt) for each in its]

    async def unheard_of() -> bool:
        staged = inventory.ACCOUNT_STAGED
        return await places() == [(each, staged, "NOT_THERE") for each in ("S1", "S2", "S3")]

    await eventually(unheard_of)
    issued = await site.issue(unique("945"), unique("SH"), found)
    [told] = (await goods_issued(suite, issued.shipment_id)).serials
    assert (told.order_id, told.sku, told.quantity.value) == (order_id, sku, "3")
    assert list(told.serials) == ["S1", "S2", "S3"]

    async def gone() -> bool:
        # Nobody had named them when they came: that they have left is the warehouse's to explain.
        return {doubt for _, _, doubt in await places()} == {"NEVER_THERE"}

    await eventually(gone)
    assert await suite.ledger_differences() == []


async def goods_issued(suite: Suite, shipment_id: str) -> events_pb2.GoodsIssued:
    """What was told of the first handing over of a shipment."""
    told = await suite.caller.fetch(
        "SELECT body FROM journal WHERE aggregate = $1 AND type LIKE '%GoodsIssued' ORDER BY version",
        f"outbound_shipment/{shipment_id}",
    )
    return events_pb2.GoodsIssued.FromString(told[0]["body"])


@pytest.mark.feature("F023", "F024", "F026", "F121")
async def test_what_a_warehouse_reports_moves_lines_and_stock_once(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=10)
    order_id = await suite.place(line("1", 7, sku))
    await suite.until(order_id, "released")
    number, east = await number_of(suite, order_id), suite.site("WH-EAST")
    pick, said = unique("P"), reported(number, sku, 7)
    assert (await east.pick(pick, said)).order_ids == [order_id]
    assert (await east.pick(pick, said)).repeated
    await suite.until(order_id, "picked")
    await suite.holds(sku, sellable=3, staged=7)
    shipment = unique("SH")
    packed = await east.pack(shipment, said)
    await suite.until(order_id, "packed")
    await suite.holds(sku, sellable=3, staged=7)
    issued = await east.issue(unique("945"), shipment, said)
    [package] = (await goods_issued(suite, issued.shipment_id)).packages
    assert [each.quantity.value for each in package.contents] == ["7"]
    found = await suite.until(order_id, "packed")
    assert standing(found.lines[0]) == {"handed_over": "7"}
    await suite.holds(sku, sellable=3, customer=7)
    assert issued.shipment_id == packed.shipment_id == found.lines[0].schedules[0].shipment_id
    assert await suite.ledger_differences() == []


@pytest.mark.feature("F121")
async def test_reports_that_come_in_the_wrong_order_leave_the_same_stock(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=10)
    order_id = await suite.place(line("1", 7, sku))
    await suite.until(order_id, "released")
    number, east, shipment = await number_of(suite, order_id), suite.site("WH-EAST"), unique("SH")
    issued = await east.issue(unique("945"), shipment, reported(number, sku, 7))
    # A warehouse may never say that it packed: its goods issue alone tells who is served.
    told = await goods_issued(suite, issued.shipment_id)
    assert (told.orders[0].customer_id, bool(told.consignee_id)) == ("CUS-SHOP", True)
    await suite.until(order_id, "packed")
    await suite.holds(sku, sellable=3, customer=7)
    await east.pack(shipment, reported(number, sku, 7))
    late = await east.pick(unique("P"), reported(number, sku, 7))
    assert late.unreleased_count == 0
    found = await suite.until(order_id, "packed")
    assert [(each.pick_reported, each.pack_reported) for each in found.lines[0].schedules] == [(True, True)]
    await suite.holds(sku, sellable=3, customer=7)
    assert await suite.caller.exceptions(order_id) == []


@pytest.mark.feature("F128")
async def test_what_a_warehouse_does_not_find_is_held_by_no_promise_any_more(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=10)
    order_id = await suite.place(line("1", 7, sku))
    await suite.until(order_id, "released")
    number = await number_of(suite, order_id)
    await suite.site("WH-EAST").pick(unique("P"), reported(number, sku, 5, short=2))
    found = await suite.until(order_id, "partly_picked")
    assert standing(found.lines[0]) == {"picked": "5", "backordered": "2"}
    assert ("PICK_SHORT", "warehouse", True) in await suite.caller.exceptions(order_id)
    assert (await suite.caller.facts(order_id))[-1] == "OrderLinesBackordered"
    await suite.holds(sku, sellable=5, staged=5)
    # What becomes available is for others: it would be the same goods that nobody found.
    await suite.until(await suite.place(line("1", 1, sku)), "released")
    assert standing((await suite.caller.order(order_id)).lines[0]) == {"picked": "5", "backordered": "2"}


async def test_goods_of_an_order_that_was_never_released_are_booked_and_somebody_is_told(suite: Suite) -> None:
    sku = await suite.item(WH_EAST=10)
    issued = await suite.site("WH-EAST").issue(unique("945"), unique("SH"), reported("NEVER-PLACED", sku, 4))
    assert (list(issued.order_ids), issued.unreleased_count) == ([], 1)
    await suite.holds(sku, sellable=6, customer=4)
    rows = await suite.caller.fetch(
        "SELECT owner FROM exception WHERE code = 'HANDLED_WITHOUT_RELEASE' AND 'order:NEVER-PLACED' = ANY (keys)"
    )
    assert [row["owner"] for row in rows] == ["warehouse"]
