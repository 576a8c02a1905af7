"""Blanket orders and what is called off from them, between the contract and the domain."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from crossdock.procurement.v1 import blanket_order_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock_kit import dates_wire

from procurement.domain.blanket_order import BlanketDocument, BlanketLine, BlanketLineTerms, BlanketOrder, BlanketTerms
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.refusals import FieldInvalid, FieldMissing
from procurement.ports import BlanketName
from procurement.use_cases.blanket_orders import Released
from procurement.use_cases.commands import CalledOffLine, ReleaseBlanketOrder, SubmitBlanketOrder
from procurement.wire import values
from procurement.wire.ownership import RELEASED, may_write, owned
from procurement.wire.purchase_order import ORDER_STATES, PLACEMENTS, order, origin
from procurement.wire.roles import acts_as

LONGEST_NUMBER = 64
"""Of a purchase order, as the contract limits it."""


def submit(request: service_pb2.SubmitBlanketOrderRequest) -> SubmitBlanketOrder:
    """The instant of the ERP's document places it among the others, so it must be named."""
    request, not_owned = owned(request, request.origin)
    source = origin(request.origin, not_owned)
    first, last = dates_wire.day(request, "valid_from"), dates_wire.day(request, "valid_to")
    if source.occurred_at is None or first is None or last is None:
        raise FieldMissing("origin.occurred_at, valid_from and valid_to")
    terms = BlanketTerms(
        business_unit=request.business_unit,
        number=request.number,
        supplier_id=request.supplier_id,
        currency=request.currency,
        incoterms=request.incoterms,
        valid_from=first,
        valid_to=last,
        lines=tuple(_line_terms(each, f"lines[{index}]") for index, each in enumerate(request.lines)),
    )
    cancels = request.purpose == service_pb2.ORDER_PURPOSE_CANCEL
    revision = request.system_revision or source.revision
    return SubmitBlanketOrder(source, BlanketDocument(source.system, revision, source.occurred_at, terms, cancels))


def _line_terms(message: pb.BlanketOrderLine, path: str) -> BlanketLineTerms:
    return BlanketLineTerms(
        line_number=message.line_number,
        sku=message.sku,
        agreed=values.asked_for(message.agreed, f"{path}.agreed"),
        supplier_item=message.supplier_item,
        price=values.price(message, "price", path),
    )


def name(request: service_pb2.GetBlanketOrderRequest | service_pb2.ReleaseBlanketOrderRequest) -> BlanketName:
    return BlanketName(request.number, request.business_unit, request.system)


def release(request: service_pb2.ReleaseBlanketOrderRequest) -> ReleaseBlanketOrder:
    may_write(request.origin, RELEASED)
    ordered_on = dates_wire.day(request, "ordered_on")
    if ordered_on is None:
        raise FieldMissing("ordered_on")
    if len(f"{request.number}-{request.release_number}") > LONGEST_NUMBER:
        raise FieldInvalid("release_number", request.release_number)
    return ReleaseBlanketOrder(
        origin=origin(request.origin),
        blanket=name(request),
        release_number=request.release_number,
        ordered_on=ordered_on,
        ship_to_id=request.ship_to_id,
        lines=tuple(
            CalledOffLine(
                each.sku,
                values.asked_for(each.quantity, f"lines[{index}].quantity"),
                dates_wire.day(each, "date"),
            )
            for index, each in enumerate(request.lines)
        ),
        express=request.express,
        role=acts_as(request.origin, RELEASED),
    )


def released(done: Released) -> service_pb2.ReleaseBlanketOrderResponse:
    return service_pb2.ReleaseBlanketOrderResponse(
        purchase_order=order(done.order),
        placement=PLACEMENTS[done.placement],
        blanket_order=blanket_order(done.blanket),
    )


def blanket_order(found: BlanketOrder) -> pb.BlanketOrder:
    terms = found.terms
    return pb.BlanketOrder(
        blanket_order_id=found.blanket_order_id,
        business_unit=terms.business_unit,
        number=terms.number,
        system=found.system,
        revision=found.revision,
        supplier_id=terms.supplier_id,
        currency=terms.currency,
        incoterms=terms.incoterms,
        valid_from=dates_wire.date_message(terms.valid_from),
        valid_to=dates_wire.date_message(terms.valid_to),
        cancelled=found.cancelled,
        lines=[_line(each) for each in found.lines.values()],
        etag=found.etag,
    )


def _line(line: BlanketLine) -> pb.BlanketOrderLine:
    return pb.BlanketOrderLine(
        line_number=line.terms.line_number,
        sku=line.terms.sku,
        supplier_item=line.terms.supplier_item,
        agreed=values.quantity_message(line.terms.agreed),
        price=values.price_message(line.terms.price),
        released_quantity=values.text(line.released),
        open_quantity=values.text(line.open),
        base_unit=line.base_unit,
    )


def called_off(quantities: Iterable[tuple[str, Decimal]]) -> list[pb.CalledOff]:
    return [pb.CalledOff(sku=sku, quantity=values.text(base)) for sku, base in quantities]


def blanket_release(found: PurchaseOrder) -> pb.BlanketRelease:
    return pb.BlanketRelease(
        purchase_order_id=found.purchase_order_id,
        number=found.number,
        release_number=found.blanket.release_number if found.blanket else "",
        state=ORDER_STATES[found.state],
        ordered_on=dates_wire.date_message(found.ordered_on),
        called_off=called_off(sorted(found.called_off.items())),
    )
