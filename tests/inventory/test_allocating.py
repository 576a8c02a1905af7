"""Binding what orders hold, many in one transaction: each by itself, and nobody who reserves is disturbed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from crossdock_kit.context import CallScope, current_scope
from inventory.allocation_desk import AllocationDesk
from inventory.queries.ledger import verify_ledger
from inventory.use_cases.allocating import Allocated, NotBound, allocate_reservations
from inventory.use_cases.reservations import ReleaseReservations, release_reservations
from inventory_stage import Stage, some_cause, wanted


def a_sku() -> str:
    return f"AL-{uuid4().hex[:8].upper()}"


async def held(stage: Stage, sku: str, quantity: int, **facts: object) -> UUID:
    result = await stage.reserve_one(wanted((sku, quantity), **facts))
    return UUID(result.reservation.reservation_id)


async def bound(stage: Stage, ids: Sequence[UUID]) -> list[Allocated | NotBound]:
    async with stage.work() as work:
        told = await allocate_reservations(ids, work)
    return [told[each] for each in ids]


async def test_one_that_cannot_be_bound_is_given_back_and_the_others_are_bound(stage: Stage) -> None:
    fine, spoiled, lapsed = a_sku(), a_sku(), a_sku()
    await stage.know(fine, spoiled, lapsed)
    for sku in (fine, lapsed):
        await stage.stock(sku, 5)
    await stage.stock(spoiled, 5, lot="OLD")
    ids = [await held(stage, fine, 2), await held(stage, spoiled, 2)]
    ids.append(await held(stage, lapsed, 2, hold=timedelta(microseconds=1)))
    await stage.expires(spoiled, "OLD", datetime.now(UTC).date() - timedelta(days=1))
    told = await bound(stage, ids)
    assert [getattr(each, "code", "") for each in told] == ["", "LOT_SHORT", "RESERVATION_LAPSED"]
    assert [(await stage.row(sku))["allocated"] for sku in (fine, spoiled)] == [2, 0]
    assert (await stage.row(spoiled))["available"] == 5
    assert await stage.event_types(f"reservation/{ids[1]}") == [
        "StockReserved",
        "ReservationCommitted",
        "ReservationReleased",
    ]
    assert (await verify_ledger(stage.engine, "acme")).differences == []


async def test_bound_again_it_is_the_same_and_what_was_given_back_stays_so(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    ids = [await held(stage, sku, 2), await held(stage, sku, 1)]
    with some_cause("ReleaseReservations"):
        await release_reservations(ReleaseReservations("acme", (ids[1],), "changed my mind"), stage.uow)
    first = await bound(stage, ids)
    again = await bound(stage, ids)
    assert [getattr(each, "code", "") for each in again] == ["", "RESERVATION_NOT_OPEN"]
    assert isinstance(first[0], Allocated)
    assert again[0] == Allocated(first[0].picks, first[0].units, repeated=True)
    assert (await stage.row(sku))["allocated"] == 2
    assert await stage.event_types(f"reservation/{ids[0]}") == [
        "StockReserved",
        "ReservationCommitted",
        "StockAllocated",
    ]


@pytest.mark.feature("F090")
async def test_binding_disturbs_nobody_who_decides_what_to_promise(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 50)
    async with stage.owning():
        first = await held(stage, sku, 1)
        version, reloads = (await stage.row(sku))["version"], stage.desk.reloads
        await bound(stage, [first])
        assert (await stage.row(sku))["version"] == version, "what may be promised is as it was"
        await held(stage, sku, 1)
        assert stage.desk.reloads == reloads, "the owner's memory was right"


async def test_what_many_calls_ask_at_once_shares_a_transaction_and_each_is_recorded(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 50)
    ids = [await held(stage, sku, 1) for _ in range(12)]
    desk = AllocationDesk(stage.uow)

    async def call(identity: UUID) -> Allocated | NotBound:
        with some_cause("AllocateReservations"):
            current_scope.set(CallScope("acme"))
            (told,) = await desk.allocate([identity])
        return told

    told = await asyncio.gather(*(asyncio.create_task(call(each)) for each in ids))
    assert all(isinstance(each, Allocated) for each in told)
    rows = await stage.fetch(
        "SELECT xmin::text AS written FROM reservation WHERE reservation_id = ANY ($1::uuid[])", ids
    )
    assert len({row["written"] for row in rows}) <= 2
    steps = await stage.fetch(
        "SELECT count(DISTINCT correlation_id) AS calls FROM step WHERE name = $1 AND transaction_ids && $2::text[]",
        "AllocateReservations",
        [str(each) for each in ids],
    )
    assert steps[0]["calls"] == len(ids)
