"""Procurement's facts about drop shipments as what they mean for order lines, and what a supplier shipped as a fact of
ours.

Only what the ERP has referred to a customer's line counts here.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import warehouse_pb2
from crossdock.procurement.v1 import inbound_pb2, purchase_order_pb2
from crossdock_kit.dates_wire import date_message, day, instant, timestamp
from google.protobuf.message import Message

from fulfillment.domain.drop_shipment import Announced, DropShipment, SupplierNotice
from fulfillment.domain.drop_shipping import Purchased, Sent
from fulfillment.domain.quantities import ZERO, Quantity
from fulfillment.domain.warehouse_report import earliest
from fulfillment.use_cases.drop_shipping import PurchaseLine
from fulfillment.wire import values
from fulfillment.wire.values import number
from fulfillment.wire.warehouse import issued_order

# --- in


def purchase_lines(order: purchase_order_pb2.PurchaseOrder) -> list[PurchaseLine]:
    return [_purchase_line(order, each) for each in order.lines if each.HasField("sales_line")]


def _purchase_line(order: purchase_order_pb2.PurchaseOrder, line: purchase_order_pb2.PurchaseOrderLine) -> PurchaseLine:
    named = line.sales_line
    said = Purchased(line.line_id, order.number, number(line.committed.value or "0"), day(line, "expected_on"))
    return PurchaseLine((named.order_id, named.number), named.line_number, line.sku, said)


def notice(said: inbound_pb2.ShipNotice, *, withdrawn: bool = False) -> SupplierNotice | None:
    """None where nothing of it goes to a customer of ours. Of one that was taken back nothing has left."""
    lines = [each for each in said.lines if each.HasField("sales_line") and each.HasField("direct")]
    if not lines:
        return None
    return SupplierNotice(
        ship_notice_id=said.ship_notice_id,
        supplier_id=said.supplier_id,
        number=said.number,
        business_unit=said.business_unit,
        shipped_at=instant(said, "shipped_at"),
        lines=tuple(_announced(each, ZERO if withdrawn else number(each.direct.value)) for each in lines),
        carrier=said.carrier,
        tracking_number=said.carrier_reference,
    )


def _announced(line: inbound_pb2.ShipNoticeLine, quantity: Decimal) -> Announced:
    named = line.sales_line
    return Announced(
        named.order_id,
        named.number,
        named.line_number,
        line.sku,
        quantity,
        line.purchase_order_number,
        line.purchase_order_line_id,
    )


# --- out


def supplier_shipped(found: DropShipment) -> Message:
    notice, first = found.notice, found.orders[0]
    return events_pb2.SupplierShipped(
        shipment_id=found.shipment.shipment_id,
        number=notice.number,
        ship_notice_id=notice.ship_notice_id,
        supplier_id=notice.supplier_id,
        order_ids=[each.order_id for each in found.orders],
        order_numbers=[each.terms.number for each in found.orders],
        lines=_lines(found.sent),
        carrier=notice.carrier,
        tracking_number=notice.tracking_number,
        shipped_at=timestamp(notice.shipped_at),
        orders=[issued_order(each) for each in found.orders],
        consignee_id=first.consignee_id,
        customer_id=first.terms.customer_id,
        promised_on=date_message(earliest(each.schedule.promised_on for each in found.sent)),
    )


def _lines(sent: Iterable[Sent]) -> list[events_pb2.IssuedLine]:
    return [
        events_pb2.IssuedLine(
            line=warehouse_pb2.HandledLine(
                order_id=each.order.order_id,
                order_number=each.order.terms.number,
                line_id=each.line.line_id,
                line_number=each.line.line_number,
                schedule_id=each.line.schedule_id(each.schedule),
                sku=each.line.sku,
                quantity=values.quantity_message(Quantity(each.schedule.quantity, each.line.base_unit)),
                business_unit=each.order.terms.business_unit,
            ),
            ordered_unit=each.line.quantity.unit,
        )
        for each in sent
    ]
