"""Put-aways and holds between the contract and the domain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from uuid import UUID

from crossdock.inventory.events.v1 import events_pb2 as events
from crossdock.inventory.v1 import inventory_service_pb2 as api
from crossdock.inventory.v1 import stock_move_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2 as procurement
from crossdock_kit.events import NewEvent, Origin, Received
from crossdock_kit.ids import derived

from inventory.domain import events as facts
from inventory.domain.quantity import exact
from inventory.domain.stock_move import Moved, MovedLine, MoveKind, StockMoveReport
from inventory.use_cases.stock_moves import RecordStockMoves, ReleaseCertified
from inventory.wire.contents import content_of
from inventory.wire.movements import movement_out
from inventory.wire.ownership import must_own
from inventory.wire.values import instant_out, measure_in, quantity_out


def record_stock_moves(request: pb.RecordStockMovesRequest, tenant: str) -> RecordStockMoves:
    must_own(request, request.origin)
    return RecordStockMoves(
        tenant=tenant,
        report_id=UUID(request.request_id),
        business_unit=request.business_unit,
        location_id=request.location_id,
        system=request.origin.system,
        number=request.number,
        content=content_of(request),
        moved_at=request.moved_at.ToDatetime(tzinfo=UTC),
        reported=request.origin.role == options_pb2.ROLE_WMS,
        by_books=request.origin.role == options_pb2.ROLE_ERP,
        lines=tuple(_moved(each, at) for at, each in enumerate(request.lines)),
    )


def _moved(line: pb.MovedStock, at: int) -> Moved:
    measure = measure_in(line.quantity, "lines[{}].quantity", at)
    return Moved(line.sku, line.lot, MoveKind(line.kind), measure, line.reason, line.shelved, tuple(line.serials))


def certified(event: Received[procurement.ComplianceHoldReleased]) -> ReleaseCertified | None:
    """None where the warehouse put the goods on hold itself: then quality releases them."""
    message, hold = event.message, event.message.hold
    if not hold.holds_stock:
        return None
    return ReleaseCertified(
        report_id=derived("compliance_hold", message.hold_id),
        tenant=event.tenant,
        business_unit=hold.business_unit or event.business_unit,
        location_id=hold.location_id,
        receipt_number=message.receipt_number,
        released_at=event.occurred_at,
        sku=hold.sku,
        lot=hold.lot,
        base=exact(hold.quantity.value),
        unit=hold.quantity.unit,
        reason=f"certificate {message.certificate_id}"[:64],
        transaction_id=hold.purchase_order_id,
        cause_id=str(event.id),
    )


def report_out(report: StockMoveReport) -> pb.StockMoveReport:
    return pb.StockMoveReport(
        report_id=str(report.report_id),
        number=report.number,
        system=report.system,
        location_id=report.location_id,
        business_unit=report.business_unit,
        moved_at=instant_out(report.moved_at),
        movements=[movement_out(movement_id, movement) for movement_id, movement in report.movements],
    )


def event_of(fact: facts.PutAwayCompleted | facts.QualityHoldChanged) -> NewEvent:
    report = fact.report
    root = fact.version == 1 and not report.transaction_id
    skus = dict.fromkeys(each.said.sku for each in fact.lines)
    message = events.PutAwayCompleted if isinstance(fact, facts.PutAwayCompleted) else events.QualityHoldChanged
    return NewEvent(
        message=message(
            report_id=str(report.report_id),
            number=report.number,
            location_id=report.location_id,
            lines=_lines(fact.lines),
            movements=_movements(fact),
        ),
        tenant=report.tenant,
        business_unit=report.business_unit,
        aggregate_type="stock_move",
        aggregate_id=str(report.report_id),
        version=fact.version,
        subject=report.number,
        keys=(f"stock_move:{report.number}", *(f"sku:{sku}" for sku in skus)),
        transaction_ids=(report.transaction,),
        occurred_at=report.moved_at,
        origin=Origin(system=report.system, document=report.number),
        transaction_type="stock_move" if root else "",
        root_key=f"stock_move:{report.report_id}" if root else "",
    )


def _lines(lines: Sequence[MovedLine]) -> list[pb.MovedStock]:
    return [
        pb.MovedStock(
            sku=each.said.sku,
            lot=each.said.lot,
            kind=int(each.said.kind),  # type: ignore[arg-type]
            quantity=quantity_out(each.quantity, each.unit),
            shelved=each.said.shelved,
            reason=each.said.reason,
            serials=each.said.serials,
        )
        for each in lines
    ]


def _movements(fact: facts.PutAwayCompleted | facts.QualityHoldChanged) -> list[api.Movement]:
    return [movement_out(movement_id, movement) for movement_id, movement in fact.movements]
