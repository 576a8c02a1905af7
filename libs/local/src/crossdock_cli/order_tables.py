"""How an order is shown: its head, and for each schedule of each line what order, inventory and warehouse say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from crossdock.fulfillment.v1 import sales_order_pb2 as order_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.options.v1 import options_pb2
from rich.table import Table

from crossdock_cli.order_calls import WholeOrder

_PROMISED = (inventory.ACCOUNT_RESERVED, inventory.ACCOUNT_COMMITTED, inventory.ACCOUNT_ALLOCATED)
_NAMES = {
    inventory.ACCOUNT_RESERVED: "reserved",
    inventory.ACCOUNT_COMMITTED: "committed",
    inventory.ACCOUNT_ALLOCATED: "allocated",
}
_IN_HANDS = frozenset(
    (
        order_pb2.SCHEDULE_STATE_RELEASED,
        order_pb2.SCHEDULE_STATE_PICKING,
        order_pb2.SCHEDULE_STATE_PICKED,
        order_pb2.SCHEDULE_STATE_PACKED,
        order_pb2.SCHEDULE_STATE_LABEL_READY,
    )
)
_HANDED_OVER = frozenset(
    (
        order_pb2.SCHEDULE_STATE_HANDED_OVER,
        order_pb2.SCHEDULE_STATE_SHIPPED,
        order_pb2.SCHEDULE_STATE_OUT_FOR_DELIVERY,
        order_pb2.SCHEDULE_STATE_DELIVERY_EXCEPTION,
        order_pb2.SCHEDULE_STATE_DELIVERED,
        order_pb2.SCHEDULE_STATE_CLOSED,
        order_pb2.SCHEDULE_STATE_RETURN_REQUESTED,
    )
)
_CAME_BACK = frozenset(
    (
        order_pb2.SCHEDULE_STATE_RETURNED,
        order_pb2.SCHEDULE_STATE_INSPECTED,
        order_pb2.SCHEDULE_STATE_CREDITED,
    )
)
HEADINGS = ("LINE", "SKU", "QUANTITY", "ORDER SAYS", "AT", "PROMISED", "INVENTORY SAYS", "WAREHOUSE SAYS", "WHY")
Holdings = Mapping[tuple[str, str, str], Mapping[inventory.Account.ValueType, Decimal]]
"""By reservation, SKU and place: what inventory holds in which account."""


def order_state(order: order_pb2.SalesOrder) -> str:
    return order_pb2.OrderState.Name(order.state).removeprefix("ORDER_STATE_").lower()


def schedule_state(schedule: order_pb2.LineSchedule) -> str:
    return order_pb2.ScheduleState.Name(schedule.state).removeprefix("SCHEDULE_STATE_").lower()


def headline(order: order_pb2.SalesOrder) -> str:
    asked = f", wanted on {day(order.requested_on)}" if order.HasField("requested_on") else ""
    if order.allocator:
        asked += f", allocated by its {options_pb2.Role.Name(order.allocator).removeprefix('ROLE_')}"
    counted = ", ".join(
        f"{each.schedules} {order_pb2.ScheduleState.Name(each.state).removeprefix('SCHEDULE_STATE_').lower()}"
        for each in order.counts
    )
    return (
        f"{order.number} of {order.channel} for {order.customer_id}: {order_state(order)}, {order.line_count} lines"
        f"{asked}{f' ({counted})' if counted else ''}"
    )


def lines_table(found: WholeOrder, held: Holdings) -> Table:
    """A row per schedule: what the order says of it, what inventory holds for it, what its warehouse reported."""
    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading == "QUANTITY" else "left", overflow="fold")
    for line in found.lines:
        for each in line.schedules:
            says = schedule_state(each) + (", to be cancelled" if each.cancel_requested else "")
            amount = f"{each.quantity.value} {each.quantity.unit}"
            promised = promise(each)
            stock = holding(held, each.reservation_id, line.sku, each.location_id)
            place, why = each.location_id, each.reason
            table.add_row(line.line_number, line.sku, amount, says, place, promised, stock, reported(each), why)
    return table


def promise(schedule: order_pb2.LineSchedule) -> str:
    """The day and the supply that it counts on; what is later than was told first says so."""
    when = day(schedule.promised_on) if schedule.HasField("promised_on") else ""
    if schedule.at_risk:
        return f"{when or 'no day'}{_counting(schedule)}, owed on {day(schedule.owed_on)}"
    return when + _counting(schedule)


def _counting(schedule: order_pb2.LineSchedule) -> str:
    waits = schedule.state == order_pb2.SCHEDULE_STATE_BACKORDERED
    return f" by {schedule.supply}" if waits and schedule.supply else ""


def reported(schedule: order_pb2.LineSchedule) -> str:
    """What the warehouse has said of it; what it handed over may never have been reported as packed or picked."""
    if schedule.state in _HANDED_OVER:
        return "handed over" if schedule.shipment_id else ""
    if schedule.state == order_pb2.SCHEDULE_STATE_AT_SUPPLIER:
        return "its supplier has it"
    if schedule.state in _CAME_BACK:
        return "came back"
    if schedule.pack_reported:
        return "packed"
    if schedule.pick_reported:
        return "picked"
    return "nothing yet" if schedule.state in _IN_HANDS else ""


def holding(held: Holdings, reservation_id: str, sku: str, location_id: str) -> str:
    """ "allocated 10" of all that the reservation holds there; a reservation may serve several schedules."""
    if not reservation_id:
        return ""
    found = held.get((reservation_id, sku, location_id), {})
    said = [f"{_NAMES[each]} {found[each].normalize():f}" for each in _PROMISED if found.get(each)]
    return ", ".join(said) or "holds nothing"


def holdings(movements: Iterable[inventory.Movement]) -> Holdings:
    """What each reservation holds now, from all movements that were booked under it."""
    sums: dict[tuple[str, str, str], dict[inventory.Account.ValueType, Decimal]] = {}
    for each in movements:
        kind, _, reservation_id = each.document.partition("/")
        if kind != "reservation":
            continue
        of = sums.setdefault((reservation_id, each.sku, each.location_id), {})
        for account, sign in ((each.to, 1), (getattr(each, "from"), -1)):
            if account in _NAMES:
                of[account] = of.get(account, Decimal(0)) + sign * Decimal(each.quantity.value)
    return sums


def day(found: object) -> str:
    return f"{found.year:04d}-{found.month:02d}-{found.day:02d}"  # type: ignore[attr-defined]
