"""The difference between two states of a line, as events tell it: deltas of what was ordered, moves of promises.

What is on order is told at the item and place where it stands: a line that goes to another place or becomes another
item leaves the old one and enters the new one. Goods for somebody else's place stand nowhere in our books.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from procurement.domain.events import LineDelta, ScheduleChange
from procurement.domain.order_line import OrderLine
from procurement.domain.quantities import ZERO
from procurement.domain.schedules import Move, Schedule


def first_day(schedules: Iterable[Schedule]) -> date | None:
    return min((each.on for each in schedules if each.on is not None), default=None)


def place_of(line: OrderLine) -> tuple[str, str, str]:
    """Where a line stands in the books of stock."""
    return line.sku, stocked_at(line), line.base_unit


def added(line: OrderLine) -> LineDelta:
    return _delta(None, line, at=line, on_order_change=line.on_order)


def deleted(before: OrderLine, after: OrderLine) -> LineDelta:
    return _delta(before, None, at=before, on_order_change=after.on_order - before.on_order)


def revised(before: OrderLine, after: OrderLine) -> list[LineDelta]:
    """One delta; two where the line changed its place in the books."""
    if place_of(before) == place_of(after):
        return [_delta(before, after, at=after, on_order_change=after.on_order - before.on_order)]
    return [
        _delta(before, after, at=before, on_order_change=-before.on_order),
        _delta(before, after, at=after, on_order_change=after.on_order),
    ]


def _delta(before: OrderLine | None, after: OrderLine | None, *, at: OrderLine, on_order_change: Decimal) -> LineDelta:
    return LineDelta(
        line_id=at.line_id,
        line_number=at.line_number,
        sku=at.sku,
        base_unit=at.base_unit,
        ship_to_id=stocked_at(at),
        on_order_change=on_order_change,
        old_quantity=before.quantity if before else None,
        new_quantity=after.quantity if after else None,
        old_date=first_day(before.requested) if before else None,
        new_date=first_day(after.requested) if after else None,
        old_price=before.price if before else None,
        new_price=after.price if after else None,
        added=before is None,
        deleted=after is None,
    )


def stocked_at(line: OrderLine) -> str:
    return "" if line.drop_ship_party_id else line.ship_to_id


def promised(line: OrderLine, moved: list[Move], on_order_change: Decimal) -> list[ScheduleChange]:
    """The moves of a line; the first one carries what they change on order, and stands alone if no promise moved."""
    moves = moved or ([Move("", None, None)] if on_order_change != ZERO else [])
    return [_change(line, move, on_order_change if n == 0 else ZERO) for n, move in enumerate(moves)]


def _change(line: OrderLine, move: Move, on_order_change: Decimal) -> ScheduleChange:
    return ScheduleChange(
        line_id=line.line_id,
        line_number=line.line_number,
        sku=line.sku,
        base_unit=line.base_unit,
        ship_to_id=stocked_at(line),
        unit=line.quantity.unit,
        factor=line.factor,
        on_order_change=on_order_change,
        schedule_id=move.schedule_id,
        old=move.old,
        new=move.new,
    )
