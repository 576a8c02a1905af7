"""Warehouses' reports: requests in, facts out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import warehouse_pb2, warehouse_service_pb2
from crossdock_kit.dates_wire import date_message, instant, timestamp
from google.protobuf.message import Message

from fulfillment.domain.handling import Handled, Reported
from fulfillment.domain.quantities import ZERO, Quantity, exact
from fulfillment.domain.refusals import FieldMissing, QuantityInvalid
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.warehouse_report import (
    Booking,
    Carriage,
    Kind,
    Package,
    ReportTerms,
    Shipment,
    WarehouseReport,
    earliest,
)
from fulfillment.use_cases.commands import RecordReport
from fulfillment.wire import values
from fulfillment.wire.lots import lot, lot_message
from fulfillment.wire.ownership import HANDLED, may_write

# --- in


def picked(request: warehouse_service_pb2.RecordPickRequest) -> RecordReport:
    return _report(request, Kind.PICK, "picked_at", _lines(request.lines))


def packed(request: warehouse_service_pb2.RecordPackingRequest) -> RecordReport:
    packages = tuple(_package(each, f"packages[{index}]") for index, each in enumerate(request.packages))
    lines = tuple(line for each in packages for line in each.contents)
    return _report(request, Kind.PACKING, "packed_at", lines, shipment_number=request.number, packages=packages)


def issued(request: warehouse_service_pb2.RecordGoodsIssueRequest) -> RecordReport:
    return _report(
        request,
        Kind.GOODS_ISSUE,
        "issued_at",
        _lines(request.lines),
        shipment_number=request.shipment_number,
        carriage=Carriage(tuple(request.ssccs), request.carrier, request.tracking_number),
    )


def recalled(request: warehouse_service_pb2.RecordRecallRequest) -> RecordReport:
    lines = tuple(_recalled_line(each, f"lines[{index}]") for index, each in enumerate(request.lines))
    return _report(request, Kind.RECALL, "answered_at", lines)


def _recalled_line(line: warehouse_service_pb2.RecalledLine, path: str) -> Reported:
    stopped = values.quantity(line.stopped)
    late = values.quantity(line.too_late) if line.HasField("too_late") else Quantity(ZERO, stopped.unit)
    if min(stopped.value, late.value) < ZERO or late.unit != stopped.unit:
        raise QuantityInvalid(f"{path}: {stopped.value} {stopped.unit}")
    if not stopped.value and not late.value:
        raise values.not_positive(line.stopped, f"{path}.stopped")
    return Reported(
        line.order_id,
        line.order_number,
        line.line_number,
        line.sku,
        stopped.unit,
        exact(stopped.value),
        lot=lot(line),
        too_late=exact(late.value),
        serials=tuple(line.serials),
    )


def _report(said: Any, kind: Kind, at: str, lines: tuple[Reported, ...], **more: Any) -> RecordReport:
    """What all three requests say alike; `at` is the field that says when it happened."""
    may_write(said.origin, HANDLED)
    happened_at = instant(said, at)
    if happened_at is None:
        raise FieldMissing(at)
    terms = ReportTerms(
        kind=kind,
        system=said.origin.system,
        business_unit=said.business_unit,
        location_id=said.location_id,
        number=said.number,
        happened_at=happened_at,
        lines=lines,
        **more,
    )
    return RecordReport(values.origin(said.origin), terms)


def _lines(lines: Iterable[warehouse_service_pb2.ReportedLine]) -> tuple[Reported, ...]:
    return tuple(_line(each, f"lines[{index}]") for index, each in enumerate(lines))


def _line(line: warehouse_service_pb2.ReportedLine, path: str) -> Reported:
    short = values.quantity(line.short) if line.HasField("short") else None
    found = values.quantity(line.quantity)
    if found.value < ZERO or (short is not None and (short.value < ZERO or short.unit != found.unit)):
        raise QuantityInvalid(f"{path}: {found.value} {found.unit}")
    if found.value == ZERO and (short is None or short.value == ZERO):
        raise values.not_positive(line.quantity, f"{path}.quantity")
    return Reported(
        line.order_id,
        line.order_number,
        line.line_number,
        line.sku,
        found.unit,
        exact(found.value),
        exact(short.value) if short else ZERO,
        lot(line),
        serials=tuple(line.serials),
    )


def _package(package: warehouse_pb2.Package, path: str) -> Package:
    weight = values.quantity(package.gross_weight) if package.HasField("gross_weight") else None
    contents = tuple(_content(each, f"{path}.contents[{index}]") for index, each in enumerate(package.contents))
    return Package(package.sscc, package.packaging, weight, contents)


def _content(line: warehouse_pb2.PackedLine, path: str) -> Reported:
    found = values.asked_for(line.quantity, f"{path}.quantity")
    return Reported(
        line.order_id,
        line.order_number,
        line.line_number,
        line.sku,
        found.unit,
        exact(found.value),
        lot=lot(line),
    )


# --- out


def shipment_answer(report: WarehouseReport, *, repeated: bool) -> dict[str, Any]:
    return {
        "shipment_id": report.shipment_id,
        "repeated": repeated,
        "order_ids": report.order_ids,
        "unreleased_count": report.unreleased_count,
    }


def fact_of(booking: Booking) -> Message:
    """What a report announces."""
    match booking.terms.kind:
        case Kind.PICK:
            return _pick_completed(booking)
        case Kind.PACKING:
            return _shipment_ready(booking)
        case Kind.GOODS_ISSUE:
            return _goods_issued(booking)
        case Kind.RECALL:
            return _recall_answered(booking)


def _pick_completed(booking: Booking) -> Message:
    terms, outcome = booking.terms, booking.outcome
    return events_pb2.PickCompleted(
        pick_id=booking.report.report_id,
        number=terms.number,
        location_id=terms.location_id,
        order_ids=booking.report.order_ids,
        order_numbers=booking.order_numbers,
        lines=[_handled(each, booking) for each in outcome.handled],
        shorts=[_handled(each, booking) for each in outcome.shorts],
        late=[_handled(each, booking) for each in outcome.late],
        picked_at=timestamp(terms.happened_at),
        serials=_pieces(booking),
    )


def _recall_answered(booking: Booking) -> Message:
    terms, outcome = booking.terms, booking.outcome
    return events_pb2.RecallAnswered(
        recall_id=booking.report.report_id,
        number=terms.number,
        location_id=terms.location_id,
        order_ids=booking.report.order_ids,
        order_numbers=booking.order_numbers,
        stopped=[_stopped_line(each, booking) for each in outcome.handled],
        too_late=[_handled(each, booking) for each in outcome.late],
        answered_at=timestamp(terms.happened_at),
        serials=_pieces(booking),
    )


def _stopped_line(handled: Handled, booking: Booking) -> events_pb2.StoppedLine:
    before = handled.quantity if handled.picked_before else ZERO
    picked = values.quantity_message(Quantity(before, handled.said.unit))
    return events_pb2.StoppedLine(line=_handled(handled, booking), picked_before=picked)


def _shipment_ready(booking: Booking) -> Message:
    terms, first = booking.terms, booking.orders[0] if booking.orders else None
    promised = (each.promised_on for each in booking.outcome.handled)
    return events_pb2.ShipmentReady(
        shipment_id=booking.report.shipment_id,
        number=terms.shipment_number,
        location_id=terms.location_id,
        order_ids=booking.report.order_ids,
        order_numbers=booking.order_numbers,
        lines=[_handled(each, booking) for each in booking.outcome.handled],
        packages=[_package_message(each) for each in terms.packages],
        consignee_id=first.consignee_id if first else "",
        customer_id=first.terms.customer_id if first else "",
        service_level=booking.service_level,
        requested_on=date_message(earliest(each.terms.requested_on for each in booking.orders)),
        promised_on=date_message(earliest(promised)),
        packed_at=timestamp(terms.happened_at),
        barred_order_numbers=[each.terms.number for each in booking.orders if each.barred],
    )


def shipment_cleared(shipment: Shipment, order: SalesOrder) -> Message:
    return events_pb2.ShipmentCleared(
        shipment_id=shipment.shipment_id,
        number=shipment.number,
        location_id=shipment.location_id,
        order_ids=[order.order_id],
        order_numbers=[order.terms.number],
    )


def _goods_issued(booking: Booking) -> Message:
    terms = booking.terms
    promised = (each.promised_on for each in booking.outcome.handled)
    return events_pb2.GoodsIssued(
        shipment_id=booking.report.shipment_id,
        number=terms.shipment_number,
        issue_number=terms.number,
        location_id=terms.location_id,
        order_ids=booking.report.order_ids,
        order_numbers=booking.order_numbers,
        lines=[_issued_line(each, booking) for each in booking.outcome.handled],
        ssccs=terms.carriage.ssccs,
        carrier=terms.carriage.carrier,
        tracking_number=terms.carriage.tracking_number,
        issued_at=timestamp(terms.happened_at),
        orders=[issued_order(each) for each in booking.orders],
        packages=[_package_message(each) for each in booking.packages_left],
        consignee_id=booking.orders[0].consignee_id if booking.orders else "",
        promised_on=date_message(earliest(promised)),
        serials=_pieces(booking),
    )


def issued_order(order: SalesOrder) -> events_pb2.IssuedOrder:
    terms = order.terms
    return events_pb2.IssuedOrder(
        order_id=order.order_id,
        channel=terms.channel,
        number=terms.number,
        customer_id=terms.customer_id,
        ordered_on=date_message(terms.ordered_on),
        ship_to_code=terms.ship_to_code,
    )


def _issued_line(handled: Handled, booking: Booking) -> events_pb2.IssuedLine:
    before = handled.quantity if handled.picked_before else ZERO
    return events_pb2.IssuedLine(
        line=_handled(handled, booking),
        picked_before=values.quantity_message(Quantity(before, handled.said.unit)),
        ordered_unit=handled.line.quantity.unit if handled.line else "",
    )


def _handled(handled: Handled, booking: Booking) -> warehouse_pb2.HandledLine:
    said, order = handled.said, handled.order
    return warehouse_pb2.HandledLine(
        order_id=order.order_id if order else "",
        order_number=said.order_number,
        line_id=handled.line.line_id if handled.line else "",
        line_number=said.line_number,
        schedule_id=handled.schedule_id,
        sku=said.sku,
        quantity=values.quantity_message(Quantity(handled.quantity, said.unit)),
        lot=lot_message(said.lot),
        reservation_id=handled.reservation_id,
        business_unit=order.terms.business_unit if order else booking.terms.business_unit,
        unreleased=not handled.schedule_id,
    )


def _pieces(booking: Booking) -> list[warehouse_pb2.HandledSerials]:
    """Of the lines that name any; a line may have been for parts of its order that none of them tells apart."""
    orders = {each.said: each.order for each in (*booking.outcome.handled, *booking.outcome.late) if each.order}
    return [_named(said, orders.get(said), booking) for said in booking.terms.lines if said.serials]


def _named(said: Reported, order: SalesOrder | None, booking: Booking) -> warehouse_pb2.HandledSerials:
    return warehouse_pb2.HandledSerials(
        business_unit=order.terms.business_unit if order else booking.terms.business_unit,
        order_id=order.order_id if order else "",
        line_number=said.line_number,
        sku=said.sku,
        lot=said.lot.number if said.lot else "",
        quantity=values.quantity_message(Quantity(said.quantity, said.unit)),
        serials=said.serials,
    )


def _package_message(package: Package) -> warehouse_pb2.Package:
    return warehouse_pb2.Package(
        sscc=package.sscc,
        packaging=package.packaging,
        gross_weight=values.quantity_message(package.gross_weight) if package.gross_weight else None,
        contents=[
            warehouse_pb2.PackedLine(
                order_id=each.order_id,
                order_number=each.order_number,
                line_number=each.line_number,
                sku=each.sku,
                quantity=values.quantity_message(Quantity(each.quantity, each.unit)),
                lot=lot_message(each.lot),
            )
            for each in package.contents
        ],
    )
