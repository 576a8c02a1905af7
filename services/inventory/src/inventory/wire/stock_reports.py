"""Counts, adjustments and the decisions on them, between the contract and the domain."""

from __future__ import annotations

from datetime import UTC
from uuid import UUID

from crossdock.inventory.events.v1 import events_pb2 as events
from crossdock.inventory.v1 import stock_control_service_pb2 as pb
from crossdock_kit.events import NewEvent, Origin

from inventory.domain import events as facts
from inventory.domain.accounts import Account
from inventory.domain.stock_report import AdjustmentState, Counted, Found, StockAdjustment
from inventory.use_cases.stock_reports import DecideAdjustment, RecordStockReport
from inventory.wire.contents import content_of
from inventory.wire.movements import movement_out
from inventory.wire.ownership import must_own
from inventory.wire.values import amount_in, change_in, instant_out, quantity_out


def record_stock_report(request: pb.RecordStockReportRequest, tenant: str) -> RecordStockReport:
    must_own(request, request.origin)
    return RecordStockReport(
        tenant=tenant,
        adjustment_id=UUID(request.request_id),
        business_unit=request.business_unit,
        location_id=request.location_id,
        system=request.origin.system,
        number=request.number,
        content=content_of(request),
        found_at=request.found_at.ToDatetime(tzinfo=UTC),
        lines=tuple(_found(each, at) for at, each in enumerate(request.lines)),
    )


def _found(line: pb.ReportedStock, at: int) -> Found:
    counted = line.HasField("counted")
    measure = (
        amount_in(line.counted, "lines[{}].counted", at) if counted else change_in(line.change, "lines[{}].change", at)
    )
    return Found(line.sku, line.lot, Account(line.bucket), measure, counted, line.reason, tuple(line.serials))


def decide_adjustment(request: pb.DecideAdjustmentRequest, tenant: str, decided_by: str) -> DecideAdjustment:
    return DecideAdjustment(tenant, UUID(request.adjustment_id), request.approved, decided_by, request.reason)


def adjustment_out(report: StockAdjustment) -> pb.StockAdjustment:
    out = pb.StockAdjustment(
        adjustment_id=str(report.adjustment_id),
        number=report.number,
        system=report.system,
        location_id=report.location_id,
        business_unit=report.business_unit,
        state=int(report.state),  # type: ignore[arg-type]
        movements=[movement_out(movement_id, movement) for movement_id, movement in report.movements],
    )
    for each in out.movements:
        if report.state is AdjustmentState.REJECTED and each.posting_state == "pending":
            each.posting_state = "withdrawn"
    return out


def event_of(fact: facts.StockCounted | facts.AdjustmentDecided) -> NewEvent:
    report = fact.report
    first = fact.version == 1
    return NewEvent(
        message=_counted(fact) if isinstance(fact, facts.StockCounted) else _decided(fact),
        tenant=report.tenant,
        business_unit=report.business_unit,
        aggregate_type="stock_adjustment",
        aggregate_id=str(report.adjustment_id),
        version=fact.version,
        subject=report.number,
        keys=report.keys,
        transaction_ids=(str(report.adjustment_id),),
        occurred_at=report.found_at if isinstance(fact, facts.StockCounted) else fact.occurred_at,
        origin=Origin(system=report.system, document=report.number),
        transaction_type="stock_adjustment" if first else "",
        root_key=f"adjustment:{report.adjustment_id}" if first else "",
    )


def _counted(fact: facts.StockCounted) -> events.StockCounted:
    report = fact.report
    return events.StockCounted(
        adjustment_id=str(report.adjustment_id),
        number=report.number,
        location_id=report.location_id,
        counted_at=instant_out(report.found_at),
        lines=[_count(each) for each in fact.counts],
    )


def _count(count: Counted) -> events.CountedStock:
    place, unit = count.place, count.item.base_unit
    out = events.CountedStock(
        sku=place.key.sku,
        lot=place.lot,
        bucket=int(place.bucket),  # type: ignore[arg-type]
        counted=quantity_out(count.counted, unit),
    )
    if count.expected is not None:
        out.expected.CopyFrom(quantity_out(count.expected, unit))
    return out


def _decided(fact: facts.AdjustmentDecided) -> events.AdjustmentDecided:
    report = fact.report
    return events.AdjustmentDecided(
        adjustment_id=str(report.adjustment_id),
        number=report.number,
        approved=fact.approved,
        decided_by=fact.decided_by,
        reason=fact.reason,
        movements=[movement_out(movement_id, movement) for movement_id, movement in fact.movements],
    )
