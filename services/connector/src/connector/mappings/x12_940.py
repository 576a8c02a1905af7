"""x12.940, out: what a warehouse is to ship for an order, a shipping order for each release, and its recall.

W0502 is the number of the release, which a 945 repeats in W0602; our line stands under N9 LI of each item, and our
order's number and id under N9 IL, so that two channels' orders of one number stay apart if the 945 repeats them. A
release that is asked back is cancelled whole (W0501 F, with the lines that it cancels), or replaced by what of it is
wanted still (R); both name it by its number. Who receives it stands under N1 ST.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock_edi.x12.freight import Instant
from crossdock_edi.x12.parts import ItemId, Note, Remark
from crossdock_edi.x12.warehouse_order import WarehouseOrderItem, WarehouseOrderLine, WarehouseShippingOrder

from connector.mappings import canonical, consignees
from connector.mappings import x12_warehouse_parts as parts
from connector.mappings.model import Named, Outbound, Writing

ORIGINAL, CANCELLED, REPLACED = "N", "F", "R"
DELIVERY_REQUESTED, INSTRUCTION = "02", "WHI"
OWNERS_ITEM = "VN"


Told = events_pb2.OrderReleased | events_pb2.OrderReleaseRecalled


def write(event: Told, writing: Writing) -> WarehouseShippingOrder:
    status, steps = _said(event)
    promised = sorted(day for step in steps if (day := canonical.from_day(step.promised_on)))
    same_day = isinstance(event, events_pb2.OrderReleased) and event.same_day
    return WarehouseShippingOrder(
        status=status,
        depositor_order=event.release_number or f"{event.number}/{event.part}",
        order_number=event.number,
        parties=(parts.at_warehouse(event.location_id, writing.codes),),
        notes=(Note(qualifier=parts.ORDER, reference=event.number, description=event.order_id),),
        dates=(Instant(qualifier=DELIVERY_REQUESTED, on=promised[0]),) if promised else (),
        remarks=(Remark(kind=INSTRUCTION, text="SAME DAY"),) if same_day else (),
        lines=tuple(_line(position, step, writing) for position, step in enumerate(steps, start=1)),
        total_quantity=sum((Decimal(step.quantity.value) for step in steps), Decimal()),
    )


def _said(event: Told) -> tuple[str, Sequence[events_pb2.ScheduleStep]]:
    """The status of the shipping order, and its lines."""
    if isinstance(event, events_pb2.OrderReleased):
        return ORIGINAL, event.steps
    return (REPLACED, event.remaining) if event.remaining else (CANCELLED, event.steps)


def _line(position: int, step: events_pb2.ScheduleStep, writing: Writing) -> WarehouseOrderLine:
    codes = writing.codes
    item = WarehouseOrderItem(
        quantity=Decimal(step.quantity.value),
        unit=codes.unit_code(step.quantity.unit),
        item_ids=(ItemId(OWNERS_ITEM, codes.item_code(step.sku)),),
        notes=(Note(qualifier=parts.LINE, reference=step.line_number),),
    )
    return WarehouseOrderLine(line=str(position), items=(item,))


def _order(event: Told) -> str:
    """A cancelled release goes to nobody."""
    if isinstance(event, events_pb2.OrderReleased):
        return event.order_id if event.consignee_id else ""
    return event.order_id if event.remaining else ""


def _put(order: WarehouseShippingOrder, consignee: Consignee) -> WarehouseShippingOrder:
    return replace(order, parties=(*order.parties, consignees.warehouse_party(consignee)))


MAPPING = Outbound("x12.940", write, Named(_order, _put))
