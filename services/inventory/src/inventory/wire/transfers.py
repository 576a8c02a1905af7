"""Transfers between our own places, between the contract and the domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from uuid import UUID

from crossdock.inventory.events.v1 import events_pb2 as events
from crossdock.inventory.v1 import inventory_service_pb2 as api
from crossdock.inventory.v1 import stock_transfer_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock_kit import dates_wire
from crossdock_kit.events import NewEvent, Origin

from inventory.domain import events as facts
from inventory.domain.stock_transfer import Part, StockTransfer, TransferLine
from inventory.use_cases.transfers import RecordTransferReceipt, SaidPart, SendTransfer
from inventory.wire.contents import content_of
from inventory.wire.movements import movement_out
from inventory.wire.ownership import must_own
from inventory.wire.values import date_out, instant_out, measure_in, quantity_out


def send_transfer(request: pb.SendTransferRequest, tenant: str) -> SendTransfer:
    must_own(request, request.origin)
    return SendTransfer(
        tenant=tenant,
        transfer_id=UUID(request.request_id),
        business_unit=request.business_unit,
        number=request.number,
        system=request.origin.system,
        content=content_of(request),
        from_location=request.from_location_id,
        to_location=request.to_location_id,
        sent_at=request.sent_at.ToDatetime(tzinfo=UTC),
        expected_on=dates_wire.day(request, "expected_on") or request.sent_at.ToDatetime(tzinfo=UTC).date(),
        reported=request.origin.role == options_pb2.ROLE_WMS,
        parts=_parts(request.lines),
        by_books=request.origin.role == options_pb2.ROLE_ERP,
    )


def record_transfer_receipt(request: pb.RecordTransferReceiptRequest, tenant: str) -> RecordTransferReceipt:
    must_own(request, request.origin)
    return RecordTransferReceipt(
        tenant=tenant,
        transfer_id=UUID(request.request_id),
        business_unit=request.business_unit,
        transfer_number=request.transfer_number,
        number=request.number,
        system=request.origin.system,
        content=content_of(request),
        location_id=request.location_id,
        received_at=request.received_at.ToDatetime(tzinfo=UTC),
        reported=request.origin.role == options_pb2.ROLE_WMS,
        parts=_parts(request.lines),
        final=request.final,
    )


def _parts(lines: Iterable[pb.TransferredStock]) -> tuple[SaidPart, ...]:
    return tuple(
        SaidPart(each.sku, each.lot, measure_in(each.quantity, "lines[{}].quantity", at), tuple(each.serials))
        for at, each in enumerate(lines)
    )


def transfer_out(its: StockTransfer) -> pb.StockTransfer:
    out = pb.StockTransfer(
        transfer_id=str(its.transfer_id),
        number=its.number,
        system=its.system,
        from_location_id=its.from_location,
        to_location_id=its.to_location,
        business_unit=its.business_unit,
        state=int(its.state),  # type: ignore[arg-type]
        lines=[_line(its.lines[sku]) for sku in sorted(its.lines)],
    )
    if its.sent_at is not None:
        out.sent_at.CopyFrom(instant_out(its.sent_at))
    if its.expected_on is not None:
        out.expected_on.CopyFrom(date_out(its.expected_on))
    return out


def _line(line: TransferLine) -> pb.StockTransferLine:
    return pb.StockTransferLine(
        sku=line.sku,
        sent=quantity_out(line.sent, line.unit),
        received=quantity_out(line.received, line.unit),
        missing=quantity_out(line.missing, line.unit),
    )


def event_of(fact: facts.StockTransferSent | facts.StockTransferReceived) -> NewEvent:
    its, first = fact.transfer, fact.version == 1
    return NewEvent(
        message=_received(fact) if isinstance(fact, facts.StockTransferReceived) else _sent(fact),
        tenant=its.tenant,
        business_unit=its.business_unit,
        aggregate_type="stock_transfer",
        aggregate_id=str(its.transfer_id),
        version=fact.version,
        subject=its.number,
        keys=(f"transfer:{its.number}", *(f"sku:{sku}" for sku in its.lines)),
        transaction_ids=(str(its.transfer_id),),
        occurred_at=fact.at,
        origin=Origin(system=its.system, document=its.number),
        transaction_type="stock_transfer" if first else "",
        root_key=f"stock_transfer:{its.transfer_id}" if first else "",
    )


def _sent(fact: facts.StockTransferSent) -> events.StockTransferSent:
    its = fact.transfer
    return events.StockTransferSent(
        transfer_id=str(its.transfer_id),
        transfer=transfer_out(its),
        movements=_movements(fact),
        parts=_parts_out(fact.parts),
    )


def _parts_out(parts: Iterable[Part]) -> list[pb.TransferredStock]:
    return [
        pb.TransferredStock(
            sku=each.sku, lot=each.lot, quantity=quantity_out(each.quantity, each.unit), serials=each.serials
        )
        for each in parts
    ]


def _movements(fact: facts.StockTransferSent | facts.StockTransferReceived) -> list[api.Movement]:
    return [movement_out(movement_id, movement) for movement_id, movement in fact.movements]


def _received(fact: facts.StockTransferReceived) -> events.StockTransferReceived:
    its = fact.transfer
    return events.StockTransferReceived(
        transfer_id=str(its.transfer_id),
        number=fact.number,
        transfer=transfer_out(its),
        movements=_movements(fact),
        parts=_parts_out(fact.parts),
    )
