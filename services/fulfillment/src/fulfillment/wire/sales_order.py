"""Orders between the contract and the domain: what a channel says in, the order as it stands out."""

from __future__ import annotations

import hashlib

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as service_pb2
from crossdock.fulfillment.v1 import sales_order_pb2 as order_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit import dates_wire
from crossdock_kit.paging import Page, page_of

from fulfillment.domain.check_lifecycle import Kind
from fulfillment.domain.check_lifecycle import State as Checked
from fulfillment.domain.checks import Basis, Check, check_id
from fulfillment.domain.lifecycle import CROSSDOCK, ERP, WMS, State
from fulfillment.domain.order_line import OrderLine, Schedule
from fulfillment.domain.order_state import OrderState
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.refusals import FieldMissing
from fulfillment.domain.revising import Revision
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import LineTerms, OrderTerms, ShortageRule
from fulfillment.ports import OrderName, OrderPage
from fulfillment.use_cases.changing import Left
from fulfillment.use_cases.commands import AppendLines, CancelOrder, ChangeLine, ChangeOrder, PlaceOrder, SubmitOrder
from fulfillment.use_cases.placing import Placement
from fulfillment.wire import charges, values
from fulfillment.wire.ownership import CANCELLED, ORDERED, may_write

ORDER_STATES = {state: order_pb2.OrderState.Value(f"ORDER_STATE_{state.name}") for state in OrderState}
_ORDER_STATE_OF = {message: state for state, message in ORDER_STATES.items()}
SCHEDULE_STATES = {state: order_pb2.ScheduleState.Value(f"SCHEDULE_STATE_{state.name}") for state in State}
SHORTAGES = {rule: order_pb2.ShortageRule.Value(f"SHORTAGE_RULE_{rule.name}") for rule in ShortageRule}
_SHORTAGE_OF = {message: rule for rule, message in SHORTAGES.items()}
CHECK_KINDS = {kind: order_pb2.CheckKind.Value(f"CHECK_KIND_{kind.name}") for kind in Kind}
CHECK_STATES = {state: order_pb2.CheckState.Value(f"CHECK_STATE_{state.name}") for state in Checked}
CHECK_BASES = {basis: order_pb2.CheckBasis.Value(f"CHECK_BASIS_{basis.name}") for basis in Basis}
ALLOCATORS = {
    CROSSDOCK: options_pb2.ROLE_UNSPECIFIED,
    ERP: options_pb2.ROLE_ERP,
    WMS: options_pb2.ROLE_WMS,
}
PLACEMENTS = {
    Placement.CREATED: service_pb2.ORDER_PLACEMENT_CREATED,
    Placement.REPEATED: service_pb2.ORDER_PLACEMENT_REPEATED,
}


# --- in


def place(request: service_pb2.PlaceOrderRequest) -> PlaceOrder:
    may_write(request.origin, ORDERED)
    lines = tuple(_line(each, f"lines[{index}]") for index, each in enumerate(request.lines))
    return PlaceOrder(values.origin(request.origin), _terms(request.order), _consignee(request.order), lines)


def open_order(request: service_pb2.OpenOrderRequest) -> PlaceOrder:
    may_write(request.origin, ORDERED)
    return PlaceOrder(values.origin(request.origin), _terms(request.order), _consignee(request.order))


def append(request: service_pb2.AppendLinesRequest) -> AppendLines:
    lines = tuple(_line(each, f"lines[{index}]") for index, each in enumerate(request.lines))
    return AppendLines(_named(request), lines)


def submit(request: service_pb2.SubmitOrderRequest) -> SubmitOrder:
    return SubmitOrder(_named(request), request.line_count)


def change_line(request: service_pb2.ChangeLineRequest) -> ChangeLine:
    may_write(request.origin, ORDERED)
    return ChangeLine(
        origin=values.origin(request.origin),
        order_id=request.order_id,
        line_number=request.line_number,
        wish=values.quantity(request.ordered),
        reason=request.reason,
        etag=request.etag,
    )


def change_order(request: service_pb2.ChangeOrderRequest) -> ChangeOrder:
    may_write(request.origin, ORDERED)
    lines = tuple(_wish(each, f"lines[{index}]") for index, each in enumerate(request.lines))
    revision = Revision(lines, dates_wire.day(request, "requested_on"), request.reason, request.reference)
    return ChangeOrder(values.origin(request.origin), order_name(request.ref), revision, request.etag)


def _wish(message: service_pb2.LineChange, path: str) -> LineTerms:
    return LineTerms(
        line_number=message.line_number,
        sku=message.sku,
        ordered=values.quantity(message.ordered),
        description=message.description,
        price=values.price(message, "price", path),
        supplier_id=message.supplier_id,
    )


def cancel(request: service_pb2.CancelOrderRequest) -> CancelOrder:
    may_write(request.origin, CANCELLED)
    name = _named(request)
    return CancelOrder(values.origin(request.origin), name, request.reason, request.etag, request.intercept)


def _named(
    request: service_pb2.AppendLinesRequest | service_pb2.SubmitOrderRequest | service_pb2.CancelOrderRequest,
) -> OrderName:
    return OrderName(request.order_id) if request.order_id else order_name(request.ref)


def left_line(left: Left) -> service_pb2.LeftLine:
    return service_pb2.LeftLine(
        line_id=left.line.line_id,
        line_number=left.line.line_number,
        sku=left.line.sku,
        quantity=values.quantity_message(left.quantity),
        state=SCHEDULE_STATES[left.state],
        shipment_id=left.shipment_id,
    )


def order_name(ref: service_pb2.OrderRef) -> OrderName:
    if not (ref.order_id or ref.number):
        raise FieldMissing("ref.number")
    return OrderName(ref.order_id, ref.channel, ref.number)


def page(request: service_pb2.ListOrdersRequest) -> tuple[OrderPage, Page]:
    asked = page_of(request)
    after = asked.after[0] if asked.after else ""
    state = _ORDER_STATE_OF.get(request.state)
    return OrderPage(state, request.channel, request.customer_id, asked.size, after), asked


def lines_page(request: service_pb2.ListOrderLinesRequest) -> tuple[int, Page]:
    """The position after which it begins."""
    asked = page_of(request)
    return int(asked.after[0]) if asked.after else 0, asked


def consignee(facts: bytes) -> order_pb2.Consignee:
    return order_pb2.Consignee.FromString(facts)


def order_consignee(order_id: str, facts: bytes | None) -> service_pb2.OrderConsignee:
    """Empty facts: nobody was named; None: erased since."""
    who = consignee(facts) if facts else None
    return service_pb2.OrderConsignee(order_id=order_id, consignee=who, erased=facts is None)


def _consignee(terms: service_pb2.OrderTerms) -> bytes:
    return terms.consignee.SerializeToString(deterministic=True) if terms.HasField("consignee") else b""


def _terms(terms: service_pb2.OrderTerms) -> OrderTerms:
    ordered_on = dates_wire.day(terms, "ordered_on")
    if ordered_on is None:
        raise FieldMissing("order.ordered_on")
    said = _consignee(terms)
    return OrderTerms(
        business_unit=terms.business_unit,
        channel=terms.channel,
        number=terms.number,
        customer_id=terms.customer_id,
        currency=terms.currency,
        ordered_on=ordered_on,
        requested_on=dates_wire.day(terms, "requested_on"),
        same_day=terms.same_day,
        channel_confirmed=terms.channel_confirmed,
        shortage=_SHORTAGE_OF.get(terms.shortage, ShortageRule.BACKORDER),
        locations=tuple(terms.locations),
        customer_order_number=terms.customer_order_number,
        ship_to_code=terms.ship_to_code,
        ship_to_country=terms.consignee.country,
        consignee=hashlib.sha256(said).hexdigest() if said else "",
        checkout=terms.reservation_id.lower(),
        charges=charges.read(terms.charges),
    )


def _line(message: service_pb2.OrderedLine, path: str) -> LineTerms:
    return LineTerms(
        line_number=message.line_number,
        sku=message.sku,
        ordered=values.asked_for(message.ordered, f"{path}.ordered"),
        description=message.description,
        price=values.price(message, "price", path),
        supplier_id=message.supplier_id,
    )


# --- out


def order(found: SalesOrder) -> order_pb2.SalesOrder:
    terms = found.terms
    return order_pb2.SalesOrder(
        order_id=found.order_id,
        business_unit=terms.business_unit,
        channel=terms.channel,
        number=terms.number,
        system_numbers=_system_numbers(found),
        state=ORDER_STATES[found.state],
        customer_id=terms.customer_id,
        currency=terms.currency,
        ordered_on=dates_wire.date_message(terms.ordered_on),
        requested_on=dates_wire.date_message(terms.requested_on),
        same_day=terms.same_day,
        channel_confirmed=terms.channel_confirmed,
        shortage=SHORTAGES[terms.shortage],
        consignee_id=found.consignee_id,
        locations=terms.locations,
        line_count=found.line_count,
        counts=[
            order_pb2.StateCount(state=SCHEDULE_STATES[state], schedules=found.counts[state])
            for state in State
            if found.counts[state]
        ],
        etag=found.etag,
        created_at=dates_wire.timestamp(found.created_at),
        updated_at=dates_wire.timestamp(found.updated_at or found.created_at),
        ship_to_code=terms.ship_to_code,
        ship_to_country=terms.ship_to_country,
        checks=[check(found, each) for each in found.checks.values()],
        net=values_pb2.Money(amount=values.text(found.net), currency=terms.currency),
        charges=charges.written(terms.charges),
        allocator=ALLOCATORS[found.allocator.role],
    )


def check(found: SalesOrder, standing: Check) -> order_pb2.OrderCheck:
    said = standing.verdict
    return order_pb2.OrderCheck(
        kind=CHECK_KINDS[standing.kind],
        state=CHECK_STATES[standing.state],
        basis=CHECK_BASES[said.basis] if said else order_pb2.CHECK_BASIS_UNSPECIFIED,
        check_id=check_id(found.order_id, standing),
        owner=standing.owner,
        reason=said.reason if said else "",
        reference=said.reference if said else "",
        system=said.system if said else "",
        decided_at=dates_wire.timestamp(said.at) if said else None,
        policy_version=standing.policy_version,
    )


def _system_numbers(found: SalesOrder) -> list[values_pb2.SystemNumber]:
    named = [
        (found.system, found.terms.number),
        (found.terms.customer_id, found.terms.customer_order_number),
        (found.erp_system, found.erp_number),
    ]
    day = dates_wire.date_message(found.terms.ordered_on)
    return [values_pb2.SystemNumber(system=system, number=number, valid_from=day) for system, number in named if number]


def order_line(line: OrderLine) -> order_pb2.OrderLine:
    return order_pb2.OrderLine(
        line_id=line.line_id,
        line_number=line.line_number,
        sku=line.sku,
        description=line.description,
        ordered=values.quantity_message(line.quantity),
        price=values.price_message(line.price),
        schedules=[line_schedule(line, each) for each in line.schedules],
        part=line.part,
        supplier_id=line.supplier_id,
        ordered_sku=line.ordered_sku,
    )


def line_schedule(line: OrderLine, schedule: Schedule) -> order_pb2.LineSchedule:
    return order_pb2.LineSchedule(
        schedule_id=line.schedule_id(schedule),
        state=SCHEDULE_STATES[schedule.state],
        quantity=values.quantity_message(Quantity(schedule.quantity, line.base_unit)),
        location_id=schedule.location_id,
        reservation_id=schedule.reservation_id,
        promised_on=dates_wire.date_message(schedule.promised_on),
        supply=schedule.supply,
        reason=schedule.reason,
        cancel_requested=schedule.cancel_requested,
        shipment_id=schedule.shipment_id,
        pick_reported=schedule.pick_reported,
        pack_reported=schedule.pack_reported,
        owed_on=dates_wire.date_message(schedule.owed_on),
        at_risk=schedule.at_risk,
    )
