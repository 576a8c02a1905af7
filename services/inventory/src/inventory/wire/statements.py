"""Statements and what differs, between the contract and the domain."""

from __future__ import annotations

from datetime import UTC
from uuid import UUID

from crossdock.inventory.v1 import stock_control_service_pb2 as pb

from inventory.domain.accounts import Account
from inventory.domain.statement import Comparison, Difference, Stated, Statement
from inventory.use_cases.statements import BookDifferences, RecordStatement, SaidStock
from inventory.wire.contents import content_of
from inventory.wire.ownership import must_own
from inventory.wire.values import amount_in, instant_out, quantity_out

MOST_SHOWN = 1000


def record_statement(request: pb.RecordStatementRequest, tenant: str) -> RecordStatement:
    must_own(request, request.origin)
    statement = Statement(
        tenant=tenant,
        location_id=request.location_id,
        business_unit=request.business_unit,
        system=request.origin.system,
        number=request.number,
        content=content_of(request),
        as_of=request.as_of.ToDatetime(tzinfo=UTC),
        buckets=_spoken_of(request),
        complete=request.complete,
        part=request.part,
        parts=request.parts,
    )
    return RecordStatement(statement, tuple(_said(each, at) for at, each in enumerate(request.lines)))


def _spoken_of(request: pb.RecordStatementRequest) -> tuple[Account, ...]:
    """Those of its lines too, whatever else it names."""
    return tuple(sorted({Account(each) for each in (*request.buckets, *(line.bucket for line in request.lines))}))


def _said(line: pb.StatedStock, at: int) -> SaidStock:
    measure = amount_in(line.quantity, "lines[{}].quantity", at)
    return SaidStock(Stated(line.sku, line.lot, Account(line.bucket), measure.value), measure)


def book_differences(request: pb.BookDifferencesRequest, tenant: str) -> BookDifferences:
    return BookDifferences(
        tenant=tenant,
        adjustment_id=UUID(request.request_id),
        location_id=request.location_id,
        business_unit=request.business_unit,
        number=request.number,
        skus=frozenset(request.skus),
        reason=request.reason,
    )


def statement_out(compared: Comparison) -> pb.StockStatement:
    statement = compared.statement
    return pb.StockStatement(
        number=statement.number,
        system=statement.system,
        location_id=statement.location_id,
        business_unit=statement.business_unit,
        as_of=instant_out(statement.as_of),
        differences=[_difference(each) for each in compared.differences[:MOST_SHOWN]],
        difference_count=compared.count,
        missing_parts=compared.missing_parts,
    )


def _difference(found: Difference) -> pb.StockDifference:
    return pb.StockDifference(
        sku=found.sku,
        lot=found.lot,
        bucket=int(found.bucket),  # type: ignore[arg-type]
        stated=quantity_out(found.stated, found.unit),
        in_ledger=quantity_out(found.in_ledger, found.unit),
        difference=quantity_out(found.change, found.unit),
        within_tolerance=found.within_tolerance,
        cause=int(found.cause),  # type: ignore[arg-type]
        cause_document=found.document,
    )
