"""Counts and adjustments as a warehouse reports them: booked as of their time, once, decided on beyond a limit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.events.v1 import events_pb2 as events
from crossdock.inventory.v1 import inventory_service_pb2 as stock_pb
from crossdock.inventory.v1 import stock_control_service_pb2 as pb
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from crossdock.options.v1 import options_pb2
from crossdock_kit import policy
from crossdock_kit.clock import SystemClock
from crossdock_kit.peers import reason_in, status_in
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.testing import RunningServer, reading_at_most, start_service
from inventory.api import StockControlServicer
from inventory.domain.accounts import Account
from inventory.domain.held import held_then
from inventory.domain.movement import StockKey
from inventory.queries.ledger import verify_ledger
from inventory_stage import UNIT, Stage
from inventory_stage.movements import NINE, moved, stocked

D = Decimal


@pytest.fixture(scope="module")
async def server(stage: Stage) -> AsyncIterator[RunningServer]:
    registration = (
        pb_grpc.add_StockControlServiceServicer_to_server,
        StockControlServicer(stage.engine, stage.uow, SystemClock()),
    )
    async with start_service(registration, uow=stage.uow.kit) as running:
        yield running


@pytest.fixture
def acme(server: RunningServer) -> Any:
    return server.caller(pb_grpc.StockControlServiceStub, tenant="acme")


def each(value: str) -> values_pb2.Quantity:
    return values_pb2.Quantity(value=value, unit="EA")


def count(sku: str, value: str, **facts: Any) -> pb.ReportedStock:
    known: dict[str, Any] = {"sku": sku, "bucket": stock_pb.ACCOUNT_SELLABLE, "reason": "AA", "counted": each(value)}
    return pb.ReportedStock(**known | facts)


def change(sku: str, value: str, reason: str = "AU") -> pb.ReportedStock:
    return pb.ReportedStock(sku=sku, bucket=stock_pb.ACCOUNT_SELLABLE, reason=reason, change=each(value))


def report(*lines: pb.ReportedStock, number: str = "", at: datetime = NINE, **facts: Any) -> Any:
    known: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": values_pb2.Origin(system="WMS-EAST", role=options_pb2.ROLE_WMS),
        "number": number or f"CC-{uuid4().hex[:8]}",
        "location_id": "EAST",
        "business_unit": UNIT,
        "lines": lines,
    }
    request = pb.RecordStockReportRequest(**known | facts)
    request.found_at.FromDatetime(at)
    return request


async def sellable(stage: Stage, sku: str) -> Decimal:
    found: Decimal = (await stage.row(sku))["sellable"]
    return found


async def limited(stage: Stage, quantity: dict[str, str], sku: str) -> None:
    """From now on items of the SKU's own category have this limit."""
    await stage.fetch("UPDATE item SET category = $1 WHERE sku = $1", sku)
    async with stage.work() as work:
        rule = NewRule(
            key="inventory.adjustment_limit", valid_from=NINE, scope=Scope(item_category=sku), value=quantity
        )
        await policy.add(work._work.driver, "acme", rule)


def facts_of(rows: list[Any]) -> list[str]:
    return [row["type"].rpartition(".")[2] for row in rows]


async def told(stage: Stage, adjustment_id: str) -> list[Any]:
    query = "SELECT type, body FROM journal WHERE aggregate = $1 ORDER BY version"
    return await stage.fetch(query, f"stock_adjustment/{adjustment_id}")


def test_what_moved_since_is_taken_out_of_what_is_held_now() -> None:
    key = StockKey("acme", "A", "EAST", UNIT)
    now = {(key, "L1", Account.SELLABLE): D(6), (key, "L2", Account.SELLABLE): D(1)}
    then = held_then(now, [((key, "L1", Account.SELLABLE), D(-4)), ((key, "L3", Account.SELLABLE), D(-2))])
    assert then.of(key, "L1", Account.SELLABLE) == 10
    assert then.of(key, "L3", Account.SELLABLE) == 2
    assert then.of(key, "", Account.SELLABLE) == 13
    assert then.of(key, "", Account.DAMAGED) == 0


@pytest.mark.feature("F018", "F098")
async def test_a_count_is_held_against_the_ledger_as_of_its_own_time(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    await moved(stage, sku, "3", at=NINE + timedelta(minutes=30))
    booked = (await acme.RecordStockReport(report(count(sku, "8")))).adjustment
    assert booked.state == pb.ADJUSTMENT_STATE_BOOKED
    assert [(each.quantity.value, each.reason, each.posting_state) for each in booked.movements] == [
        ("2", "AA", "pending")
    ]
    assert await sellable(stage, sku) == 5
    rows = await told(stage, booked.adjustment_id)
    assert facts_of(rows) == ["StockCounted", "StockAdjusted"]
    [line] = events.StockCounted.FromString(rows[0]["body"]).lines
    assert (line.counted.value, line.expected.value) == ("8", "10")
    assert events.StockAdjusted.FromString(rows[1]["body"]).to_be_posted


@pytest.mark.feature("F018")
async def test_a_count_that_finds_what_was_expected_is_a_fact_and_moves_nothing(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    booked = (await acme.RecordStockReport(report(count(sku, "6", lot=""), count(sku, "4")))).adjustment
    assert not booked.movements
    assert facts_of(await told(stage, booked.adjustment_id)) == ["StockCounted"]


@pytest.mark.feature("F098")
async def test_an_older_count_that_comes_later_changes_nothing(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    await acme.RecordStockReport(report(count(sku, "7"), at=NINE + timedelta(minutes=5)))
    older = (await acme.RecordStockReport(report(count(sku, "9"), at=NINE))).adjustment
    assert not older.movements
    [row] = await told(stage, older.adjustment_id)
    [line] = events.StockCounted.FromString(row["body"]).lines
    assert not line.HasField("expected")
    assert await sellable(stage, sku) == 7


@pytest.mark.feature("F098")
async def test_a_count_has_seen_what_its_own_report_says_was_found(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    booked = (await acme.RecordStockReport(report(change(sku, "-2"), count(sku, "7")))).adjustment
    assert [(each.quantity.value, each.reason) for each in booked.movements] == [("2", "AU"), ("1", "AA")]
    assert await sellable(stage, sku) == 7


@pytest.mark.feature("F017", "F094")
async def test_an_adjustment_is_booked_with_its_reason_and_once(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    first = (await acme.RecordStockReport(report(change(sku, "-2"), number=f"ADJ-{sku}"))).adjustment
    again = (await acme.RecordStockReport(report(change(sku, "-2"), number=f"ADJ-{sku}"))).adjustment
    assert again == first
    assert [each.reason for each in first.movements] == ["AU"]
    assert await sellable(stage, sku) == 8
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.RecordStockReport(report(change(sku, "-3"), number=f"ADJ-{sku}"))
    assert reason_in(status_in(refused.value)) == "ADJUSTMENT_NUMBER_REUSED"
    assert await sellable(stage, sku) == 8


async def test_a_part_of_a_piece_is_booked_and_is_the_warehouses_to_explain(stage: Stage, acme: Any) -> None:
    sku, whole = await stocked(stage, 10), await stocked(stage, 10)
    booked = (await acme.RecordStockReport(report(count(sku, "9.5"), change(whole, "-2")))).adjustment
    assert await sellable(stage, sku) == D("9.5")
    query = "SELECT code, owner, summary FROM exception WHERE subject = $1 AND resolved_at IS NULL"
    [raised] = await stage.fetch(query, f"stock_adjustment/{booked.adjustment_id}")
    assert (raised["code"], raised["owner"]) == ("FRACTION_OF_A_PIECE", "warehouse")
    assert raised["summary"].endswith(f"at EAST counts parts of pieces: 9.5 EA of {sku}")


async def test_what_is_weighed_has_parts(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    await stage.fetch("UPDATE item SET base_unit = 'KGM' WHERE sku = $1", sku)
    weighed = count(sku, "9.5", counted=values_pb2.Quantity(value="9.5", unit="KGM"))
    booked = (await acme.RecordStockReport(report(weighed))).adjustment
    query = "SELECT code FROM exception WHERE subject = $1"
    assert await stage.fetch(query, f"stock_adjustment/{booked.adjustment_id}") == []


async def test_a_count_from_the_future_is_refused(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.RecordStockReport(report(count(sku, "9"), at=NINE + timedelta(days=3)))
    assert reason_in(status_in(refused.value)) == "REPORTED_FROM_THE_FUTURE"
    assert (await acme.RecordStockReport(report(count(sku, "9")))).adjustment.movements


@pytest.mark.feature("F040")
async def test_a_warehouse_writes_no_stock_of_another(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    await stage.fetch("UPDATE location SET system = 'WMS-EAST' WHERE location_id = 'EAST'")
    stranger = values_pb2.Origin(system="WMS-WEST", role=options_pb2.ROLE_WMS)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.RecordStockReport(report(change(sku, "-2"), origin=stranger))
    assert reason_in(status_in(refused.value)) == "LOCATION_OF_ANOTHER_SYSTEM"
    assert await sellable(stage, sku) == 10


@pytest.mark.feature("F017", "F045")
async def test_beyond_the_limit_it_is_in_the_ledger_and_the_erp_waits_for_a_decision(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    await limited(stage, {"quantity": "3"}, sku)
    within = (await acme.RecordStockReport(report(change(sku, "-3")))).adjustment
    assert within.state == pb.ADJUSTMENT_STATE_BOOKED
    beyond = (await acme.RecordStockReport(report(change(sku, "-4")))).adjustment
    assert beyond.state == pb.ADJUSTMENT_STATE_AWAITING_DECISION
    assert await sellable(stage, sku) == 3
    assert not events.StockAdjusted.FromString((await told(stage, beyond.adjustment_id))[0]["body"]).to_be_posted
    [raised] = await exceptions(stage, beyond.adjustment_id)
    assert (raised["code"], raised["owner"]) == ("ADJUSTMENT_BEYOND_LIMIT", "inventory-control")
    assert f"-4 EA of {sku} in sellable, rule" in raised["summary"]

    decided = (await acme.DecideAdjustment(decision(beyond.adjustment_id, approved=True))).adjustment
    assert decided.state == pb.ADJUSTMENT_STATE_APPROVED
    rows = await told(stage, beyond.adjustment_id)
    assert facts_of(rows) == ["StockAdjusted", "AdjustmentDecided"]
    fact = events.AdjustmentDecided.FromString(rows[1]["body"])
    assert (fact.approved, fact.reason, len(fact.movements)) == (True, "recounted", 1)
    assert await exceptions(stage, beyond.adjustment_id) == []
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.DecideAdjustment(decision(beyond.adjustment_id, approved=False))
    assert reason_in(status_in(refused.value)) == "ADJUSTMENT_NOT_AWAITING"


@pytest.mark.feature("F017")
async def test_what_is_taken_back_is_undone_by_movements_of_its_own(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    await limited(stage, {"amount": "many"}, sku)
    unreadable = (await acme.RecordStockReport(report(change(sku, "-1"), change(sku, "5")))).adjustment
    assert unreadable.state == pb.ADJUSTMENT_STATE_AWAITING_DECISION
    decided = (await acme.DecideAdjustment(decision(unreadable.adjustment_id, approved=False))).adjustment
    assert decided.state == pb.ADJUSTMENT_STATE_REJECTED
    assert len(decided.movements) == 4
    assert await sellable(stage, sku) == 10
    assert (await verify_ledger(stage.engine, "acme")).differences == []


def decision(adjustment_id: str, *, approved: bool) -> pb.DecideAdjustmentRequest:
    return pb.DecideAdjustmentRequest(
        request_id=str(uuid4()), adjustment_id=adjustment_id, approved=approved, reason="recounted"
    )


async def exceptions(stage: Stage, adjustment_id: str) -> list[Any]:
    query = "SELECT code, owner, summary FROM exception WHERE subject = $1 AND resolved_at IS NULL"
    return await stage.fetch(query, f"stock_adjustment/{adjustment_id}")


async def test_what_a_report_moved_is_found_again_without_reading_the_ledger(stage: Stage, acme: Any) -> None:
    for _ in range(10):
        await moved(stage, await stocked(stage, 10), "3", at=NINE)
    sku = await stocked(stage, 10)
    booked = (await acme.RecordStockReport(report(count(sku, "8")))).adjustment
    async with stage.work() as work, reading_at_most(5, "movement", work._work.driver):
        found = await work.adjustments.get(UUID(booked.adjustment_id))
    assert [movement.quantity for _, movement in found.movements] == [2]
