"""Which lines of an order stand in a posting, and how much of each: as ordered, as wanted now, as it left a warehouse.

It must not know when a posting is owed or in which sequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from fulfillment.domain import events
from fulfillment.domain.allocating import Pair
from fulfillment.domain.drop_shipping import Sent
from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import RECALLED, OrderLine
from fulfillment.domain.posting import PostingLine
from fulfillment.domain.quantities import ZERO, Quantity
from fulfillment.domain.recalling import RECALL_REFUSED
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.warehouse_report import Booking

ADDED = "ADDED_BY_CUSTOMER"
SUBSTITUTED = "SUBSTITUTED"
"""Why another item of a line is wanted than before."""


@dataclass(slots=True)
class Changed:
    """Lines of one part of which another quantity or item is wanted than before, and why."""

    reason: str = ""
    lines: dict[int, OrderLine] = field(default_factory=dict)

    def postings(self) -> list[PostingLine]:
        return [_wanted(self.lines[position]) for position in sorted(self.lines)]


def ordered(line: OrderLine) -> PostingLine:
    return PostingLine(line.line_number, line.sku, line.quantity, line.price)


def changed(order: SalesOrder) -> Mapping[int, Changed]:
    """By part, what the facts that an order has recorded and not yet told change of it."""
    found: dict[int, Changed] = {}
    for event in order.events:
        match event:
            case events.OrderLineChanged(line=line, reason=reason):
                lines = [line]
            case events.OrderLinesAppended(lines=added):
                lines, reason = list(added), ADDED
            case events.OrderLinesCancelled(steps=steps, reason=reason) if reason != RECALLED:
                lines = [each.line for each in steps]
            case events.OrderLinesSubstituted(steps=steps):
                lines, reason = [each.line for each in steps], SUBSTITUTED
            case events.OrderCancellationRequested(compensations=some, reason=reason):
                lines = [each.step.line for each in some]
            case events.OrderCancellationRefused(steps=steps):
                lines, reason = [each.line for each in steps], RECALL_REFUSED
            case _:
                continue
        for line in lines:
            part = found.setdefault(line.part, Changed())
            part.reason = part.reason or reason
            part.lines[line.position] = line
    return found


def bought(order: SalesOrder) -> Mapping[tuple[int, str], list[PostingLine]]:
    """By part and supplier, how much of each line is to be bought in all, where the facts that an order has recorded
    and not yet told change that. What it costs is between the ERP and the supplier."""
    found: dict[tuple[int, str], dict[int, OrderLine]] = {}
    for event in order.events:
        match event:
            case events.OrderLinesSourced(steps=steps):
                lines = [each.line for each in steps]
            case events.OrderCancellationRequested(compensations=some):
                lines = [each.step.line for each in some if each.state is State.AT_SUPPLIER]
            case _:
                continue
        for line in lines:
            found.setdefault((line.part, line.supplier_id), {})[line.position] = line
    return {
        place: [replace(_wanted(lines[position]), price=None) for position in sorted(lines)]
        for place, lines in found.items()
    }


def sent(lines: Iterable[Sent]) -> list[tuple[OrderLine, PostingLine]]:
    """What a supplier shipped, as `issued` says it of a warehouse."""
    sums: dict[int, tuple[OrderLine, Decimal]] = {}
    for each in lines:
        before = sums[each.line.position][1] if each.line.position in sums else ZERO
        sums[each.line.position] = (each.line, before + each.schedule.quantity)
    return [(line, _in_base_unit(line, Quantity(total, line.base_unit))) for line, total in sums.values()]


def issued(booking: Booking, order: SalesOrder) -> list[tuple[OrderLine, PostingLine]]:
    """So much of each line, in its base unit. The price is for the unit in which it was ordered."""
    sums: dict[int, tuple[OrderLine, Quantity]] = {}
    for each in booking.outcome.handled:
        if each.order is order and each.line is not None:
            before = sums[each.line.position][1].value if each.line.position in sums else ZERO
            sums[each.line.position] = (each.line, Quantity(before + each.quantity, each.line.base_unit))
    return [(line, _in_base_unit(line, quantity)) for line, quantity in sums.values()]


def by_line(pairs: Iterable[Pair]) -> dict[str, Decimal]:
    """How much of each line, by its number."""
    found: dict[str, Decimal] = {}
    for line, schedule in pairs:
        found[line.line_number] = found.get(line.line_number, ZERO) + schedule.quantity
    return found


def _wanted(line: OrderLine) -> PostingLine:
    return _in_base_unit(line, Quantity(line.wanted, line.base_unit))


def _in_base_unit(line: OrderLine, quantity: Quantity) -> PostingLine:
    price = line.price and replace(line.price, unit=line.price.unit or line.quantity.unit)
    return PostingLine(line.line_number, line.sku, quantity, price)
