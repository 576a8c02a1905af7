"""What an order asks inventory for, and what inventory answers: one question at a time for each part of an order.

A question is numbered (`attempt`). Whatever changes what a part wants makes its open question an old one; the answer to
an old question is given back, never used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

SHORT_ANSWERS = 5
"""So often a part asks for what it was told there is; then what is short waits, however the others fare."""


@dataclass(frozen=True, slots=True)
class Portion:
    """So much of the order's line at `position`, in base units, that its allocator takes from a place, and from a lot
    where it names one."""

    position: int
    location_id: str
    quantity: Decimal
    lot: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody else was asked to allocate by question `attempt`. `content` tells a repeat of the answer from
    another one, and is empty until there is one; `portions` are what of it inventory has not answered yet."""

    attempt: int
    content: str = ""
    portions: tuple[Portion, ...] = ()

    @property
    def unfinished(self) -> bool:
        return not self.content or bool(self.portions)

    @property
    def basket(self) -> tuple[Portion, ...]:
        """What inventory is asked for next: all of one place, with the lots that were named or without any."""
        if not self.portions:
            return ()
        place, named = self.portions[0].location_id, bool(self.portions[0].lot)
        return tuple(each for each in self.portions if (each.location_id, bool(each.lot)) == (place, named))

    def going_on(self, *first: Portion) -> Plan:
        """Without what inventory was asked for last; `first` is asked for in place of it."""
        basket = self.basket
        return replace(self, portions=(*first, *(each for each in self.portions if each not in basket)))


@dataclass(slots=True)
class Part:
    """`open` while the answer to question `attempt` is awaited; `shorts` counts answers in a row that did not reach;
    `acknowledged` once the customer was told of its lines; `watched` is the state whose deadline is running. Where
    somebody else allocates, `plan` is what it was asked for last and what became of that."""

    part: int
    attempt: int = 0
    open: bool = False
    shorts: int = 0
    watched: str = ""
    acknowledged: bool = False
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class LotWanted:
    """So much of an item from a lot, in base units."""

    sku: str
    lot: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Question:
    """So much of each item, in base units. `checkout` is the reservation that may hold it already. `location_id` where
    only this place may serve it, and `lots` where all of it comes from lots that somebody has named."""

    part: int
    attempt: int
    wanted: Mapping[str, Decimal]
    units: Mapping[str, str]
    checkout: str = ""
    location_id: str = ""
    lots: tuple[LotWanted, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """So much of an item at a place, and the first day on which it can be with its customer from there, if that is
    known."""

    sku: str
    location_id: str
    quantity: Decimal
    ready_on: date | None = None


@dataclass(frozen=True, slots=True)
class Shortage:
    """What there is of an item that does not reach, and why."""

    sku: str
    available: Decimal
    reason: str
