"""What a warehouse did with lines that were released to it, as it says: each verb moves schedules and refuses nothing.

Reports come in any order: what was packed or handed over was picked, whether that was said or not, and a report that
comes late finds what it speaks of. `pick_reported` keeps stock right: each schedule leaves the shelf by its pick or by
its goods issue, never by both. What is allocated and was not released counts as taken, so that it is not released later
for a second time; what exceeds that too is handed back as such, with no schedule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from fulfillment.domain import events
from fulfillment.domain.allocating import Pair, release_number
from fulfillment.domain.concerns import Concern
from fulfillment.domain.lifecycle import CROSSDOCK, DROPPED, GONE, WAREHOUSE, WMS, State
from fulfillment.domain.order_line import PICK_SHORT, RECALLED, OrderLine, Schedule
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.sales_order import SalesOrder, promised, steps_of

_TO_PICK = (State.RELEASED, State.PICKING)
_PACKED = (State.PACKED, State.LABEL_READY)
_ON_SITE = (State.PICKED, *_PACKED)


@dataclass(frozen=True, slots=True)
class Lot:
    number: str
    expires_on: date | None = None
    made_on: date | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """So much of a line, as the warehouse says, in the item's base unit. `too_late` was asked back and goes out."""

    order_id: str
    order_number: str
    line_number: str
    sku: str
    unit: str
    quantity: Decimal
    short: Decimal = ZERO
    lot: Lot | None = None
    too_late: Decimal = ZERO
    # Not in its words: reports of before it was there are known again by their hash.
    serials: tuple[str, ...] = field(default=(), repr=False)


class Naming(Protocol):
    """A line that may name its pieces."""

    @property
    def serials(self) -> tuple[str, ...]: ...


def named_pieces(lines: Iterable[Naming]) -> tuple[tuple[str, ...], ...]:
    """What lines say of their pieces, for the hash of a report; nothing where none names any."""
    named = tuple(each.serials for each in lines)
    return named if any(named) else ()


@dataclass(frozen=True, slots=True)
class Handled:
    """So much of what was reported, and for what it was. `line` is None where no order of ours has it, and
    `schedule_id` empty where it was for nothing that is allocated; `unasked` where nobody had released it."""

    said: Reported
    quantity: Decimal
    order: SalesOrder | None = None
    line: OrderLine | None = None
    schedule_id: str = ""
    reservation_id: str = ""
    picked_before: bool = False
    promised_on: date | None = None
    unasked: bool = False


@dataclass(slots=True)
class Outcome:
    """What became of a report's lines."""

    handled: list[Handled] = field(default_factory=list)
    shorts: list[Handled] = field(default_factory=list)
    late: list[Handled] = field(default_factory=list)

    @property
    def unreleased(self) -> list[Handled]:
        return [each for each in self.handled if each.unasked or not each.schedule_id]

    def add(self, other: Outcome) -> None:
        self.handled += other.handled
        self.shorts += other.shorts
        self.late += other.late


@dataclass(frozen=True, slots=True)
class Place:
    """A line of an order at the warehouse that reports on it; its shipment where it is about one."""

    order: SalesOrder
    line: OrderLine
    location_id: str
    shipment_id: str = ""

    def standing(self, *states: State) -> list[Schedule]:
        """What is to go on comes before what is asked back, this shipment's before another's, the oldest first."""
        there = [each for each in self.line.schedules if each.location_id == self.location_id]
        found = [each for each in there if each.state in states]
        return sorted(found, key=lambda each: (each.cancel_requested, each.shipment_id != self.shipment_id))

    def unsaid(self, flag: str, states: Iterable[State]) -> list[Schedule]:
        """What has come so far without a word of the warehouse; never what left with another shipment than this."""
        found = [each for each in self.standing(*states) if not getattr(each, flag)]
        return [each for each in found if self.shipment_id in {"", each.shipment_id} or not each.shipment_id]

    def apart(self, schedules: Iterable[Schedule], quantity: Decimal) -> Iterator[Schedule]:
        """So much of these as there is, each cut to what is left."""
        for schedule in schedules:
            if quantity > ZERO:
                taken = self.order.split(self.line, schedule, quantity)
                quantity -= taken.quantity
                yield taken

    def on(self, schedule: Schedule, *triggers: str) -> None:
        for trigger in triggers:
            self.order.move(schedule, trigger, WMS)

    def handled(self, said: Reported, schedule: Schedule) -> Handled:
        return Handled(
            said,
            schedule.quantity,
            self.order,
            self.line,
            self.line.schedule_id(schedule),
            schedule.reservation_id,
            schedule.pick_reported,
            schedule.promised_on,
        )


def stray(said: Reported, order: SalesOrder | None = None) -> Outcome:
    """About a line that no order of ours has, or that is another item there."""
    return Outcome(handled=[Handled(said, said.quantity, order)] if said.quantity > ZERO else [])


def pick(place: Place, said: Reported) -> Outcome:
    """It was picked; what is missing waits for supply, or goes as the order says. Of what is still to be picked so much
    is left for that: the goods of this pick may have left before it is said."""
    reach = _Reach(place, said)
    to_pick = place.standing(*_TO_PICK)
    found = max(sum((each.quantity for each in to_pick), ZERO) - said.short, ZERO)
    handled = reach.take_at_most(found, to_pick, "pick", pick_reported=True)
    handled += reach.take(place.unsaid("pick_reported", _ON_SITE), pick_reported=True)
    late = reach.take(place.unsaid("pick_reported", GONE), pick_reported=True)
    handled += reach.take(place.standing(*_TO_PICK), "pick", pick_reported=True)
    handled += reach.take_unasked("pick", pick_reported=True)
    return Outcome(handled + reach.rest(), _short(place, said), late)


def pack(place: Place, said: Reported) -> Outcome:
    """It lies in a package of the shipment."""
    reach = _Reach(place, said)
    marks = {"pack_reported": True, "shipment_id": place.shipment_id}
    handled = reach.take(place.standing(State.PICKED), "pack", **marks)
    handled += reach.take(place.standing(*_TO_PICK), "pick", "pack", **marks)
    handled += reach.take(place.unsaid("pack_reported", (*_PACKED, *GONE)), **marks)
    handled += reach.take_unasked("pick", "pack", **marks)
    return Outcome(handled + reach.rest())


def issue(place: Place, said: Reported) -> Outcome:
    """It was handed over at the dock."""
    reach = _Reach(place, said)
    marks = {"shipment_id": place.shipment_id}
    handled = reach.take(place.standing(*_PACKED), "issue", **marks)
    handled += reach.take(place.standing(State.PICKED), "pack", "issue", **marks)
    handled += reach.take(place.standing(*_TO_PICK), "pick", "pack", "issue", **marks)
    handled += reach.take_unasked("pick", "pack", "issue", **marks)
    return Outcome(handled + reach.rest())


class _Reach:
    """How far what was said goes: so much of it is left for the schedules that are looked at next."""

    def __init__(self, place: Place, said: Reported) -> None:
        self._place, self._said, self._left = place, said, said.quantity

    def take(self, schedules: Iterable[Schedule], *triggers: str, **marks: Any) -> list[Handled]:
        """Fires the triggers on as much of these as is left, and marks it."""
        found: list[Handled] = []
        for taken in self._place.apart(schedules, self._left):
            self._place.on(taken, *triggers)
            found.append(self._place.handled(self._said, taken))
            self._left -= taken.quantity
            for name, value in marks.items():
                setattr(taken, name, value)
        return found

    def take_at_most(self, most: Decimal, schedules: Iterable[Schedule], *triggers: str, **marks: Any) -> list[Handled]:
        """The same, and what is left beyond that stays left."""
        beyond, self._left = max(self._left - most, ZERO), min(self._left, most)
        found = self.take(schedules, *triggers, **marks)
        self._left += beyond
        return found

    def take_unasked(self, *triggers: str, **marks: Any) -> list[Handled]:
        """The same on what is allocated there, though an order on hold, say, had not been released."""
        place = self._place
        marks["released_as"] = release_number(place.order, place.line.part)
        found = self.take(place.standing(State.ALLOCATED), "take_unasked", *triggers, **marks)
        return [replace(each, unasked=True) for each in found]

    def rest(self) -> list[Handled]:
        """What exceeds all that was allocated."""
        return [Handled(self._said, self._left, self._place.order, self._place.line)] if self._left > ZERO else []


def _short(place: Place, said: Reported) -> list[Handled]:
    """What was asked back and is not there is cancelled by that; the rest is wanted still."""
    missed: list[Handled] = []
    waiting: list[Pair] = []
    stopped: list[Pair] = []
    for schedule in place.apart(place.standing(*_TO_PICK), said.short):
        missed.append(place.handled(said, schedule))
        place.on(schedule, "confirm_recall" if schedule.cancel_requested else "short_pick")
        schedule.reservation_id, schedule.location_id, schedule.reason = "", "", PICK_SHORT
        promised(schedule, "", None)
        (stopped if schedule.state in DROPPED else waiting).append((place.line, schedule))
    if stopped:
        place.order.tell_cancelled(place.line.part, stopped, RECALLED)
    if waiting:
        _without(place, waiting)
    return missed


def _without(place: Place, waiting: list[Pair]) -> None:
    order, part = place.order, place.line.part
    if order.terms.gives_up_what_is_short:
        for _, schedule in waiting:
            order.move(schedule, "cancel", CROSSDOCK)
        order.tell_cancelled(part, waiting, PICK_SHORT)
    else:
        order.events.append(events.OrderLinesBackordered(order, part, steps_of(waiting)))
    order.concerns.append(
        Concern(
            code=PICK_SHORT,
            owner=WAREHOUSE,
            subject=pick_subject(order, part),
            summary=f"{place.location_id} did not find all {place.line.sku} for order {order.terms.number}: count it",
            transaction_ids=(order.order_id,),
            keys=(*order.keys, f"sku:{place.line.sku}", f"location:{place.location_id}"),
        )
    )


def pick_subject(order: SalesOrder, part: int) -> str:
    return f"sales_order/{order.order_id}/{part}"
