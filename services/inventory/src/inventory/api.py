"""The gRPC servicer: wire in, use case or query, wire out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from crossdock.inventory.v1 import inventory_service_pb2 as pb
from crossdock.inventory.v1 import inventory_service_pb2_grpc as pb_grpc
from crossdock.inventory.v1 import report_service_pb2 as report
from crossdock.inventory.v1 import report_service_pb2_grpc as report_grpc
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as control_grpc
from crossdock.inventory.v1 import stock_move_pb2
from crossdock.inventory.v1 import stock_transfer_pb2 as transfer_pb
from crossdock_kit.clock import Clock
from crossdock_kit.context import actor, tenant
from crossdock_kit.database import Engine
from crossdock_kit.paging import page_of

from inventory.allocation_desk import AllocationDesk
from inventory.ports import Desk, Items, Priorities, UnitOfWork
from inventory.queries import promises
from inventory.queries import stock as stocks
from inventory.queries.availability import Availability
from inventory.queries.finance import finance_page
from inventory.queries.ledger import verify_ledger
from inventory.queries.reconciliation import reconciliation
from inventory.queries.snapshot import snapshot
from inventory.queries.stock import Where
from inventory.queries.transfers import transfer_of
from inventory.use_cases.adjust import adjust_stock
from inventory.use_cases.allocating import allocate_stock, deallocate_stock
from inventory.use_cases.reservations import commit_reservations, release_reservations
from inventory.use_cases.reserve import reserve_stock
from inventory.use_cases.statements import book_differences, record_statement
from inventory.use_cases.stock_moves import record_stock_moves
from inventory.use_cases.stock_reports import decide_adjustment, record_stock_report
from inventory.use_cases.transfers import record_transfer_receipt, send_transfer
from inventory.wire import reports, reservations, statements, stock, stock_moves, stock_reports, transfers

Context = Any


@dataclass(frozen=True)
class InventoryServicer(pb_grpc.InventoryServiceServicer):
    engine: Engine
    uow: UnitOfWork
    desk: Desk
    allocations: AllocationDesk
    items: Items
    priorities: Priorities
    availability: Availability
    clock: Clock

    async def ReserveStock(self, request: pb.ReserveStockRequest, context: Context) -> pb.ReserveStockResponse:
        command = reservations.reserve_stock(request, tenant(), actor().partner or "")
        return reservations.results_out(await reserve_stock(command, self.desk, self.items, self.priorities))

    async def ReleaseReservations(
        self, request: pb.ReleaseReservationsRequest, context: Context
    ) -> pb.ReleaseReservationsResponse:
        command = reservations.release_reservations(request, tenant())
        return reservations.released(await release_reservations(command, self.uow))

    async def CommitReservations(
        self, request: pb.CommitReservationsRequest, context: Context
    ) -> pb.CommitReservationsResponse:
        command = reservations.commit_reservations(request, tenant())
        return reservations.committed(await commit_reservations(command, self.uow))

    async def AllocateStock(self, request: pb.AllocateStockRequest, context: Context) -> pb.AllocateStockResponse:
        command = reservations.allocate_stock(request, tenant())
        return reservations.allocated(*await allocate_stock(command, self.uow))

    async def AllocateReservations(
        self, request: pb.AllocateReservationsRequest, context: Context
    ) -> pb.AllocateReservationsResponse:
        asked = reservations.allocate_reservations(request)
        return reservations.bound(asked, await self.allocations.allocate(asked))

    async def DeallocateStock(self, request: pb.DeallocateStockRequest, context: Context) -> pb.DeallocateStockResponse:
        command = reservations.deallocate_stock(request, tenant())
        return reservations.deallocated(await deallocate_stock(command, self.uow))

    async def AdjustStock(self, request: pb.AdjustStockRequest, context: Context) -> pb.AdjustStockResponse:
        command = stock.adjust_stock(request, tenant(), self.clock.now())
        return stock.adjusted(await adjust_stock(command, self.uow))

    async def GetAvailability(self, request: pb.GetAvailabilityRequest, context: Context) -> pb.GetAvailabilityResponse:
        where = Where(tenant(), request.locations, request.business_unit)
        return stock.availability(await self.availability.of(request.skus, where), request.channel)

    async def GetAvailableToPromise(
        self, request: pb.GetAvailableToPromiseRequest, context: Context
    ) -> pb.GetAvailableToPromiseResponse:
        where = Where(tenant(), request.locations, request.business_unit, request.channel)
        first = stock.first_day(request, self.clock.now().date())
        found = await promises.available_to_promise(self.engine, request.sku, where, first, request.horizon_days)
        return stock.promises(found.item, found.days)

    async def GetStock(self, request: pb.GetStockRequest, context: Context) -> pb.GetStockResponse:
        return stock.stock(*await stocks.stock_of(self.engine, tenant(), request.sku, request.serial))

    async def ListMovements(self, request: pb.ListMovementsRequest, context: Context) -> pb.ListMovementsResponse:
        where = Where(tenant(), [request.location_id] if request.location_id else [])
        page = await stocks.movements(self.engine, where, request.sku, request.page_size, request.page_token)
        return stock.movements(*page)

    async def VerifyLedger(self, request: pb.VerifyLedgerRequest, context: Context) -> pb.VerifyLedgerResponse:
        found = await verify_ledger(self.engine, tenant())
        return pb.VerifyLedgerResponse(
            movements=found.movements, balances=found.balances, differences=found.differences
        )


@dataclass(frozen=True)
class ReportServicer(report_grpc.ReportServiceServicer):
    """`one` lets one snapshot after another be given out: who copies all stock may wait, and reserving must not."""

    engine: Engine
    one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ReconcileFinance(
        self, request: report.ReconcileFinanceRequest, context: Context
    ) -> report.ReconcileFinanceResponse:
        page = page_of(request)
        rows, counts = await finance_page(
            self.engine,
            reports.period(request, tenant()),
            reports.after(page),
            differences_only=request.differences_only,
            size=page.size,
        )
        return reports.reconciled(rows, counts, page)

    async def ExportSnapshot(
        self, request: report.ExportSnapshotRequest, context: Context
    ) -> AsyncIterator[report.ExportSnapshotResponse]:
        async with self.one:
            async for as_of, found in snapshot(self.engine, reports.wanted(request, tenant())):
                yield reports.snapshot_page(as_of, found)


@dataclass(frozen=True)
class StockControlServicer(control_grpc.StockControlServiceServicer):
    engine: Engine
    uow: UnitOfWork
    clock: Clock

    async def RecordStockReport(
        self, request: control.RecordStockReportRequest, context: Context
    ) -> control.RecordStockReportResponse:
        report = await record_stock_report(stock_reports.record_stock_report(request, tenant()), self.uow)
        return control.RecordStockReportResponse(adjustment=stock_reports.adjustment_out(report))

    async def RecordStockMoves(
        self, request: stock_move_pb2.RecordStockMovesRequest, context: Context
    ) -> stock_move_pb2.RecordStockMovesResponse:
        report = await record_stock_moves(stock_moves.record_stock_moves(request, tenant()), self.uow)
        return stock_move_pb2.RecordStockMovesResponse(report=stock_moves.report_out(report))

    async def SendTransfer(
        self, request: transfer_pb.SendTransferRequest, context: Context
    ) -> transfer_pb.SendTransferResponse:
        sent = await send_transfer(transfers.send_transfer(request, tenant()), self.uow)
        return transfer_pb.SendTransferResponse(transfer=transfers.transfer_out(sent))

    async def RecordTransferReceipt(
        self, request: transfer_pb.RecordTransferReceiptRequest, context: Context
    ) -> transfer_pb.RecordTransferReceiptResponse:
        found = await record_transfer_receipt(transfers.record_transfer_receipt(request, tenant()), self.uow)
        return transfer_pb.RecordTransferReceiptResponse(transfer=transfers.transfer_out(found))

    async def GetTransfer(
        self, request: transfer_pb.GetTransferRequest, context: Context
    ) -> transfer_pb.GetTransferResponse:
        found = await transfer_of(self.engine, tenant(), request.business_unit, request.number)
        return transfer_pb.GetTransferResponse(transfer=transfers.transfer_out(found))

    async def DecideAdjustment(
        self, request: control.DecideAdjustmentRequest, context: Context
    ) -> control.DecideAdjustmentResponse:
        report = await decide_adjustment(stock_reports.decide_adjustment(request, tenant(), actor().subject), self.uow)
        return control.DecideAdjustmentResponse(adjustment=stock_reports.adjustment_out(report))

    async def RecordStatement(
        self, request: control.RecordStatementRequest, context: Context
    ) -> control.RecordStatementResponse:
        compared = await record_statement(statements.record_statement(request, tenant()), self.uow)
        return control.RecordStatementResponse(statement=statements.statement_out(compared))

    async def GetReconciliation(
        self, request: control.GetReconciliationRequest, context: Context
    ) -> control.GetReconciliationResponse:
        compared = await reconciliation(
            self.engine, tenant(), request.location_id, request.business_unit, self.clock.now()
        )
        return control.GetReconciliationResponse(statement=statements.statement_out(compared))

    async def BookDifferences(
        self, request: control.BookDifferencesRequest, context: Context
    ) -> control.BookDifferencesResponse:
        report = await book_differences(statements.book_differences(request, tenant()), self.uow)
        return control.BookDifferencesResponse(adjustment=stock_reports.adjustment_out(report))
