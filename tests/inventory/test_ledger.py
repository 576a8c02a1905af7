"""The ledger against real PostgreSQL: append-only, replayable, and honest about reports of fact."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest
from crossdock_kit.database import transaction
from inventory.domain.accounts import Account
from inventory.domain.adjusting import BucketShort
from inventory.domain.item import ItemUnknown, LocationUnknown, UnitNotConvertible
from inventory.domain.quantity import Measure
from inventory.domain.reservation import ReservationLapsed, ReservationNotOpen, ReservationUnknown, State
from inventory.queries.ledger import verify_ledger
from inventory.use_cases.adjust import AdjustStock, WantedAdjustment, adjust_stock
from inventory.use_cases.allocating import AllocateStock, DeallocateStock, allocate_stock, deallocate_stock
from inventory.use_cases.reservations import (
    CommitReservations,
    Holder,
    ReleaseReservations,
    commit_reservations,
    expire_reservations,
    release_reservations,
)
from inventory_stage import UNIT, Stage, some_cause, wanted

D = Decimal


def a_sku() -> str:
    return f"L-{uuid4().hex[:8].upper()}"


async def reserved(stage: Stage, sku: str, quantity: int, **facts: object) -> UUID:
    result = await stage.reserve_one(wanted((sku, quantity), **facts))
    return UUID(result.reservation.reservation_id)


async def adjust(stage: Stage, sku: str, change: str, *, reported: bool = False, **facts: object) -> list[UUID]:
    known: dict[str, object] = {
        "location_id": "EAST",
        "lot": "",
        "business_unit": UNIT,
        "bucket": Account.SELLABLE,
        "reason": "AA",
        "note": "",
    }
    one = WantedAdjustment(sku=sku, change=Measure(D(change), str(facts.pop("unit", "EA"))), **known | facts)  # type: ignore[arg-type]
    command = AdjustStock("acme", uuid4(), (one,), "WMS-EAST", "CC-1", datetime.now(UTC), reported)
    with some_cause("AdjustStock"):
        return await adjust_stock(command, stage.uow)


@pytest.mark.feature("F095")
@pytest.mark.parametrize("verb", ["UPDATE movement SET quantity = 1", "DELETE FROM movement", "TRUNCATE movement"])
async def test_nobody_changes_the_ledger(stage: Stage, verb: str) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await stage.fetch(verb)


@pytest.mark.feature("F095")
async def test_a_replay_of_the_ledger_gives_the_balances_and_finds_a_forged_one(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 10, lot="L1")
    identity = await reserved(stage, sku, 4)
    await adjust(stage, sku, "-1", lot="L1")
    with some_cause("CommitReservations"):
        await commit_reservations(CommitReservations("acme", (identity,)), stage.uow)
    before = await verify_ledger(stage.engine, "acme")
    assert before.differences == []
    assert before.movements > 3
    await stage.fetch("UPDATE stock SET sellable = sellable + 1 WHERE sku = $1", sku)
    forged = await verify_ledger(stage.engine, "acme")
    assert forged.differences == [f"sum over lots: SELLABLE of {sku} at EAST for EU01 is 10, should be 9"]
    await stage.fetch("UPDATE stock SET sellable = sellable - 1, reserved = reserved + 2 WHERE sku = $1", sku)
    assert any("RESERVED" in each for each in (await verify_ledger(stage.engine, "acme")).differences)
    await stage.fetch("UPDATE stock SET reserved = reserved - 2 WHERE sku = $1", sku)


async def test_another_tenant_sees_nothing_of_it(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    for table in ("movement", "stock", "lot_stock", "item", "shard"):
        async with transaction(stage.engine, ("globex",)) as tx:
            rows = await tx.driver.fetch(f"SELECT tenant FROM {table}")
        assert {row["tenant"] for row in rows} <= {"globex"}


@pytest.mark.feature("F092")
async def test_a_reservation_lapses_and_its_stock_is_available_again(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    short = await reserved(stage, sku, 2, hold=timedelta(milliseconds=1))
    long = await reserved(stage, sku, 1)
    with some_cause("ExpireReservations"):
        async with asyncio.timeout(30):
            while (await stage.row(sku))["reserved"] != 1:
                await expire_reservations("acme", stage.uow)
        assert await expire_reservations("acme", stage.uow) == 0
    assert await stage.event_types(f"reservation/{short}") == ["StockReserved", "ReservationExpired"]
    assert await stage.event_types(f"reservation/{long}") == ["StockReserved"]
    with some_cause("CommitReservations"), pytest.raises(ReservationNotOpen):
        await commit_reservations(CommitReservations("acme", (short,)), stage.uow)


@pytest.mark.feature("F092")
async def test_a_reservation_past_its_time_is_not_committed_though_nobody_swept_yet(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    identity = await reserved(stage, sku, 2, hold=timedelta(microseconds=1))
    with some_cause("CommitReservations"), pytest.raises(ReservationLapsed):
        await commit_reservations(CommitReservations("acme", (identity,)), stage.uow)


@pytest.mark.feature("F020", "F092")
async def test_only_its_holders_and_only_what_is_held_is_taken_over(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    identity = await reserved(stage, sku, 2, channel="shop-eu")
    with some_cause("CommitReservations"):
        for other in (Holder(UNIT, "shop-us"), Holder("US01", "shop-eu")):
            with pytest.raises(ReservationUnknown):
                await commit_reservations(CommitReservations("acme", (identity,), other), stage.uow)
        mine = CommitReservations("acme", (identity,), Holder(UNIT, "shop-eu"))
        (taken,) = await commit_reservations(mine, stage.uow)
        assert taken.state is State.COMMITTED
        with pytest.raises(ReservationNotOpen):
            await commit_reservations(mine, stage.uow)


@pytest.mark.feature("F020", "F090")
async def test_released_stock_is_available_again_and_releasing_twice_is_once(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    identity = await reserved(stage, sku, 2)
    for _ in range(2):
        with some_cause("ReleaseReservations"):
            (found,) = await release_reservations(ReleaseReservations("acme", (identity,), "cart emptied"), stage.uow)
        assert found.state.name == "RELEASED"
    assert (await stage.row(sku))["available"] == 5
    assert await stage.event_types(f"reservation/{identity}") == ["StockReserved", "ReservationReleased"]


async def test_all_of_a_request_or_nothing_of_it(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    identity = await reserved(stage, sku, 2)
    with some_cause("ReleaseReservations"), pytest.raises(ReservationUnknown):
        await release_reservations(ReleaseReservations("acme", (identity, uuid4()), ""), stage.uow)
    assert (await stage.row(sku))["reserved"] == 2


@pytest.mark.feature("F086")
async def test_a_commitment_is_bound_to_lots_first_expiry_first_and_given_back(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 3, lot="NEW")
    await stage.stock(sku, 3, lot="OLD")
    today = datetime.now(UTC).date()
    await stage.expires(sku, "NEW", today + timedelta(days=90))
    await stage.expires(sku, "OLD", today + timedelta(days=30))
    identity = await reserved(stage, sku, 4)
    with some_cause("AllocateStock"), pytest.raises(ReservationNotOpen):
        await allocate_stock(AllocateStock("acme", identity), stage.uow)
    with some_cause("CommitReservations"):
        await commit_reservations(CommitReservations("acme", (identity,)), stage.uow)
    with some_cause("AllocateStock"):
        found, picks = await allocate_stock(AllocateStock("acme", identity), stage.uow)
    assert [(pick.lot, pick.quantity) for pick in picks] == [("OLD", D(3)), ("NEW", D(1))]
    row = await stage.row(sku)
    assert (row["reserved"], row["committed"], row["allocated"], row["available"]) == (0, 0, 4, 2)
    assert (await verify_ledger(stage.engine, "acme")).differences == []
    with some_cause("DeallocateStock"):
        await deallocate_stock(DeallocateStock("acme", identity), stage.uow)
    row = await stage.row(sku)
    assert (row["committed"], row["allocated"]) == (4, 0)
    with some_cause("ReleaseReservations"):
        await release_reservations(ReleaseReservations("acme", (identity,), "order cancelled"), stage.uow)
    assert (await stage.row(sku))["available"] == 6
    assert (await verify_ledger(stage.engine, "acme")).differences == []
    assert found.version == 3


@pytest.mark.feature("F094")
async def test_an_adjustment_keeps_its_reason_and_what_was_said(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku, packaging={"XCS": D(12)})
    (identity,) = await adjust(stage, sku, "2", unit="XCS", reason="07")
    rows = await stage.fetch("SELECT * FROM movement WHERE movement_id = $1", identity)
    (row,) = rows
    assert (row["quantity"], row["said_quantity"], row["said_unit"]) == (24, 2, "XCS")
    assert (row["reason"], row["system"], row["document"]) == ("07", "WMS-EAST", "adjustment/CC-1/1")
    assert row["conversion"] == f"item/{sku}/1"


async def test_a_request_may_not_take_more_than_there_is(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    with pytest.raises(BucketShort):
        await adjust(stage, sku, "-6")
    assert (await stage.row(sku))["sellable"] == 5


@pytest.mark.feature("F108")
async def test_a_report_below_what_was_promised_is_booked_and_somebody_owns_the_gap(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    await reserved(stage, sku, 4)
    await adjust(stage, sku, "-3", reported=True)
    assert (await stage.row(sku))["available"] == -2
    subject = f"stock/{UNIT}/EAST/{sku}"
    (found,) = await stage.fetch("SELECT * FROM exception WHERE subject = $1", subject)
    assert (found["code"], found["owner"], found["resolved_at"]) == ("PROMISED_BEYOND_STOCK", "replenishment", None)
    result = await stage.reserve_one(wanted((sku, 1)))
    assert result.refusal.lines[0].reason == "STOCK_SHORT"
    await adjust(stage, sku, "2", reported=True)
    (found,) = await stage.fetch("SELECT * FROM exception WHERE subject = $1", subject)
    assert found["resolved_at"] is not None


async def test_a_report_below_zero_is_booked_and_somebody_owns_it(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await adjust(stage, sku, "-3", reported=True, lot="L9")
    codes = await stage.fetch("SELECT code, owner FROM exception WHERE subject = $1", f"stock/{UNIT}/EAST/{sku}")
    assert {(row["code"], row["owner"]) for row in codes} == {
        ("PROMISED_BEYOND_STOCK", "replenishment"),
        ("STOCK_BELOW_ZERO", "warehouse"),
    }
    await adjust(stage, sku, "3", reported=True, lot="L9")
    open_ones = await stage.fetch(
        "SELECT code FROM exception WHERE subject = $1 AND resolved_at IS NULL", f"stock/{UNIT}/EAST/{sku}"
    )
    assert open_ones == []


async def test_an_adjustment_of_the_unknown_is_refused(stage: Stage) -> None:
    sku = a_sku()
    with pytest.raises(LocationUnknown):
        await adjust(stage, sku, "1", location_id="NOWHERE")
    await stage.know(sku)
    with pytest.raises(ItemUnknown):
        await adjust(stage, a_sku(), "1")
    with pytest.raises(UnitNotConvertible):
        await adjust(stage, sku, "1", unit="KGM")
