"""What follows when the buyer takes or refuses a price or an item that the supplier changed."""

from __future__ import annotations

from collections.abc import Mapping

from procurement.domain import changes
from procurement.domain.events import ScheduleChange
from procurement.domain.order_line import OrderLine, ProposedChange
from procurement.domain.quantities import ZERO, Item, rescaled
from procurement.domain.refusals import ItemUnknown, LineAlreadyShipped
from procurement.domain.schedules import Promise, Schedule, moves, rescheduled


def accept_change(line: OrderLine, proposed: ProposedChange, items: Mapping[str, Item]) -> list[ScheduleChange]:
    """The new terms hold and the proposed promises join those that stand. Another item leaves the books of the old one
    and enters those of the new."""
    line.price = proposed.price or line.price
    promises, leaving = list(proposed.promises), list[ScheduleChange]()
    if proposed.substitutes and proposed.sku != line.sku:
        leaving = changes.promised(line, [], -line.on_order)
        promises = _substitute(line, proposed, items)
    old = list(line.confirmed or line.requested)
    standing = [Promise(each.quantity, each.on) for each in line.confirmed]
    line.confirmed = rescheduled(old, [*standing, *promises], line.mint_schedule)
    entering = line.on_order if leaving else ZERO
    return leaving + changes.promised(line, moves(old, line.confirmed), entering)


def refuse_change(line: OrderLine, proposed: ProposedChange) -> list[ScheduleChange]:
    """Nothing comes at the supplier's terms, and it offered no others: that part of the line leaves the order."""
    before = line.on_order
    line.rejected += proposed.quantity
    return changes.promised(line, [], line.on_order - before)


def _substitute(line: OrderLine, proposed: ProposedChange, items: Mapping[str, Item]) -> list[Promise]:
    """Raises ItemUnknown while the substitute has no item number of ours, LineAlreadyShipped once goods are moving."""
    if line.in_transit > ZERO or line.received > ZERO:
        raise LineAlreadyShipped(line.line_number)
    if proposed.sku not in items:
        raise ItemUnknown(proposed.sku or proposed.supplier_item)
    item, old_factor = items[proposed.sku], line.factor
    line.factor = item.factor(line.quantity.unit)
    line.sku, line.base_unit, line.supplier_item = item.sku, item.base_unit, proposed.supplier_item
    for balance in ("ordered", "rejected", "backordered", "on_hold", "closed_short"):
        setattr(line, balance, rescaled(getattr(line, balance), old_factor, line.factor))
    for schedules in (line.requested, line.confirmed):
        schedules[:] = [
            Schedule(each.schedule_id, rescaled(each.quantity, old_factor, line.factor), each.on) for each in schedules
        ]
    return [Promise(rescaled(each.quantity, old_factor, line.factor), each.on) for each in proposed.promises]
