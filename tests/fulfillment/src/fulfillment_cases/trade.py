"""Orders in memory, and the three answers that inventory can give them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from fulfillment.domain import events
from fulfillment.domain.allocating import allocate, ask, fall_short, release
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.quantities import Item, Quantity
from fulfillment.domain.questions import Held, Shortage
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import OURS, Allocator, LineTerms, OrderTerms, content_of

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
D = Decimal
ITEMS = {
    "BOLT": Item("BOLT", "EA", {"XCS": D(12)}),
    "NUT": Item("NUT", "EA", {"XCS": D(7)}),
    "SAND": Item("SAND", "KGM"),
}


def terms(**more: Any) -> OrderTerms:
    said: dict[str, Any] = {
        "business_unit": "EU01",
        "channel": "shop-eu",
        "number": "S-1",
        "customer_id": "CUS-SHOP",
        "currency": "EUR",
        "ordered_on": date(2026, 3, 2),
    }
    return OrderTerms(**said | more)


def line(number: str = "1", quantity: float | str = 10, sku: str = "BOLT", unit: str = "EA") -> LineTerms:
    return LineTerms(number, sku, Quantity(D(str(quantity)), unit))


def blank(order_id: str = "0191-1", **more: Any) -> SalesOrder:
    said = terms(**more)
    return SalesOrder(order_id, "SHOP-EU", said, content_of(said.fingerprint), NOW)


def placed(*lines: LineTerms, allocator: Allocator = OURS, **more: Any) -> SalesOrder:
    """An order that has asked for its stock; its facts so far are taken off."""
    order = blank(**more)
    order.allocator = allocator
    order.append(lines or (line(),), ITEMS)
    order.submit(order.line_count, whole=True)
    order.accept()
    for part in order.parts:
        ask(order, part)
    order.events.clear()
    return order


def wanted(order: SalesOrder) -> dict[str, Decimal]:
    """What the newest question asks for."""
    return dict(order.questions[-1].wanted)


def hear_held(order: SalesOrder, held: Sequence[Held] | None = None, reservation: str = "R-1") -> None:
    """Inventory holds what was asked for, by default all of it at WH-EAST."""
    asked = order.questions[-1]
    there = held or [Held(sku, "WH-EAST", quantity) for sku, quantity in asked.wanted.items()]
    allocate(order, asked.part, asked.attempt, reservation, there)
    release(order, asked.part)


def hear_short(order: SalesOrder, **available: float) -> None:
    asked = order.questions[-1]
    found = [Shortage(sku, D(str(there)), "STOCK_SHORT") for sku, there in available.items()]
    fall_short(order, asked.part, asked.attempt, found)


def told(order: SalesOrder) -> list[events.Event]:
    """The facts since the last look."""
    found = list(order.events)
    order.events.clear()
    return found


def names(order: SalesOrder) -> list[str]:
    return [type(each).__name__ for each in told(order)]


def shown(order: SalesOrder) -> str:
    """The order's state by its name."""
    return order.state.value


def standing(found: OrderLine) -> dict[str, Decimal]:
    """How much of a line stands in which state."""
    sums: dict[str, Decimal] = {}
    for each in found.schedules:
        sums[each.state.value] = sums.get(each.state.value, D(0)) + each.quantity
    return sums
