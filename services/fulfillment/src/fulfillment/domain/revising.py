"""A customer changes its order as a whole: what of each line is wanted now, and lines that come besides.

What a change says of a line that there is it may say again; another item, unit or price of it is another line. It must
not know where lines are kept or what the ERP is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fulfillment.domain import events
from fulfillment.domain.cancelling import change_quantity
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.refusals import LineIsAnother, LineNumberTwice, LineUnknown, OrderBeingChecked, OrderNotOpen
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import LineTerms


@dataclass(frozen=True, slots=True)
class Revision:
    """What a customer wants from now on. A line of no quantity goes; `reference` is the customer's own number of it."""

    lines: tuple[LineTerms, ...]
    requested_on: date | None = None
    reason: str = ""
    reference: str = ""


def check_open(order: SalesOrder, revision: Revision) -> None:
    """Raises OrderNotOpen, OrderBeingChecked, LineNumberTwice."""
    if not order.submitted or order.cancelled:
        raise OrderNotOpen(order.terms.number, order.state.value)
    if not order.accepted:
        raise OrderBeingChecked(order.terms.number)
    numbers = [each.line_number for each in revision.lines]
    if twice := next((each for each in numbers if numbers.count(each) > 1), ""):
        raise LineNumberTwice(twice)


def new_lines(order: SalesOrder, revision: Revision, known: Mapping[str, OrderLine]) -> list[LineTerms]:
    """Those that the order does not have yet. Raises LineUnknown where nothing says what one of them is, and for one
    that goes before it came."""
    found = [each for each in revision.lines if each.line_number not in known]
    for each in found:
        if not each.sku or each.ordered.value == ZERO:
            raise LineUnknown(order.terms.number, each.line_number)
    return found


def change_lines(order: SalesOrder, revision: Revision, known: Mapping[str, OrderLine], role: str) -> None:
    """Lines that there are; what is wished as before stays as it went since. Raises LineIsAnother and what
    `change_quantity` refuses."""
    for each in revision.lines:
        line = known.get(each.line_number)
        if line is None:
            continue
        _refuse_another(line, each)
        if each.ordered != line.quantity:
            change_quantity(order, line, each.ordered, revision.reason, role)


def _refuse_another(line: OrderLine, wish: LineTerms) -> None:
    if wish.sku not in {"", line.sku, line.ordered_sku}:
        raise LineIsAnother(line.line_number, f"item {wish.sku}")
    if wish.ordered.unit != line.quantity.unit:
        raise LineIsAnother(line.line_number, f"unit {wish.ordered.unit}")
    if wish.price is not None and not line.ordered_sku and wish.price != line.price:
        raise LineIsAnother(line.line_number, f"price {wish.price.amount} {wish.price.currency}")


def want_on(order: SalesOrder, day: date | None) -> bool:
    """Counts for what finds its stock from now on: what is bound goes as it stands. Whether it is another day."""
    if day is None or day == order.terms.requested_on:
        return False
    order.terms = replace(order.terms, requested_on=day)
    return True


def say_added(order: SalesOrder, added: Sequence[OrderLine]) -> None:
    """One fact for each part that got lines."""
    for part in sorted({line.part for line in added}):
        order.events.append(events.OrderLinesAppended(order, part, [each for each in added if each.part == part]))


def tell(order: SalesOrder, revision: Revision, lines: Iterable[OrderLine], added: Sequence[OrderLine]) -> None:
    numbers = [each.line_number for each in added]
    order.events.append(events.OrderChanged(order, [*lines, *added], numbers, revision.reason, revision.reference))
