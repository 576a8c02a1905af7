"""Promises by date: which of the old ones stand, which moved, and which are new.

A schedule keeps its id while its promise stands or moves as a whole; a split makes new ones. Quantities are in the base
unit of the item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from procurement.domain.quantities import ZERO


@dataclass(frozen=True, slots=True)
class Promise:
    """So much on a day; without a day where none was named."""

    quantity: Decimal
    on: date | None


@dataclass(frozen=True, slots=True)
class Schedule:
    schedule_id: str
    quantity: Decimal
    on: date | None


@dataclass(frozen=True, slots=True)
class Move:
    """What became of one promise; `old` or `new` is None where it came or went."""

    schedule_id: str
    old: Promise | None
    new: Promise | None


def merged(promises: Iterable[Promise]) -> list[Promise]:
    """One promise per day, in the order in which the days were first named."""
    by_day: dict[date | None, Decimal] = {}
    for each in promises:
        by_day[each.on] = by_day.get(each.on, ZERO) + each.quantity
    return [Promise(quantity, on) for on, quantity in by_day.items() if quantity > ZERO]


def rescheduled(old: Sequence[Schedule], promises: Iterable[Promise], mint: Callable[[], str]) -> list[Schedule]:
    """The new schedules: same day keeps its id; one that became one keeps it too, though its day moved."""
    wanted = merged(promises)
    ids = {each.on: each.schedule_id for each in old}
    if len(old) == 1 and len(wanted) == 1:
        ids[wanted[0].on] = old[0].schedule_id
    return [Schedule(ids.get(each.on) or mint(), each.quantity, each.on) for each in wanted]


def moves(old: Sequence[Schedule], new: Sequence[Schedule]) -> list[Move]:
    """What differs between two states, by id; what stands unchanged is left out."""
    before = {each.schedule_id: Promise(each.quantity, each.on) for each in old}
    after = {each.schedule_id: Promise(each.quantity, each.on) for each in new}
    ids = list(dict.fromkeys([*before, *after]))
    return [Move(i, before.get(i), after.get(i)) for i in ids if before.get(i) != after.get(i)]


def capped(schedules: Sequence[Schedule], limit: Decimal) -> list[Schedule]:
    """The first of the promises that fit into `limit`; the last of them is cut."""
    kept, left = [], limit
    for each in schedules:
        if left > ZERO:
            kept.append(Schedule(each.schedule_id, min(each.quantity, left), each.on))
            left -= min(each.quantity, left)
    return kept


def without_first(schedules: Sequence[Schedule], gone: Decimal) -> list[Schedule]:
    """What remains of the promises after `gone` was delivered, the earliest day first; without a day last."""
    remaining, left = [], gone
    for each in sorted(schedules, key=lambda s: (s.on is None, s.on or date.min)):
        cut = min(each.quantity, left)
        left -= cut
        if each.quantity > cut:
            remaining.append(Schedule(each.schedule_id, each.quantity - cut, each.on))
    return remaining
