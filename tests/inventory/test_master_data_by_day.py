"""Items and places are described for spans of days: what comes takes nothing away, a document is read by its day."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as stock_pb
from crossdock.inventory.v1 import stock_control_service_pb2 as pb
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from crossdock.inventory.v1 import stock_move_pb2 as move_pb
from crossdock.options.v1 import options_pb2
from crossdock_kit.clock import SystemClock
from crossdock_kit.testing import RunningServer, start_service
from inventory.api import StockControlServicer
from inventory.domain.item import Item, Location
from inventory.ports import ItemRecord, LocationRecord
from inventory.store.remembered import RememberedItems
from inventory_stage import UNIT, D, Stage
from inventory_stage.movements import a_sku

NOW = datetime.now(UTC)
TODAY, YESTERDAY, NEXT_MONTH = NOW.date(), NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=30)
SELLABLE = stock_pb.ACCOUNT_SELLABLE
BOX = "XCS"


@pytest.fixture(scope="module")
async def server(stage: Stage) -> AsyncIterator[RunningServer]:
    servicer = StockControlServicer(stage.engine, stage.uow, SystemClock())
    registration = (pb_grpc.add_StockControlServiceServicer_to_server, servicer)
    async with start_service(registration, uow=stage.uow.kit) as running:
        yield running


@pytest.fixture
def acme(server: RunningServer) -> Any:
    return server.caller(pb_grpc.StockControlServiceStub, tenant="acme")


def boxed(sku: str, pieces: int, first: date, end: date | None, version: int) -> ItemRecord:
    return ItemRecord("acme", Item(sku, "EA", {BOX: D(pieces)}, version=version), first, end)


async def boxed_anew(stage: Stage, day: date) -> str:
    """An item of which a case has 12 pieces until that day and 10 from then on; in stock at EAST with nothing."""
    sku = a_sku("DAY")
    await stage.know(sku)
    async with stage.work() as work:
        await work.master_data.put_items([boxed(sku, 12, date.min, day, 2), boxed(sku, 10, day, None, 3)])
    return sku


def cases(value: str) -> values_pb2.Quantity:
    return values_pb2.Quantity(value=value, unit=BOX)


def head(at: datetime) -> dict[str, Any]:
    origin = values_pb2.Origin(system="WMS-EAST", role=options_pb2.ROLE_WMS)
    known = {"request_id": str(uuid4()), "origin": origin, "number": uuid4().hex[:10], "business_unit": UNIT}
    return known | {"location_id": "EAST"}


async def report(acme: Any, at: datetime, *lines: pb.ReportedStock) -> None:
    request = pb.RecordStockReportRequest(**head(at), lines=lines)
    request.found_at.FromDatetime(at)
    await acme.RecordStockReport(request)


@pytest.mark.feature("F172")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["as loaded", "turned round"])
@pytest.mark.parametrize("at_once", [True, False], ids=["one batch", "one by one"])
async def test_what_is_to_come_takes_nothing_away(stage: Stage, order: Sequence[int], at_once: bool) -> None:
    sku, place = a_sku("DAY"), f"WH-{uuid4().hex[:8].upper()}"
    items = [boxed(sku, 12, date.min, NEXT_MONTH, 1), boxed(sku, 10, NEXT_MONTH, None, 2)]
    put_away = [Location(place, UNIT, later, version, "WMS-EAST") for later, version in ((False, 1), (True, 2))]
    spans = [(date.min, NEXT_MONTH), (NEXT_MONTH, None)]
    places = [LocationRecord("acme", its, *span) for its, span in zip(put_away, spans, strict=True)]
    for taken in [list(order)] if at_once else [[each] for each in order]:
        async with stage.work() as work:
            await work.master_data.put_items([items[each] for each in taken])
            await work.master_data.put_locations([places[each] for each in taken])
    remembered = RememberedItems(stage.engine)
    assert (await remembered.known("acme", [sku]))[sku].packaging == {BOX: 12}
    assert not (await remembered.known_locations("acme", [place]))[place].put_away
    async with stage.work() as work:
        assert (await work.master_data.known("acme", [sku], NEXT_MONTH))[sku].packaging == {BOX: 10}


async def test_an_older_word_about_a_span_does_not_replace_a_newer_one(stage: Stage) -> None:
    sku = a_sku("DAY")
    async with stage.work() as work:
        await work.master_data.put_items([boxed(sku, 12, date.min, None, 5)])
        await work.master_data.put_items([boxed(sku, 6, date.min, None, 4)])
        assert (await work.master_data.known("acme", [sku]))[sku].packaging == {BOX: 12}


@pytest.mark.feature("F172")
@pytest.mark.parametrize(("day", "pieces"), [(YESTERDAY, 60), (TODAY, 50)], ids=["yesterday", "today"])
async def test_a_report_a_move_and_a_statement_are_read_by_the_words_of_their_day(
    stage: Stage, acme: Any, day: date, pieces: int
) -> None:
    sku = await boxed_anew(stage, TODAY)
    at = NOW - (TODAY - day) if day != TODAY else NOW
    found = pb.ReportedStock(sku=sku, bucket=SELLABLE, reason="FOUND", change=cases("5"))
    await report(acme, at, found)
    assert (await stage.row(sku))["sellable"] == pieces
    placed = move_pb.STOCK_MOVE_KIND_HOLD_PLACED
    hold = move_pb.MovedStock(sku=sku, kind=placed, quantity=cases("2"), reason="lab")
    moving = move_pb.RecordStockMovesRequest(**head(at), lines=[hold])
    moving.moved_at.FromDatetime(at)
    await acme.RecordStockMoves(moving)
    assert (await stage.row(sku))["quarantined"] == pieces * 2 // 5
    stated = pb.StatedStock(sku=sku, bucket=SELLABLE, quantity=cases("3"))
    stating = pb.RecordStatementRequest(**head(at), buckets=[SELLABLE], lines=[stated])
    stating.as_of.FromDatetime(at)
    told = (await acme.RecordStatement(stating)).statement
    assert [each.sku for each in told.differences if each.sku == sku] == []


async def test_a_report_of_a_day_before_an_item_was_described_is_read_as_of_today(stage: Stage, acme: Any) -> None:
    sku = a_sku("DAY")
    async with stage.work() as work:
        await work.master_data.put_items([boxed(sku, 10, TODAY, None, 1)])
    found = pb.ReportedStock(sku=sku, bucket=SELLABLE, reason="FOUND", change=cases("1"))
    await report(acme, NOW - timedelta(days=1), found)
    assert (await stage.row(sku))["sellable"] == 10
