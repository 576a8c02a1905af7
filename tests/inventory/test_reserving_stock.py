"""Reservations against real PostgreSQL, decided by the owner of the shards and under row locks alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import uuid4

import pytest
from crossdock_kit.database import transaction
from crossdock_kit.errors import IdempotencyKeyReused
from crossdock_kit.timeline import find_transactions
from inventory.domain.reserving import SplitRule
from inventory_stage import Stage, wanted


@pytest.fixture(params=["owner", "row locks"])
async def desk(request: pytest.FixtureRequest, stage: Stage) -> AsyncIterator[Stage]:
    if request.param == "owner":
        async with stage.owning():
            yield stage
    else:
        yield stage


def a_sku() -> str:
    return f"SKU-{uuid4().hex[:8].upper()}"


@pytest.mark.feature("F090")
async def test_of_many_buyers_of_one_unit_exactly_one_wins(desk: Stage) -> None:
    sku = a_sku()
    await desk.know(sku)
    await desk.stock(sku, 1)
    results = await asyncio.gather(*(desk.reserve_one(wanted((sku, 1))) for _ in range(40)))
    outcomes = [each.WhichOneof("outcome") for each in results]
    assert outcomes.count("reservation") == 1
    assert {line.reason for each in results for line in each.refusal.lines} == {"STOCK_SHORT"}
    row = await desk.row(sku)
    assert (row["reserved"], row["available"]) == (1, 0)


@pytest.mark.feature("F091")
async def test_a_basket_is_reserved_whole_or_not_at_all(desk: Stage) -> None:
    plenty, scarce = a_sku(), a_sku()
    await desk.know(plenty, scarce)
    await desk.stock(plenty, 10)
    await desk.stock(scarce, 1)
    refused = await desk.reserve_one(wanted((plenty, 2), (scarce, 2)))
    assert [(line.sku, line.reason, line.available.value) for line in refused.refusal.lines] == [
        (scarce, "STOCK_SHORT", "1")
    ]
    assert (await desk.row(plenty))["reserved"] == 0
    taken = await desk.reserve_one(wanted((plenty, 2), (scarce, 1)))
    assert {part.sku: part.quantity.value for part in taken.reservation.parts} == {plenty: "2", scarce: "1"}


@pytest.mark.feature("F091")
async def test_lines_of_one_item_are_summed_before_the_check(desk: Stage) -> None:
    sku = a_sku()
    await desk.know(sku, packaging={"XCS": Decimal(12)})
    await desk.stock(sku, 20)
    refused = await desk.reserve_one(wanted((sku, 9), (sku, (1, "XCS"))))
    assert [(line.wanted.value, line.available.value) for line in refused.refusal.lines] == [("21", "20")]
    taken = await desk.reserve_one(wanted((sku, 8), (sku, (1, "XCS"))))
    assert [part.quantity.value for part in taken.reservation.parts] == ["20"]


@pytest.mark.feature("F107")
async def test_candidate_locations_are_tried_in_the_callers_order(desk: Stage) -> None:
    sku = a_sku()
    await desk.know(sku)
    await desk.stock(sku, 5, "EAST")
    await desk.stock(sku, 5, "WEST")
    result = await desk.reserve_one(wanted((sku, 3), locations=("WEST", "EAST")))
    assert [part.location_id for part in result.reservation.parts] == ["WEST"]
    result = await desk.reserve_one(wanted((sku, 3), locations=("WEST", "EAST")))
    assert [part.location_id for part in result.reservation.parts] == ["EAST"]
    result = await desk.reserve_one(wanted((sku, 4), locations=("WEST", "EAST")))
    assert [line.reason for line in result.refusal.lines] == ["NO_SINGLE_LOCATION"]
    split = wanted((sku, 4), locations=("WEST", "EAST"), split=SplitRule.WITHIN_LINE)
    result = await desk.reserve_one(split)
    parts = [(part.location_id, part.quantity.value) for part in result.reservation.parts]
    assert parts == [("WEST", "2"), ("EAST", "2")]


async def test_what_master_data_does_not_know_is_refused_line_by_line(desk: Stage) -> None:
    sku, unknown = a_sku(), a_sku()
    await desk.know(sku)
    await desk.stock(sku, 5)
    result = await desk.reserve_one(wanted((unknown, 1), (sku, (1, "XPX"))))
    assert {line.sku: line.reason for line in result.refusal.lines} == {
        unknown: "ITEM_UNKNOWN",
        sku: "UNIT_NOT_CONVERTIBLE",
    }
    result = await desk.reserve_one(wanted((sku, 1), locations=("NOWHERE",)))
    assert [line.reason for line in result.refusal.lines] == ["LOCATION_UNKNOWN"]


async def test_the_same_request_gets_the_same_answer_and_reserves_once(desk: Stage) -> None:
    sku = a_sku()
    await desk.know(sku)
    await desk.stock(sku, 5)
    basket = wanted((sku, 2))
    at_once = await asyncio.gather(*(desk.reserve_one(basket) for _ in range(8)))
    later = await desk.reserve_one(basket)
    assert all(each == later for each in at_once)
    assert (await desk.row(sku))["reserved"] == 2


async def test_a_refusal_is_recorded_and_stays_though_stock_comes(desk: Stage) -> None:
    sku = a_sku()
    await desk.know(sku)
    basket = wanted((sku, 2))
    first = await desk.reserve_one(basket)
    await desk.stock(sku, 5)
    assert await desk.reserve_one(basket) == first
    assert first.refusal.lines[0].reason == "STOCK_SHORT"
    again = await desk.reserve_one(wanted((sku, 2)))
    assert again.HasField("reservation")


async def test_the_same_id_with_another_basket_is_refused(desk: Stage) -> None:
    sku = a_sku()
    await desk.know(sku)
    await desk.stock(sku, 5)
    identity = uuid4()
    await desk.reserve_one(wanted((sku, 1), request_id=identity))
    with pytest.raises(IdempotencyKeyReused):
        await desk.reserve_one(wanted((sku, 2), request_id=identity))
    assert (await desk.row(sku))["reserved"] == 1


async def test_an_id_names_its_reservation_for_ever_though_the_record_is_gone(desk: Stage) -> None:
    sku = a_sku()
    await desk.know(sku)
    await desk.stock(sku, 5)
    basket = wanted((sku, 2))
    first = await desk.reserve_one(basket)
    await desk.fetch("DELETE FROM idempotency WHERE request_id = $1", str(basket.request_id))
    assert await desk.reserve_one(basket) == first
    assert (await desk.row(sku))["reserved"] == 2


@pytest.mark.feature("F093")
async def test_many_baskets_in_one_call_are_judged_one_by_one(desk: Stage) -> None:
    sku = a_sku()
    await desk.know(sku)
    await desk.stock(sku, 3)
    results = await desk.reserve(*(wanted((sku, 2), priority=priority) for priority in (5, 1)))
    assert [each.WhichOneof("outcome") for each in results] == ["refusal", "reservation"], "the urgent one goes first"


async def test_another_tenants_stock_is_not_there(desk: Stage) -> None:
    sku = a_sku()
    await desk.know(sku)
    await desk.know(sku, tenant="globex")
    await desk.stock(sku, 5)
    result = await desk.reserve_one(wanted((sku, 1)), tenant="globex")
    assert [line.reason for line in result.refusal.lines] == ["STOCK_SHORT"]
    assert (await desk.row(sku))["reserved"] == 0


async def test_a_reservation_leaves_ledger_events_and_timeline(desk: Stage) -> None:
    sku = a_sku()
    await desk.know(sku)
    await desk.stock(sku, 5)
    result = await desk.reserve_one(wanted((sku, 2), reference="CART-1"))
    identity = result.reservation.reservation_id
    rows = await desk.fetch("SELECT * FROM movement WHERE document = $1", f"reservation/{identity}")
    assert [(row["source"], row["target"], row["quantity"]) for row in rows] == [(11, 8, 2)]
    assert await desk.event_types(f"reservation/{identity}") == ["StockReserved"]
    assert await desk.event_types(f"availability/EU01/EAST/{sku}") == ["AvailabilityChanged"] * 2
    steps = await desk.fetch("SELECT name, outcome FROM step WHERE $1 = ANY (transaction_ids)", identity)
    assert ("ReserveStock", "advanced") in {(row["name"], row["outcome"]) for row in steps}


async def test_a_basket_is_found_by_its_id_and_by_the_callers_reference(desk: Stage) -> None:
    sku, reference = a_sku(), f"CART-{uuid4().hex[:6]}"
    await desk.know(sku)
    await desk.stock(sku, 1)
    held, refused = wanted((sku, 1), reference=reference), wanted((sku, 1), reference=reference)
    for basket in (held, refused):
        await desk.reserve_one(basket)
    async with transaction(desk.engine, ("acme",)) as tx:
        for basket in (held, refused):
            found = await find_transactions(tx.driver, str(basket.request_id))
            assert [each.transaction_id for each in found] == [str(basket.request_id)]
        both = {each.transaction_id for each in await find_transactions(tx.driver, reference)}
    assert both == {str(held.request_id), str(refused.request_id)}
