"""Fulfillment's facts about outbound shipments as what they mean here.

A promised day is a day where the customer is, and nobody here knows that place's zone: the promise is broken once the
day is over everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import warehouse_pb2
from crossdock_kit.dates_wire import day, instant
from crossdock_kit.events import Received

from delivery.domain.carriage import UNNAMED, Carriage, Package, Terms
from delivery.domain.lifecycle import INTERCEPT
from delivery.ports import IssuedLine, Origin
from delivery.use_cases.commands import CreateShipment, NotWanted
from delivery.use_cases.handing_over import HandOver, Packed
from delivery.wire.values import plain_number

OVER_EVERYWHERE = timedelta(days=1, hours=12)
"""After its beginning in UTC: when a day ends in the last of all zones."""


def ready(event: Received[events_pb2.ShipmentReady]) -> Packed:
    said = event.message
    terms = Terms(
        business_unit=event.business_unit,
        number=said.number,
        orders=_orders(said.order_ids, said.order_numbers, said.lines),
        packages=tuple(Package(each.sscc, each.sscc) for each in said.packages),
        ship_from=said.location_id,
        customer_id=said.customer_id,
        consignee_id=said.consignee_id,
        promised_by=_promised_by(said),
        express=event.express,
    )
    released = [each for each in said.lines if each.line_id and not each.unreleased]
    packed = _summed((each.line_id, each.quantity.value) for each in released)
    return Packed(_command(terms, event), said.shipment_id, packed, said.barred_order_numbers)


def not_wanted(said: events_pb2.OrderLinesCancelled) -> list[NotWanted]:
    """One for each shipment that something of it was packed for."""
    return _by_shipment(said.steps)


def to_be_stopped(said: events_pb2.OrderCancellationRequested) -> list[NotWanted]:
    """One for each shipment that has left with something of it."""
    return _by_shipment([each.step for each in said.compensations if INTERCEPT in each.commands], on_its_way=True)


def _by_shipment(steps: Sequence[events_pb2.ScheduleStep], *, on_its_way: bool = False) -> list[NotWanted]:
    found = []
    for shipment_id in sorted({each.shipment_id for each in steps if each.shipment_id}):
        lines = _summed((each.line_id, each.quantity.value) for each in steps if each.shipment_id == shipment_id)
        found.append(NotWanted(shipment_id, lines, on_its_way))
    return found


def _summed(lines: Iterable[tuple[str, str]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line_id, quantity in lines:
        found[line_id] = found.get(line_id, Decimal(0)) + Decimal(quantity)
    return found


def issued(event: Received[events_pb2.GoodsIssued]) -> HandOver:
    said = event.message
    lines = [each.line for each in said.lines]
    terms = Terms(
        business_unit=event.business_unit,
        number=said.number,
        orders=_orders(said.order_ids, said.order_numbers, lines),
        packages=tuple(Package(each, each) for each in said.ssccs),
        ship_from=said.location_id,
        customer_id=said.orders[0].customer_id if said.orders else "",
        consignee_id=said.consignee_id,
        promised_by=_promised_by(said),
        express=event.express,
    )
    number = plain_number(said.tracking_number)
    carriage = Carriage(carrier=said.carrier or UNNAMED, tracking_number=number) if said.carrier or number else None
    return HandOver(
        plan=_command(terms, event),
        shipment_id=said.shipment_id,
        issue_number=said.issue_number,
        issued_at=instant(said, "issued_at") or event.occurred_at,
        lines=[_line(each) for each in lines],
        carriage=carriage,
    )


def supplier_shipped(event: Received[events_pb2.SupplierShipped]) -> HandOver:
    """What a supplier sent straight to a customer: nobody of ours had it in hands."""
    said = event.message
    lines = [each.line for each in said.lines]
    terms = Terms(
        business_unit=event.business_unit,
        number=said.number,
        orders=_orders(said.order_ids, said.order_numbers, lines),
        ship_notice=said.number,
        customer_id=said.customer_id,
        consignee_id=said.consignee_id,
        promised_by=_promised_by(said),
        express=event.express,
    )
    origin = Origin(said.supplier_id, "SUPPLIER", document=said.number, occurred_at=event.occurred_at)
    number = plain_number(said.tracking_number)
    return HandOver(
        plan=CreateShipment(origin, terms, _content(said.shipment_id, said.number)),
        shipment_id=said.shipment_id,
        issue_number=said.ship_notice_id,
        issued_at=instant(said, "shipped_at") or event.occurred_at,
        lines=[_line(each) for each in lines],
        carriage=Carriage(carrier=said.carrier or UNNAMED, tracking_number=number) if said.carrier or number else None,
    )


def _promised_by(
    said: events_pb2.ShipmentReady | events_pb2.GoodsIssued | events_pb2.SupplierShipped,
) -> datetime | None:
    promised = day(said, "promised_on")
    return datetime.combine(promised, time(), UTC) + OVER_EVERYWHERE if promised else None


def _content(shipment_id: str, number: str) -> str:
    return hashlib.sha256(f"{shipment_id}\x1f{number}".encode()).hexdigest()


def _command(
    terms: Terms, event: Received[events_pb2.ShipmentReady] | Received[events_pb2.GoodsIssued]
) -> CreateShipment:
    said = event.message
    origin = Origin(said.location_id, "WMS", document=said.number, occurred_at=event.occurred_at)
    return CreateShipment(origin, terms, _content(said.shipment_id, said.number))


def _orders(
    ids: Sequence[str], numbers: Sequence[str], lines: Sequence[warehouse_pb2.HandledLine]
) -> tuple[tuple[str, str], ...]:
    """Ids beside their numbers, as the lines pair them; an order that nobody placed here has a number alone."""
    of = {each.order_number: each.order_id for each in lines if each.order_id}
    paired = {number: of.get(number, "") for number in numbers}
    alone = [order_id for order_id in ids if order_id not in paired.values()]
    return (*((order_id, number) for number, order_id in paired.items()), *((order_id, "") for order_id in alone))


def _line(line: warehouse_pb2.HandledLine) -> IssuedLine:
    return IssuedLine(
        order_id=line.order_id,
        order_number=line.order_number,
        line_id=line.line_id,
        line_number=line.line_number,
        sku=line.sku,
        quantity=line.quantity.value,
        unit=line.quantity.unit,
    )
