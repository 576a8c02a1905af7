"""How a new document of the ERP changes the lines of an order: matched by line number, told as deltas.

A line that the supplier must be asked about again loses its answers; what was promised stands until the new answer, as
far as it is still ordered. What arrived and what is on its way stays linked to the line whatever its revision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from procurement.domain import changes
from procurement.domain.events import LineDelta
from procurement.domain.line_concerns import open_concerns
from procurement.domain.order_line import OrderLine, describe, line_from, request
from procurement.domain.quantities import ZERO, Item, ordered_quantity
from procurement.domain.refusals import ItemUnknown, LineAlreadyShipped
from procurement.domain.schedules import capped
from procurement.domain.terms import LineTerms, OrderTerms

if TYPE_CHECKING:
    from procurement.domain.purchase_order import PurchaseOrder

Items = Mapping[str, Item]


def revise_lines(order: PurchaseOrder, terms: OrderTerms, items: Items) -> list[LineDelta]:
    """The document is the whole order: a line that it leaves out is deleted."""
    deltas = [delta for each in terms.lines for delta in _revise_line(order, each, items)]
    kept = {each.line_number for each in terms.lines}
    gone = [line for line in order.lines if line.line_number not in kept]
    return deltas + [delta for line in gone for delta in cancel_line(order, line)]


def cancel_line(order: PurchaseOrder, line: OrderLine) -> list[LineDelta]:
    if line.cancelled:
        return []
    before = replace(line)
    order.settled += open_concerns(order, line)
    line.cancelled, line.proposed = True, None
    line.confirmed, line.backordered, line.on_hold = [], ZERO, ZERO
    return [changes.deleted(before, line)]


def _revise_line(order: PurchaseOrder, terms: LineTerms, items: Items) -> list[LineDelta]:
    line = order.line_by_number(terms.line_number)
    if line is None:
        return [] if terms.deleted else [_add_line(order, terms, items)]
    if terms.deleted:
        return cancel_line(order, line)
    before = replace(line, requested=list(line.requested), confirmed=list(line.confirmed))
    _apply_terms(order, line, terms, items)
    if commitment(before) == commitment(line):
        return []
    _ask_again(order, line, keeps_promises=before.sku == line.sku)
    return changes.revised(before, line)


def _add_line(order: PurchaseOrder, terms: LineTerms, items: Items) -> LineDelta:
    item = known(terms.sku, items)
    order.lines_made += 1
    line = line_from(terms, f"{order.purchase_order_id}.{order.lines_made}", item, order.ship_to_id)
    order.lines.append(line)
    return changes.added(line)


def _apply_terms(order: PurchaseOrder, line: OrderLine, terms: LineTerms, items: Items) -> None:
    if terms.sku != line.sku and (line.in_transit > ZERO or line.received > ZERO):
        raise LineAlreadyShipped(line.line_number)
    item = known(terms.sku, items)
    quantity = ordered_quantity(terms.ordered.value, terms.ordered.unit)
    line.sku, line.base_unit, line.quantity = terms.sku, item.base_unit, quantity
    line.factor, line.ordered = item.factor(quantity.unit), item.to_base(quantity)
    line.cancelled = False
    describe(line, terms, order.ship_to_id)
    request(line, terms, item)


def _ask_again(order: PurchaseOrder, line: OrderLine, *, keeps_promises: bool) -> None:
    order.settled += open_concerns(order, line)
    line.answered_revision, line.answers, line.proposed = 0, (), None
    line.rejected = line.backordered = line.on_hold = line.closed_short = ZERO
    line.confirmed = capped(line.confirmed, line.ordered) if keeps_promises else []


def commitment(line: OrderLine) -> tuple[object, ...]:
    """What the supplier must be asked about: what it delivers, how much, when, where to and for how much."""
    asked = tuple((each.quantity, each.on) for each in line.requested)
    where = (line.ship_to_id, line.drop_ship_party_id, line.window)
    return (line.sku, line.quantity, line.price, asked, where, line.cancelled)


def known(sku: str, items: Items) -> Item:
    if sku not in items:
        raise ItemUnknown(sku)
    return items[sku]
