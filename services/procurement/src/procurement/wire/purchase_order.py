"""Purchase orders: the ERP's document in, the order as it stands out. Quantities go out in the unit of their line."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb2
from crossdock_kit import dates_wire
from crossdock_kit.ownership_by_attribute import NotOwned

from procurement.domain.carriage import Load, booked_load, expected_on
from procurement.domain.chasing import ChaseStep
from procurement.domain.order_line import LineState, OrderLine, ProposedChange
from procurement.domain.purchase_order import OrderState, PurchaseOrder
from procurement.domain.quantities import Quantity, in_unit, total_in_unit
from procurement.domain.refusals import FieldMissing
from procurement.domain.schedules import Schedule
from procurement.domain.system_numbers import SystemNumber
from procurement.domain.terms import (
    BlanketRef,
    LineTerms,
    OrderDocument,
    OrderTerms,
    PlacedDocument,
    Placement,
    ScheduleTerms,
)
from procurement.ports import OrderName, OrderPage, Origin
from procurement.use_cases.commands import DecideProposedChange, RecordInboundBooking, SubmitPurchaseOrder
from procurement.wire import inbound_bookings, values
from procurement.wire.ownership import ORDERED, owned
from procurement.wire.roles import acts_as

ORDER_STATES = {
    OrderState.RELEASED: order_pb2.PURCHASE_ORDER_STATE_RELEASED,
    OrderState.PARTLY_CONFIRMED: order_pb2.PURCHASE_ORDER_STATE_PARTLY_CONFIRMED,
    OrderState.CONFIRMED: order_pb2.PURCHASE_ORDER_STATE_CONFIRMED,
    OrderState.PARTLY_RECEIVED: order_pb2.PURCHASE_ORDER_STATE_PARTLY_RECEIVED,
    OrderState.COMPLETED: order_pb2.PURCHASE_ORDER_STATE_COMPLETED,
    OrderState.CANCELLED: order_pb2.PURCHASE_ORDER_STATE_CANCELLED,
    OrderState.REJECTED: order_pb2.PURCHASE_ORDER_STATE_REJECTED,
}
_ORDER_STATE_OF = {message: state for state, message in ORDER_STATES.items()}
LINE_STATES = {
    LineState.OPEN: order_pb2.LINE_STATE_OPEN,
    LineState.CONFIRMED: order_pb2.LINE_STATE_CONFIRMED,
    LineState.AWAITING_DECISION: order_pb2.LINE_STATE_AWAITING_DECISION,
    LineState.ON_HOLD: order_pb2.LINE_STATE_ON_HOLD,
    LineState.BACKORDERED: order_pb2.LINE_STATE_BACKORDERED,
    LineState.REJECTED: order_pb2.LINE_STATE_REJECTED,
    LineState.CANCELLED: order_pb2.LINE_STATE_CANCELLED,
    LineState.RECEIVED: order_pb2.LINE_STATE_RECEIVED,
    LineState.CLOSED_SHORT: order_pb2.LINE_STATE_CLOSED_SHORT,
    LineState.SHIPPED_DIRECT: order_pb2.LINE_STATE_SHIPPED_DIRECT,
}
CHASE_STEPS = {
    ChaseStep.WAITING: order_pb2.CHASE_STEP_UNSPECIFIED,
    ChaseStep.REMINDED: order_pb2.CHASE_STEP_REMINDED,
    ChaseStep.ESCALATED: order_pb2.CHASE_STEP_ESCALATED,
    ChaseStep.RAISED: order_pb2.CHASE_STEP_RAISED,
}
PLACEMENTS = {
    Placement.CREATED: service_pb2.PLACEMENT_CREATED,
    Placement.REVISED: service_pb2.PLACEMENT_REVISED,
    Placement.REPEATED: service_pb2.PLACEMENT_REPEATED,
    Placement.LATE: service_pb2.PLACEMENT_LATE,
    Placement.CANCELLED: service_pb2.PLACEMENT_CANCELLED,
}


# --- in


def origin(message: values_pb2.Origin, not_owned: tuple[NotOwned, ...] = ()) -> Origin:
    occurred_at = dates_wire.instant(message, "occurred_at")
    return Origin(message.system, message.role, message.document, message.revision, occurred_at, not_owned)


def order_name(message: inbound_pb2.PurchaseOrderRef) -> OrderName:
    if not (message.purchase_order_id or message.number):
        raise FieldMissing("ref.number")
    return OrderName(message.purchase_order_id, message.number, message.business_unit)


def submit(request: service_pb2.SubmitPurchaseOrderRequest) -> SubmitPurchaseOrder:
    """The instant of the ERP's document places it among the others, so it must be named."""
    request, not_owned = owned(request, request.origin)
    source = origin(request.origin, not_owned)
    if source.occurred_at is None:
        raise FieldMissing("origin.occurred_at")
    document = OrderDocument(
        system=source.system,
        document=source.document,
        system_revision=request.system_revision or source.revision,
        occurred_at=source.occurred_at,
        terms=_terms(request),
        cancels=request.purpose == service_pb2.ORDER_PURPOSE_CANCEL,
        role=acts_as(request.origin, ORDERED),
    )
    return SubmitPurchaseOrder(source, document)


def record_booking(request: service_pb2.RecordInboundBookingRequest) -> RecordInboundBooking:
    request, not_owned = owned(request, request.origin)
    source = origin(request.origin, not_owned)
    return inbound_bookings.record_inbound_booking(request, source, order_name(request.ref))


def _terms(request: service_pb2.SubmitPurchaseOrderRequest) -> OrderTerms:
    ordered_on = dates_wire.day(request, "ordered_on")
    if ordered_on is None:
        raise FieldMissing("ordered_on")
    return OrderTerms(
        business_unit=request.business_unit,
        number=request.number,
        supplier_id=request.supplier_id,
        currency=request.currency,
        incoterms=request.incoterms,
        ordered_on=ordered_on,
        ship_to_id=request.ship_to_id,
        lines=tuple(_line_terms(each, f"lines[{index}]") for index, each in enumerate(request.lines)),
        express=request.express,
        blanket=_blanket(request),
    )


def _blanket(request: service_pb2.SubmitPurchaseOrderRequest) -> BlanketRef | None:
    if not request.HasField("blanket_order"):
        return None
    return BlanketRef(request.blanket_order.number, request.blanket_order.release_number)


def _line_terms(message: service_pb2.OrderedLine, path: str) -> LineTerms:
    read = values.quantity if message.deleted else partial(values.asked_for, path=f"{path}.ordered")
    return LineTerms(
        line_number=message.line_number,
        sku=message.sku,
        ordered=read(message.ordered),
        supplier_item=message.supplier_item,
        description=message.description,
        price=values.price(message, "price", path),
        ship_to_id=message.ship_to_id,
        drop_ship_party_id=message.drop_ship_party_id,
        window=values.window(message, "requested_window"),
        requested=tuple(
            ScheduleTerms(
                values.asked_for(s.quantity, f"{path}.requested[{index}].quantity"), dates_wire.day(s, "date")
            )
            for index, s in enumerate(message.requested)
        ),
        deleted=message.deleted,
        sales_line=values.sales_line(message, path),
    )


def decide(request: service_pb2.DecideProposedChangeRequest) -> DecideProposedChange:
    return DecideProposedChange(
        purchase_order_id=request.purchase_order_id,
        line_number=request.line_number,
        accept=request.decision == service_pb2.DECISION_ACCEPT,
        reason=request.reason,
        etag=request.etag,
    )


DEFAULT_PAGE = 100


def page(request: service_pb2.ListPurchaseOrdersRequest) -> OrderPage:
    size = request.page_size or DEFAULT_PAGE
    return OrderPage(_ORDER_STATE_OF.get(request.state), request.supplier_id, size, request.page_token)


# --- out


def order(found: PurchaseOrder) -> order_pb2.PurchaseOrder:
    load = booked_load(found)
    return order_pb2.PurchaseOrder(
        purchase_order_id=found.purchase_order_id,
        business_unit=found.business_unit,
        number=found.number,
        system_numbers=[
            _system_number(SystemNumber(found.system, found.number, found.ordered_on)),
            *(_system_number(each) for each in found.system_numbers),
        ],
        revision=found.revision,
        system_revision=found.system_revision,
        state=ORDER_STATES[found.state],
        supplier_id=found.supplier_id,
        currency=found.currency,
        incoterms=found.incoterms,
        ordered_on=dates_wire.date_message(found.ordered_on),
        ship_to_id=found.ship_to_id,
        lines=[order_line(each, load) for each in found.lines],
        etag=found.etag,
        created_at=dates_wire.timestamp(found.created_at),
        updated_at=dates_wire.timestamp(found.updated_at or found.created_at),
        acknowledged_revision=found.acknowledged_revision,
        express=found.express,
        chase_step=CHASE_STEPS[found.chase.step if found.chase else ChaseStep.WAITING],
        blanket_order=_blanket_ref(found.blanket),
        inbound_booking=inbound_bookings.booking(found.booking),
    )


def _blanket_ref(named: BlanketRef | None) -> order_pb2.BlanketOrderRef | None:
    if named is None:
        return None
    return order_pb2.BlanketOrderRef(number=named.number, release_number=named.release_number)


def placed_document(placed: PlacedDocument) -> service_pb2.PlacedDocument:
    return service_pb2.PlacedDocument(
        revision=placed.revision,
        system_revision=placed.system_revision,
        document=placed.document,
        occurred_at=dates_wire.timestamp(placed.occurred_at),
        placement=PLACEMENTS[placed.placement],
        answered_at=dates_wire.timestamp(placed.answered_at),
    )


def _system_number(named: SystemNumber) -> values_pb2.SystemNumber:
    return values_pb2.SystemNumber(
        system=named.system,
        number=named.number,
        valid_from=dates_wire.date_message(named.valid_from),
        valid_to=dates_wire.date_message(named.valid_to),
    )


def order_line(line: OrderLine, load: Load | None) -> order_pb2.PurchaseOrderLine:
    return order_pb2.PurchaseOrderLine(
        line_id=line.line_id,
        line_number=line.line_number,
        sku=line.sku,
        supplier_item=line.supplier_item,
        description=line.description,
        ordered=values.quantity_message(line.quantity),
        price=values.price_message(line.price),
        ship_to_id=line.ship_to_id,
        drop_ship_party_id=line.drop_ship_party_id,
        requested_window=values.window_message(line.window),
        requested=_schedules(line, line.requested, None),
        confirmed=_schedules(line, line.confirmed, load),
        state=LINE_STATES[line.state],
        confirmed_quantity=values.text(total_in_unit(line.confirmed_total, line.factor)),
        shipped_quantity=values.text(total_in_unit(line.shipped, line.factor)),
        received_quantity=values.text(total_in_unit(line.received, line.factor)),
        damaged_quantity=values.text(total_in_unit(line.damaged, line.factor)),
        open_quantity=values.text(total_in_unit(line.open, line.factor)),
        expected_on=dates_wire.date_message(expected_on(line, load)),
        proposed=None if line.proposed is None else proposed(line.proposed),
        sales_line=values.sales_line_message(line.sales_line),
        committed=_committed(line),
    )


def _committed(line: OrderLine) -> values_pb2.Quantity | None:
    return values.quantity_message(Quantity(line.committed, line.base_unit)) if line.drop_ship_party_id else None


def _schedules(line: OrderLine, schedules: Iterable[Schedule], load: Load | None) -> list[order_pb2.ScheduleLine]:
    return [
        order_pb2.ScheduleLine(
            schedule_id=each.schedule_id,
            quantity=values.quantity_message(in_unit(each.quantity, line.quantity.unit, line.factor, line.base_unit)),
            date=dates_wire.date_message(each.on),
            expected_on=dates_wire.date_message(load.moved(each.on) if load else None),
        )
        for each in schedules
    ]


def proposed(change: ProposedChange) -> order_pb2.ProposedChange:
    return order_pb2.ProposedChange(
        price=values.price_message(change.price),
        sku=change.sku,
        supplier_item=change.supplier_item,
        code=change.code,
        decide_by=dates_wire.timestamp(change.decide_by),
    )
