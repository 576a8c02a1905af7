"""Lots whose day is over: on hold by a movement of their own, once, and somebody's to dispose of."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from crossdock.inventory.events.v1 import events_pb2 as events
from crossdock_kit.clock import SystemClock
from crossdock_kit.testing import FixedClock
from crossdock_kit.unit_of_work import UnitOfWork
from inventory.domain.inbound import Received
from inventory.domain.lots import LotExpired
from inventory.domain.movement import Document, StockKey
from inventory.domain.quantity import Measure
from inventory.domain.rules import Condition, ReceivedFrom
from inventory.domain.stock_move import Moved, MoveKind
from inventory.each_day import EachDay
from inventory.queries.ledger import verify_ledger
from inventory.store.work import InventoryUnitOfWork
from inventory.use_cases import expiring
from inventory.use_cases.allocating import AllocateStock, LotWanted, allocate_stock
from inventory.use_cases.expiring import expire_lots
from inventory.use_cases.inbound import BookedReceipt, book_receipts
from inventory.use_cases.reservations import CommitReservations, commit_reservations
from inventory.use_cases.stock_moves import RecordStockMoves, record_stock_moves
from inventory_stage import UNIT, D, Stage, some_cause, wanted
from inventory_stage.movements import a_sku

TODAY = datetime.now(UTC).date()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


async def lots(stage: Stage, **days: date) -> str:
    """An item of which ten lie in each of these lots."""
    sku = a_sku("LX")
    await stage.know(sku, by_lots=True)
    for lot, day in days.items():
        await stage.stock(sku, 10, lot=lot)
        await stage.expires(sku, lot, day)
    return sku


async def expire(stage: Stage) -> int:
    with some_cause("ExpireLots"):
        return await expire_lots("acme", stage.uow)


async def held(stage: Stage, sku: str) -> tuple[int, int, int]:
    """What is sellable, quarantined and available."""
    row = await stage.row(sku)
    return int(row["sellable"]), int(row["quarantined"]), int(row["available"])


async def raised(stage: Stage, sku: str, code: str = "LOT_EXPIRED") -> list[Any]:
    query = "SELECT owner, summary FROM exception WHERE code = $1 AND subject LIKE $2 AND resolved_at IS NULL"
    return list(await stage.fetch(query, code, f"%/{sku}%"))


async def allocated(stage: Stage, sku: str, quantity: int, *chosen: LotWanted) -> UUID:
    identity = UUID((await stage.reserve_one(wanted((sku, quantity)))).reservation.reservation_id)
    with some_cause("CommitReservations"):
        await commit_reservations(CommitReservations("acme", (identity,)), stage.uow)
    with some_cause("AllocateStock"):
        await allocate_stock(AllocateStock("acme", identity, chosen), stage.uow)
    return identity


async def decide(stage: Stage, sku: str, lot: str, kind: MoveKind, quantity: int) -> None:
    line = Moved(sku, lot, kind, Measure(D(quantity), "EA"), "lab 17")
    number = f"Q-{uuid4().hex[:8]}"
    report = RecordStockMoves(
        "acme", uuid4(), UNIT, "EAST", "WMS-EAST", number, number, datetime.now(UTC), True, (line,)
    )
    with some_cause("RecordStockMoves"):
        await record_stock_moves(report, stage.uow)


@pytest.mark.feature("F086")
async def test_what_has_expired_is_on_hold_once_and_somebodys_to_dispose_of(stage: Stage) -> None:
    sku = await lots(stage, OLD=YESTERDAY, NEXT=TOMORROW, NEW=TODAY + timedelta(days=90))
    assert await held(stage, sku) == (30, 0, 30)
    assert await expire(stage) == 1
    assert await held(stage, sku) == (20, 10, 20)
    [(owner, summary)] = await raised(stage, sku)
    assert owner == "inventory-control"
    assert summary == f"lot OLD of {sku} at EAST expired on {YESTERDAY}: 10 EA are on hold"
    assert await expire(stage) == 0
    assert await held(stage, sku) == (20, 10, 20)
    [moved] = await stage.fetch("SELECT * FROM movement WHERE sku = $1 AND reason = 'QUARANTINED'", sku)
    assert (moved["lot"], moved["quantity"], moved["system"]) == ("OLD", 10, "CROSSDOCK")
    told = "SELECT type, body FROM journal WHERE aggregate = $1 ORDER BY version"
    [fact] = await stage.fetch(told, moved["posting_key"])
    [line] = events.QualityHoldChanged.FromString(fact["body"]).lines
    assert (line.lot, line.quantity.value, line.reason) == ("OLD", "10", f"expired on {YESTERDAY}")
    assert (await verify_ledger(stage.engine, "acme")).differences == []


@pytest.mark.feature("F086")
async def test_two_who_look_at_once_put_it_on_hold_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiring, "LOTS_AT_ONCE", 2)
    skus = [await lots(stage, OLD=YESTERDAY, LAST=YESTERDAY) for _ in range(3)]
    assert sum(await asyncio.gather(*(expire(stage) for _ in range(3)))) == 6
    assert [await held(stage, sku) for sku in skus] == [(0, 20, 0)] * 3


async def test_orders_that_are_bound_to_it_are_known_to_be_short(stage: Stage) -> None:
    sku = await lots(stage, OLD=TOMORROW)
    await allocated(stage, sku, 4)
    await stage.expires(sku, "OLD", YESTERDAY)
    await expire(stage)
    assert await held(stage, sku) == (0, 10, -4)
    assert "10 EA, 4 of them bound to orders, are on hold" in (await raised(stage, sku))[0]["summary"]
    assert [row["owner"] for row in await raised(stage, sku, "PROMISED_BEYOND_STOCK")] == ["replenishment"]


async def test_nobody_chooses_a_lot_that_has_expired(stage: Stage) -> None:
    sku = await lots(stage, OLD=YESTERDAY, NEW=TOMORROW)
    with pytest.raises(LotExpired):
        await allocated(stage, sku, 4, LotWanted(sku, "EAST", "OLD", Measure(D(4), "EA")))
    assert await held(stage, sku) == (20, 0, 16)


async def test_what_arrives_expired_is_never_for_sale(stage: Stage) -> None:
    sku, receipt = a_sku("LX"), str(uuid4())
    await stage.know(sku)
    now = datetime.now(UTC)
    line = Received(
        key=StockKey("acme", sku, "EAST", UNIT),
        order_line_id="",
        notice_id="",
        lot="OLD",
        expires_on=YESTERDAY,
        condition=Condition.GOOD,
        put_away=False,
        shares=((ReceivedFrom.BEYOND_ORDER, D(7)),),
        said=Measure(D(7), "EA"),
        unit="EA",
        document=Document(f"receipt/{receipt}/1", now, transaction_id=receipt, posting_key=f"receipt/{receipt}"),
    )
    async with stage.work() as work:
        await book_receipts([BookedReceipt("acme", UNIT, receipt, "R-1", "EAST", (receipt,), now, "", (line,))], work)
    assert await held(stage, sku) == (0, 7, 0)
    assert len(await raised(stage, sku)) == 1


async def test_it_ends_when_somebody_has_decided_on_all_of_it_and_begins_anew_if_it_is_sold(stage: Stage) -> None:
    sku = await lots(stage, OLD=YESTERDAY)
    await expire(stage)
    await decide(stage, sku, "OLD", MoveKind.HOLD_REJECTED, 6)
    assert len(await raised(stage, sku)) == 1
    await decide(stage, sku, "OLD", MoveKind.HOLD_RELEASED, 4)
    assert await raised(stage, sku) == []
    assert await expire(stage) == 1
    assert await held(stage, sku) == (0, 4, 0)
    assert len(await raised(stage, sku)) == 1


@pytest.fixture
def noon(stage: Stage) -> tuple[EachDay, FixedClock, list[float]]:
    """The loop by a clock that stands at noon, and the seconds that it counts."""
    clock, seconds = FixedClock(datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=12)), [0.0]
    uow = InventoryUnitOfWork(UnitOfWork(stage.engine, lambda: None, clock=clock))
    return EachDay("ExpireLots", expire_lots, uow, ("acme",), clock, monotonic=lambda: seconds[0]), clock, seconds


async def test_it_is_looked_for_at_the_start_when_a_day_begins_and_now_and_then(
    stage: Stage, noon: tuple[EachDay, FixedClock, list[float]]
) -> None:
    follower, clock, seconds = noon
    sku = await lots(stage, FIRST=YESTERDAY, NEXT=TODAY)
    assert await follower.follow("acme") == 1
    await decide(stage, sku, "FIRST", MoveKind.HOLD_RELEASED, 10)
    assert await follower.follow("acme") == 0, "it has just looked"
    seconds[0] += 60
    assert await follower.follow("acme") == 1
    clock.advance(timedelta(hours=11, minutes=59))
    assert await follower.follow("acme") == 0, "the day is not over"
    clock.advance(timedelta(minutes=1))
    assert await follower.follow("acme") == 1
    assert await held(stage, sku) == (0, 20, 0)
    restarted = EachDay("ExpireLots", expire_lots, follower.uow, ("acme",), SystemClock())
    await decide(stage, sku, "FIRST", MoveKind.HOLD_RELEASED, 10)
    assert await restarted.follow("acme") == 1
