"""What an ERP or a warehouse allocates beside a real inventory: bound as they say, or somebody is told why not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from catalog.__main__ import SERVICE as CATALOG
from crossdock.fulfillment.v1 import allocation_service_pb2_grpc as allocation_grpc
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.options.v1 import options_pb2
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.servers.nats import Nats
from fulfillment.__main__ import SERVICE as FULFILLMENT
from fulfillment_cases.calls import SECONDS, line, origin, quantity, standing, unique
from fulfillment_cases.planner import WMS, Planner, taken
from fulfillment_cases.suite import Suite, eventually, opened
from inventory.__main__ import SERVICE as INVENTORY

NOT_BOUND = "ALLOCATION_NOT_BOUND"


@pytest.fixture(scope="module")
async def suite(
    migrated: MigratedDatabases, broker: Nats, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Suite]:
    folder = Path(tmp_path_factory.mktemp("suite"))
    async with opened(migrated, broker, folder, CATALOG, INVENTORY, FULFILLMENT) as suite:
        yield suite


@pytest.fixture
def planner(suite: Suite) -> Planner:
    engine = suite.running["fulfillment"].app.engine
    return Planner(suite.stub("fulfillment", allocation_grpc.AllocationServiceStub), engine)


async def erps(planner: Planner) -> str:
    """A channel whose orders the ERP allocates."""
    return await planner.allocates(unique("shop"), role="ERP")


async def exceptions(suite: Suite, order_id: str) -> dict[str, bool]:
    """Whether it is open, by code."""
    return {code: is_open for code, _, is_open in await suite.caller.exceptions(order_id)}


async def stock_of_lot(suite: Suite, sku: str, lot: str, amount: int) -> None:
    booked = inventory.Adjustment(
        sku=sku,
        location_id="WH-EAST",
        lot=lot,
        business_unit="EU01",
        bucket=inventory.ACCOUNT_SELLABLE,
        quantity=quantity(amount),
        reason="OPENING",
    )
    said = origin(options_pb2.ROLE_WMS, "WH-EAST")
    said.occurred_at.FromDatetime(datetime.now(UTC))
    request = inventory.AdjustStockRequest(request_id=str(uuid4()), origin=said, adjustments=[booked])
    await suite.stock.AdjustStock(request, timeout=SECONDS)


async def bound_lots(suite: Suite, sku: str) -> dict[str, int]:
    found = await suite.stock.GetStock(inventory.GetStockRequest(sku=sku), timeout=SECONDS)
    return {
        each.lot: int(each.quantity.value) for each in found.balances if each.account == inventory.ACCOUNT_ALLOCATED
    }


@pytest.mark.feature("F019", "F111", "F118", "F217")
async def test_what_an_erp_allocates_is_bound_where_it_says_and_released_there(suite: Suite, planner: Planner) -> None:
    bolt, nut = await suite.item(WH_EAST=10, WH_WEST=10), await suite.item(WH_WEST=6)
    order_id = await suite.place(line("1", 7, bolt), line("2", 6, nut), channel=await erps(planner))
    assert await suite.buckets(bolt) == {"sellable": "20", "adjustment": "-20"}
    said = taken("1", bolt, "WH-WEST", 5), taken("1", bolt, "WH-EAST", 2), taken("2", nut, "WH-WEST", 6)
    await planner.answers(order_id, *said)
    found = await suite.until(order_id, "released")
    served = [{each.location_id: each.quantity.value for each in of.schedules} for of in found.lines]
    assert served == [{"WH-WEST": "5", "WH-EAST": "2"}, {"WH-WEST": "6"}]
    assert (await suite.buckets(bolt))["allocated"] == "7"
    assert (await suite.caller.facts(order_id))[2:] == [
        "AllocationRequested",
        *("OrderLinesAllocated", "OrderReleased"),
        *("OrderLinesAllocated", "OrderAcknowledged", "OrderReleased"),
    ]
    assert await exceptions(suite, order_id) == {}
    assert await suite.ledger_differences() == []


async def test_what_a_warehouse_allocates_is_its_own_and_what_it_leaves_out_waits_for_its_next_word(
    suite: Suite, planner: Planner
) -> None:
    sku = await suite.item(WH_EAST=10)
    channel = await planner.allocates(unique("shop"), role="WMS", location="WH-EAST")
    order_id = await suite.place(line("1", 10, sku), channel=channel)
    await planner.answers(order_id, taken("1", sku, "WH-EAST", 4), role=WMS, system="WH-EAST")
    found = await suite.until(order_id, "partly_released")
    assert standing(found.lines[0]) == {"released": "4", "backordered": "6"}
    # However often the item is sold meanwhile, it is not asked again for that.
    await suite.adjust(sku, "WH-EAST", 5)
    other = await suite.place(line("1", 1, sku))
    await suite.until(other, "released")
    assert len(await planner.asked(order_id)) == 1


@pytest.mark.feature("F120")
async def test_what_is_not_there_is_promised_to_nobody_and_somebody_is_told(suite: Suite, planner: Planner) -> None:
    sku = await suite.item(WH_EAST=5, WH_WEST=2)
    order_id = await suite.place(line("1", 10, sku), channel=await erps(planner))
    await planner.answers(order_id, taken("1", sku, "WH-EAST", 8), taken("1", sku, "WH-WEST", 2))
    found = await suite.until(order_id, "partly_released")

    async def bound() -> bool:
        return (await suite.buckets(sku)).get("allocated") == "7"

    await eventually(bound)
    found = await suite.caller.order(order_id)
    reasons = {each.reason: each.quantity.value for each in found.lines[0].schedules if each.reason}
    assert reasons == {"NOT_BOUND": "3"}
    assert await exceptions(suite, order_id) == {NOT_BOUND: True}
    await suite.caller.cancel(order_id)
    assert (await exceptions(suite, order_id))[NOT_BOUND] is False
    assert await suite.ledger_differences() == []


async def test_a_lot_that_is_named_is_bound_and_one_that_is_not_there_binds_nothing(
    suite: Suite, planner: Planner
) -> None:
    sku = await suite.item(WH_EAST=5)
    await stock_of_lot(suite, sku, "L-OLD", 5)
    await stock_of_lot(suite, sku, "L-NEW", 5)
    order_id = await suite.place(line("1", 3, sku), channel=await erps(planner))
    await planner.answers(order_id, taken("1", sku, "WH-EAST", 3, lot="L-NEW"))
    await suite.until(order_id, "released")
    assert await bound_lots(suite, sku) == {"L-NEW": 3}
    wrong = await suite.place(line("1", 4, sku), channel=await erps(planner))
    await planner.answers(wrong, taken("1", sku, "WH-EAST", 4, lot="L-GONE"))
    found = await suite.until(wrong, "backordered")
    assert [each.reason for each in found.lines[0].schedules] == ["NOT_BOUND"]
    assert await exceptions(suite, wrong) == {NOT_BOUND: True}
    assert await bound_lots(suite, sku) == {"L-NEW": 3}
    await suite.until(await suite.place(line("1", 12, sku)), "released")
    assert await suite.ledger_differences() == []


@pytest.mark.feature("F132", "F227")
async def test_what_was_allocated_and_is_cancelled_is_given_back_to_both(suite: Suite, planner: Planner) -> None:
    there, missing = await suite.item(WH_EAST=5), await suite.item()
    order_id = await suite.place(line("1", 5, there), line("2", 1, missing), channel=await erps(planner), shortage=3)
    await planner.answers(order_id, taken("1", there, "WH-EAST", 5))
    await suite.until(order_id, "partly_allocated")
    await suite.caller.cancel(order_id)
    [withdrawn] = await planner.withdrawn(order_id)
    [step] = withdrawn.steps
    assert (step.line_number, step.location_id, step.quantity.value) == ("1", "WH-EAST", "5")
    await suite.holds(there, sellable=5)


@pytest.mark.feature("F020")
async def test_what_its_checkout_holds_is_not_held_twice(suite: Suite, planner: Planner) -> None:
    sku, channel = await suite.item(WH_EAST=1), await erps(planner)

    async def held_for(holder: str) -> str:
        basket = inventory.ReservationRequest(
            request_id=str(uuid4()),
            business_unit="EU01",
            channel=holder,
            split=inventory.SPLIT_RULE_WITHIN_LINE,
            lines=[inventory.ReservationLine(sku=sku, quantity=quantity(1))],
        )
        answer = await suite.stock.ReserveStock(inventory.ReserveStockRequest(reservations=[basket]), timeout=SECONDS)
        return str(answer.results[0].reservation.reservation_id)

    held = await held_for(channel)
    order_id = await suite.place(line("1", 1, sku), channel=channel, reservation_id=held)
    await planner.answers(order_id, taken("1", sku, "WH-EAST", 1))
    await suite.until(order_id, "released")
    assert await suite.buckets(sku) == {"sellable": "1", "adjustment": "-1", "allocated": "1"}
    # What another channel holds is left to it.
    await suite.adjust(sku, "WH-EAST", 1)
    others = await held_for("shop-of-others")
    thief = await suite.place(line("1", 1, sku), channel=channel, reservation_id=others)
    await planner.answers(thief, taken("1", sku, "WH-EAST", 1))
    await suite.until(thief, "backordered")
    assert (await suite.buckets(sku))["reserved"] == "1"
