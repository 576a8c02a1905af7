"""How receiving against a ship notice ends: what is missing now is short.

Within the tolerance it is given up; beyond it somebody is alerted, and by the policy it stays on order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from procurement.domain.announcing import OrderBook, elsewhere
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import ZERO, Quantity, percent_of
from procurement.domain.receipt import Discrepancy, DiscrepancyCode
from procurement.domain.ship_notice import NoticeLine, ShipNotice, ShortLine
from procurement.domain.tolerances import Tolerances


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is missing of one order line; `back_on_order` is the part of it that the supplier is to ship again."""

    order: PurchaseOrder
    line: NoticeLine
    quantity: Quantity
    beyond_tolerance: bool
    back_on_order: Decimal
    ordered_at: str = ""

    @property
    def discrepancy(self) -> Discrepancy:
        names = (self.order.purchase_order_id, self.line.order_line_id)
        return Discrepancy(DiscrepancyCode.SHORT, self.line.sku, self.quantity, *names, self.beyond_tolerance)

    @property
    def told(self) -> list[ShortLine]:
        """Apart what stays on order and what does not."""
        names = (self.order.purchase_order_id, self.line.order_line_id, self.line.sku)
        parts = ((self.back_on_order, True), (self.quantity.value - self.back_on_order, False))
        unit, where = self.quantity.unit, (self.ordered_at, self.order.business_unit)
        return [ShortLine(*names, Quantity(part, unit), stays, *where) for part, stays in parts if part > ZERO]


def close(notice: ShipNotice, book: OrderBook, tolerances: Tolerances, by: str) -> list[Shortage]:
    """Ends the notice and tells it; returns what is short, by order line. Raises TransitionNotOwned."""
    missing: dict[tuple[str, str], list[NoticeLine]] = {}
    for each in notice.lines:
        if each.remaining > ZERO:
            missing.setdefault((each.order_line_id, each.sku), []).append(each)
    short = [_close_lines(notice, lines, book, tolerances, by) for lines in missing.values()]
    notice.end(tuple(told for each in short for told in each.told), by)
    return short


def _close_lines(
    notice: ShipNotice, lines: Sequence[NoticeLine], book: OrderBook, tolerances: Tolerances, by: str
) -> Shortage:
    first, missing = lines[0], sum((each.remaining for each in lines), ZERO)
    same = [each for each in notice.lines if (each.order_line_id, each.sku) == (first.order_line_id, first.sku)]
    announced = sum((each.base for each in same), ZERO)
    beyond = percent_of(missing, announced) > tolerances.short_percent
    order = book.by_id[first.purchase_order_id]
    line, back_on_order, ordered_at = order.line_by_id(first.order_line_id), ZERO, ""
    if line is not None and first.counts_on_order:
        with line.led(by):
            back_on_order = line.close_short(missing, stays=beyond and tolerances.short_stays_on_order)
        ordered_at = elsewhere(line.ship_to_id, notice.ship_to_id)
    for each in lines:
        each.short += each.remaining
    return Shortage(order, first, Quantity(missing, first.base_unit), beyond, back_on_order, ordered_at)
