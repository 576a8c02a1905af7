"""Who may report what a warehouse holds: the warehouse, and nobody because it is a partner of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import grpc
import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as stock_pb
from crossdock.inventory.v1 import stock_control_service_pb2 as pb
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from crossdock.inventory.v1 import stock_move_pb2 as moves
from crossdock.options.v1 import options_pb2
from crossdock_kit.clock import SystemClock
from crossdock_kit.ownership_overrides import Override
from crossdock_kit.peers import reason_in, status_in
from crossdock_kit.testing import RunningServer, start_service
from inventory.api import StockControlServicer
from inventory_stage import UNIT, Stage
from inventory_stage.movements import NINE, stocked

SUPPLIER, CHANNEL, ERP = options_pb2.ROLE_SUPPLIER, options_pb2.ROLE_CHANNEL, options_pb2.ROLE_ERP
SELLABLE = stock_pb.ACCOUNT_SELLABLE
REGISTER = pb_grpc.add_StockControlServiceServicer_to_server


@pytest.fixture(scope="module")
async def server(stage: Stage) -> AsyncIterator[RunningServer]:
    servicer = StockControlServicer(stage.engine, stage.uow, SystemClock())
    async with start_service((REGISTER, servicer), uow=stage.uow.kit) as running:
        yield running


@pytest.fixture
def acme(server: RunningServer) -> Any:
    return server.caller(pb_grpc.StockControlServiceStub, tenant="acme")


def said_by(role: options_pb2.Role.ValueType, system: str = "SOMEBODY", **facts: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid4()),
        "origin": values_pb2.Origin(system=system, role=role, **facts),
        "number": f"N-{uuid4().hex[:8]}",
        "location_id": "EAST",
        "business_unit": UNIT,
    }


def counted(sku: str, head: dict[str, Any]) -> pb.RecordStockReportRequest:
    line = pb.ReportedStock(sku=sku, bucket=SELLABLE, reason="AA", counted=values_pb2.Quantity(value="1", unit="EA"))
    request = pb.RecordStockReportRequest(**head, lines=[line])
    request.found_at.FromDatetime(NINE)
    return request


def stated(sku: str, head: dict[str, Any]) -> pb.RecordStatementRequest:
    line = pb.StatedStock(sku=sku, bucket=SELLABLE, quantity=values_pb2.Quantity(value="1", unit="EA"))
    request = pb.RecordStatementRequest(**head, buckets=[SELLABLE], lines=[line])
    request.as_of.FromDatetime(NINE)
    return request


def held_back(sku: str, head: dict[str, Any]) -> moves.RecordStockMovesRequest:
    quantity = values_pb2.Quantity(value="1", unit="EA")
    line = moves.MovedStock(sku=sku, kind=moves.STOCK_MOVE_KIND_HOLD_PLACED, quantity=quantity, reason="recall")
    request = moves.RecordStockMovesRequest(**head, lines=[line])
    request.moved_at.FromDatetime(NINE)
    return request


async def refusal(call: Any) -> tuple[str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return reason_in(status_in(error.value)), str(error.value.details())


@pytest.mark.feature("F040", "F048")
@pytest.mark.parametrize("role", [SUPPLIER, CHANNEL])
async def test_who_is_no_warehouse_reports_no_stock_of_ours(
    stage: Stage, acme: Any, role: options_pb2.Role.ValueType
) -> None:
    sku = await stocked(stage, 10)
    before = await stage.row(sku)
    for call, attribute, owners in (
        (acme.RecordStockReport(counted(sku, said_by(role))), "StockAdjustment.number", "WMS"),
        (acme.RecordStatement(stated(sku, said_by(role))), "StockStatement.number", "WMS"),
        (acme.RecordStockMoves(held_back(sku, said_by(role))), "StockMoveReport.number", "WMS, ERP, CROSSDOCK"),
    ):
        reason, details = await refusal(call)
        assert reason == "FIELD_NOT_OWNED"
        assert attribute in details
        assert owners in details
    assert await stage.row(sku) == before
    told = "SELECT count(*) AS told FROM exception WHERE code = 'STOCK_DIFFERENCE' AND subject LIKE $1"
    assert (await stage.fetch(told, f"%/{sku}"))[0]["told"] == 0


@pytest.mark.feature("F040")
async def test_quality_in_the_erp_may_hold_goods_and_yet_count_none(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    assert (await acme.RecordStockMoves(held_back(sku, said_by(ERP)))).report.movements
    assert (await refusal(acme.RecordStockReport(counted(sku, said_by(ERP)))))[0] == "FIELD_NOT_OWNED"


@pytest.mark.feature("F039")
async def test_a_place_that_its_erp_counts_is_said_by_the_profile_or_the_configuration(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    head = said_by(ERP)
    head["origin"].ownership.add(attribute="StockAdjustment.number", writers=[ERP])
    assert (await acme.RecordStockReport(counted(sku, head))).adjustment.movements
    servicer = StockControlServicer(stage.engine, stage.uow, SystemClock())
    told = {"StockStatement.number": Override((ERP, options_pb2.ROLE_WMS), "stock desk")}
    async with start_service((REGISTER, servicer), uow=stage.uow.kit, ownership=told) as configured:
        there: Any = configured.caller(pb_grpc.StockControlServiceStub, tenant="acme")
        assert (await there.RecordStatement(stated(sku, said_by(ERP)))).statement.difference_count == 0
        assert "its steward is stock desk" in (await refusal(there.RecordStatement(stated(sku, said_by(SUPPLIER)))))[1]


@pytest.mark.feature("F040")
async def test_a_move_of_which_a_part_is_anothers_is_not_booked_without_it(stage: Stage, acme: Any) -> None:
    """Without its lot it would move any lot's goods."""
    sku = await stocked(stage, 10)
    before = await stage.row(sku)
    request = held_back(sku, said_by(options_pb2.ROLE_WMS, "WMS-EAST"))
    request.origin.ownership.add(attribute="MovedStock.lot", writers=[ERP])
    request.lines[0].lot = "L1"
    reason, details = await refusal(acme.RecordStockMoves(request))
    assert (reason, "MovedStock.lot" in details) == ("FIELD_NOT_OWNED", True)
    assert await stage.row(sku) == before
