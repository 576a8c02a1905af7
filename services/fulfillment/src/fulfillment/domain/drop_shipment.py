"""A supplier's shipment to customers of ours, as its ship notice says, and what became of each line of it.

A notice says what a shipment holds in all, so that it may come again, and be replaced: what differs from what is known
to have left is what it says anew. It must not know where orders are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from fulfillment.domain.concerns import Concern
from fulfillment.domain.drop_shipping import Leaving, Sent, ship, shipped_with, tell_shipped
from fulfillment.domain.lifecycle import ORDER_DESK, PROCUREMENT
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.warehouse_report import Shipment

WITHOUT_ORDER, ABOVE_ORDER = "DROP_SHIPPED_WITHOUT_ORDER", "DROP_SHIPPED_ABOVE_ORDER"
THOUGH_CANCELLED, TAKEN_BACK = "DROP_SHIPPED_THOUGH_CANCELLED", "DROP_SHIPMENT_TAKEN_BACK"


@dataclass(frozen=True, slots=True)
class Announced:
    """So much of a customer's line, in the item's base unit, by the purchase order's line that refers to it."""

    order_id: str
    order_number: str
    line_number: str
    sku: str
    quantity: Decimal
    purchase_order_number: str = ""
    purchase_line_id: str = ""

    @property
    def order_name(self) -> tuple[str, str]:
        return self.order_id, self.order_number


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierNotice:
    """`ship_notice_id` is our id of this state of the notice, and later ones are greater. Of one that was taken back
    nothing has left."""

    ship_notice_id: str
    supplier_id: str
    number: str
    business_unit: str
    shipped_at: datetime | None
    lines: tuple[Announced, ...]
    carrier: str = ""
    tracking_number: str = ""


@dataclass(slots=True, eq=False)
class DropShipment:
    """A notice, its shipment and the orders that it is about, with what it moved and what is strange in it."""

    notice: SupplierNotice
    shipment: Shipment
    orders: Sequence[SalesOrder]
    sent: list[Sent] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)

    @property
    def keys(self) -> tuple[str, ...]:
        notice = self.notice
        numbers = dict.fromkeys(each.order_number for each in notice.lines if each.order_number)
        orders = [*(each.terms.number for each in self.orders), *numbers]
        return (f"shipment:{notice.number}", f"asn:{notice.number}", *dict.fromkeys(f"order:{each}" for each in orders))

    @property
    def transaction_ids(self) -> tuple[str, ...]:
        return tuple(each.order_id for each in self.orders) or (self.shipment.shipment_id,)

    @property
    def moved_orders(self) -> list[SalesOrder]:
        return list(dict.fromkeys(each.order for each in self.sent))

    def of_order(self, order: SalesOrder) -> list[Sent]:
        return [each for each in self.sent if each.order is order]

    def take(self, order: SalesOrder, line: OrderLine, said: Sequence[Announced]) -> None:
        """All that the notice says of one line."""
        announced = sum((each.quantity for each in said), ZERO)
        more = announced - shipped_with(line, self.shipment.shipment_id)
        if more < ZERO:
            words = f"{-more:f} of {line.sku} did not leave after all, and its customer was told that it had"
            self._raise(TAKEN_BACK, ORDER_DESK, order, line.line_number, words)
            return
        leaving = Leaving(more, self.shipment.shipment_id, said[0].purchase_line_id)
        sent, beyond = ship(order, line, leaving)
        self.sent += sent
        if any(each.schedule.cancel_requested for each in sent):
            words = f"{line.sku} left though it was to be cancelled: it can only come back"
            self._raise(THOUGH_CANCELLED, ORDER_DESK, order, line.line_number, words)
        if beyond > ZERO:
            words = f"{beyond:f} of {line.sku} left that nobody wants of it"
            self._raise(ABOVE_ORDER, ORDER_DESK, order, line.line_number, words)

    def stray(self, said: Announced, order: SalesOrder | None = None) -> None:
        """A line that no order of ours has, or that is another item there: nothing of it moves."""
        words = f"{said.quantity:f} of {said.sku} on purchase order {said.purchase_order_number} is for no line of ours"
        self._raise(
            WITHOUT_ORDER, PROCUREMENT, order, f"{said.order_number or said.order_id}/{said.line_number}", words
        )

    def end(self) -> None:
        """Tells the orders whose goods have left."""
        self.shipment.carried_by(self.notice.carrier, self.notice.tracking_number)
        for order in self.moved_orders:
            tell_shipped(order, self.of_order(order), self.shipment.sending, self.notice.shipped_at)

    def _raise(self, code: str, owner: str, order: SalesOrder | None, line: str, words: str) -> None:
        named = f"order {order.terms.number} line {line}" if order else line
        self.concerns.append(
            Concern(
                code=code,
                owner=owner,
                subject=f"drop_shipment/{self.notice.ship_notice_id}/{order.order_id if order else ''}/{line}",
                summary=f"shipment {self.notice.number} of {self.notice.supplier_id}, {named}: {words}"[:500],
                transaction_ids=(order.order_id,) if order else self.transaction_ids,
                keys=self.keys,
            )
        )


def by_line(lines: Iterable[Announced]) -> list[list[Announced]]:
    """What is said of the same line of the same order, as it was named: it may lie in several packages."""
    found: dict[tuple[tuple[str, str], str], list[Announced]] = {}
    for each in lines:
        found.setdefault((each.order_name, each.line_number), []).append(each)
    return list(found.values())
