"""What becomes of lines once inventory, or whoever allocates in its place, has answered: bound, waiting or given up.

Every way to stock ends in these steps. They must not know who was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fulfillment.domain import events
from fulfillment.domain.lifecycle import CROSSDOCK
from fulfillment.domain.order_line import STOCK, OrderLine, Schedule
from fulfillment.domain.promising import Incoming, count_on
from fulfillment.domain.sales_order import SalesOrder, steps_of

Pair = tuple[OrderLine, Schedule]


def bind(order: SalesOrder, schedule: Schedule, location_id: str, reservation_id: str) -> None:
    """Raises TransitionNotOwned where the order's allocator may not allocate."""
    order.move(schedule, "allocate", order.allocator.role)
    schedule.location_id, schedule.reservation_id, schedule.reason = location_id, reservation_id, ""
    schedule.supply = STOCK


def without_stock(order: SalesOrder, part: int, waiting: Sequence[Pair], incoming: Mapping[str, Incoming]) -> None:
    """They wait for what is `incoming`, or are given up where the order says so."""
    if order.terms.gives_up_what_is_short:
        for _, schedule in waiting:
            order.move(schedule, "cancel", CROSSDOCK)
        if waiting:
            order.tell_cancelled(part, waiting, "STOCK_SHORT")
        return
    backorder(order, part, waiting, incoming)


def backorder(order: SalesOrder, part: int, waiting: Sequence[Pair], incoming: Mapping[str, Incoming]) -> None:
    for _, schedule in waiting:
        order.move(schedule, "backorder", order.allocator.role)
    if waiting:
        told = count_on(order, waiting, incoming)
        order.events.append(events.OrderLinesBackordered(order, part, steps_of(told)))


def acknowledge(order: SalesOrder, part: int) -> None:
    """Once, when all of the part is answered for: until then nobody knows what the customer gets."""
    asked = order.parts[part]
    if not asked.open and not asked.acknowledged:
        asked.acknowledged = True
        order.events.append(events.OrderAcknowledged(order, part, order.of_part(part)))


def part_subject(order: SalesOrder, part: int) -> str:
    return f"sales_order/{order.order_id}/{part}"
