"""Fulfillment's facts about outbound shipments, as its journal holds them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from crossdock.common.v1 import values_pb2 as common
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import warehouse_pb2
from crossdock_kit.context import Cause
from crossdock_kit.events import Received
from crossdock_kit.unit_of_work import UnitOfWork
from delivery.consumers import outbound_shipments
from delivery.store.unit_of_work import on
from google.type.date_pb2 import Date

from delivery_cases.calls import instant
from delivery_cases.road import at

SSCC = "106141411234567897"


def handled(order: str, quantity: str = "5") -> warehouse_pb2.HandledLine:
    return warehouse_pb2.HandledLine(
        order_id=f"order-{order}",
        order_number=order,
        line_id=f"order-{order}/1",
        line_number="1",
        sku="BOLT",
        quantity=common.Quantity(value=quantity, unit="EA"),
    )


def ready(shipment_id: str, number: str, *orders: str, **more: Any) -> events_pb2.ShipmentReady:
    said: dict[str, Any] = {
        "location_id": "WH-EAST",
        "order_ids": [f"order-{each}" for each in orders],
        "order_numbers": list(orders),
        "lines": [handled(each) for each in orders],
        "packages": [warehouse_pb2.Package(sscc=SSCC)],
        "consignee_id": "consignee/1",
        "customer_id": "CUS-SHOP",
        "service_level": "STANDARD",
        "promised_on": Date(year=2026, month=3, day=4),
        "packed_at": instant(at(-2)),
    }
    return events_pb2.ShipmentReady(shipment_id=shipment_id, number=number, **said | more)


def cleared(shipment_id: str, number: str, *orders: str) -> events_pb2.ShipmentCleared:
    return events_pb2.ShipmentCleared(
        shipment_id=shipment_id,
        number=number,
        location_id="WH-EAST",
        order_ids=[f"order-{each}" for each in orders],
        order_numbers=list(orders),
    )


def issued(shipment_id: str, number: str, *orders: str, **more: Any) -> events_pb2.GoodsIssued:
    said: dict[str, Any] = {
        "issue_number": f"GI-{number}",
        "location_id": "WH-EAST",
        "order_ids": [f"order-{each}" for each in orders],
        "order_numbers": list(orders),
        "lines": [events_pb2.IssuedLine(line=handled(each)) for each in orders],
        "issued_at": instant(at(0)),
    }
    return events_pb2.GoodsIssued(shipment_id=shipment_id, number=number, **said | more)


def supplier_shipped(shipment_id: str, number: str, *orders: str, **more: Any) -> events_pb2.SupplierShipped:
    said: dict[str, Any] = {
        "ship_notice_id": f"notice-{number}",
        "supplier_id": "SUP-NORDIC",
        "order_ids": [f"order-{each}" for each in orders],
        "order_numbers": list(orders),
        "lines": [events_pb2.IssuedLine(line=handled(each)) for each in orders],
        "carrier": "SCAC",
        "tracking_number": number,
        "shipped_at": instant(at(0)),
        "customer_id": "CUS-SHOP",
    }
    return events_pb2.SupplierShipped(shipment_id=shipment_id, number=number, **said | more)


def _step(shipment_id: str, order: str, quantity: str) -> events_pb2.ScheduleStep:
    return events_pb2.ScheduleStep(
        line_id=f"order-{order}/1",
        line_number="1",
        sku="BOLT",
        quantity=common.Quantity(value=quantity, unit="EA"),
        shipment_id=shipment_id,
    )


def to_be_stopped(shipment_id: str, order: str, quantity: str = "5") -> events_pb2.OrderCancellationRequested:
    """So much of the first line of an order that has left, and is to be turned back."""
    stop = events_pb2.Compensation(step=_step(shipment_id, order, quantity), commands=["intercept_or_return"])
    return events_pb2.OrderCancellationRequested(order_id=f"order-{order}", number=order, compensations=[stop])


def cancelled(shipment_id: str, order: str, quantity: str = "5") -> events_pb2.OrderLinesCancelled:
    """So much of the first line of an order that was packed, and that its warehouse has stopped."""
    step = _step(shipment_id, order, quantity)
    return events_pb2.OrderLinesCancelled(
        order_id=f"order-{order}", channel="shop-eu", number=order, steps=[step], reason="RECALLED"
    )


async def hears(uow: UnitOfWork, tenant: str, *messages: Any) -> None:
    """What the consumer does with facts that arrive together, in their order."""
    subscription = outbound_shipments(on)
    for message in messages:
        async with uow(tenants=(tenant,)) as work:
            await subscription.handlers[type(message)]([received(message, tenant)], work)


def received(message: Any, tenant: str) -> Received[Any]:
    now, name = datetime.now(UTC), str(uuid4())
    about_shipment = hasattr(message, "shipment_id")
    return Received(
        id=uuid4(),
        type=message.DESCRIPTOR.full_name,
        message=message,
        tenant=tenant,
        business_unit="EU01",
        aggregate_type="outbound_shipment" if about_shipment else "sales_order",
        aggregate_id=message.shipment_id if about_shipment else message.order_id,
        version=1,
        subject=message.number,
        occurred_at=at(0),
        recorded_at=now,
        origin=None,
        correlation_id=name,
        causation_id=name,
        transaction_ids=tuple(message.order_ids) if about_shipment else (message.order_id,),
        keys=(),
        express=False,
        traceparent="",
        cause=Cause("event", "test", tenant, "tester", name, name, "", now),
    )
