"""What is still to come, as those who plan with it read it."""

from __future__ import annotations

from collections.abc import Iterable

from crossdock.procurement.v1 import inbound_plan_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock_kit import dates_wire

from procurement.domain.inbound_plan import Basis, ToCome
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import Quantity
from procurement.ports import InboundPage
from procurement.wire import values

DEFAULT_PAGE = 100
BASES = {
    Basis.REQUESTED: pb.INBOUND_BASIS_REQUESTED,
    Basis.PROMISED: pb.INBOUND_BASIS_PROMISED,
    Basis.ANNOUNCED: pb.INBOUND_BASIS_ANNOUNCED,
    Basis.APPOINTED: pb.INBOUND_BASIS_APPOINTED,
    Basis.ESTIMATED: pb.INBOUND_BASIS_ESTIMATED,
}


def page(request: service_pb2.ListInboundRequest) -> InboundPage:
    return InboundPage(
        location_id=request.location_id,
        sku=request.sku,
        to_date=dates_wire.day(request, "to_date"),
        size=request.page_size or DEFAULT_PAGE,
        after=request.page_token,
    )


def inbound_order(order: PurchaseOrder, quantities: Iterable[ToCome]) -> pb.InboundOrder:
    return pb.InboundOrder(
        purchase_order_id=order.purchase_order_id,
        number=order.number,
        business_unit=order.business_unit,
        supplier_id=order.supplier_id,
        event_version=order.event_version,
        quantities=[_quantity(each) for each in quantities],
    )


def _quantity(found: ToCome) -> pb.InboundQuantity:
    return pb.InboundQuantity(
        line_id=found.line_id,
        line_number=found.line_number,
        sku=found.sku,
        location_id=found.location_id,
        quantity=values.quantity_message(Quantity(found.base, found.base_unit)),
        expected_on=dates_wire.date_message(found.on),
        basis=BASES[found.basis],
        ship_notice_id=found.ship_notice_id,
        ship_notice_number=found.ship_notice_number,
    )
