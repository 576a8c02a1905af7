"""What a waiting line is promised: so much, on which day, and the supply that this counts on.

Whoever's turn it is counts first, on the supply that comes first and may serve it. A schedule that supply reaches in
part becomes two, so that each has one promise. It must not know where supply is read or who is told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from fulfillment.domain import events
from fulfillment.domain.concerns import Concern, identity
from fulfillment.domain.lifecycle import ORDER_DESK, State
from fulfillment.domain.order_line import FIRST, NOT_FROM_STOCK, STOCK, OrderLine, Schedule
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.sales_order import SalesOrder, promised, steps_of

PROMISE_AT_RISK = "PROMISE_AT_RISK"
Key = tuple[str, int, int]
Pair = tuple[OrderLine, Schedule]


@dataclass(frozen=True, slots=True)
class Lot:
    """So much that comes to a place on a day; `supply` is a purchase order's line, or STOCK for what is there."""

    supply: str
    location_id: str
    due_on: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Waiting:
    """A schedule that waits for supply; empty `locations` means that any place may serve it."""

    order_id: str
    position: int
    number: int
    quantity: Decimal
    locations: tuple[str, ...] = ()
    supply: str = ""
    promised_on: date | None = None
    requested_on: date | None = None
    reason: str = ""
    turn_at: datetime = FIRST

    @property
    def key(self) -> Key:
        return self.order_id, self.position, self.number

    @property
    def turn(self) -> tuple[datetime, Key]:
        return self.turn_at, self.key

    def served_by(self, lot: Lot) -> bool:
        """What a warehouse did not find is not promised from the same shelf again, nor what an allocator left out."""
        here = not self.locations or lot.location_id in self.locations
        return here and not (lot.supply == STOCK and self.reason in NOT_FROM_STOCK)


@dataclass(frozen=True, slots=True)
class Counted:
    """So much of what waits counts on this; on nothing where `supply` is empty. What counts on stock that is there is
    asked for by itself, and keeps its day until it is answered."""

    waiting: Waiting
    quantity: Decimal
    supply: str = ""
    promised_on: date | None = None

    @property
    def differs(self) -> bool:
        before = self.waiting
        said = (before.quantity, before.supply, before.promised_on)
        return (self.quantity, self.supply, self.promised_on) != said


@dataclass(frozen=True, slots=True)
class Incoming:
    """What comes of one item, and who else waits for it."""

    lots: Sequence[Lot] = ()
    others: Sequence[Waiting] = field(default=())


def counted(waiting: Iterable[Waiting], lots: Iterable[Lot]) -> list[Counted]:
    """Gives each what it wants in its turn, of what comes first."""
    shelf = Shelf(sorted(lots, key=lambda lot: (lot.supply != STOCK, lot.due_on, lot.supply)))
    found: list[Counted] = []
    for each in sorted(waiting, key=lambda one: one.turn):
        reached, last = shelf.take(each)
        if last is not None:
            found.append(_promise(each, reached, last))
        if reached < each.quantity:
            found.append(Counted(each, each.quantity - reached))
    return found


class Shelf:
    """What comes, the first first. Thousands may wait for hundreds of lots: those that may serve the same lots stand in
    one row before them, and what a row has found empty nobody of it looks at again."""

    def __init__(self, lots: Sequence[Lot]) -> None:
        self._lots = lots
        self._left = [lot.quantity for lot in lots]
        self._rows: dict[tuple[object, ...], deque[int]] = {}
        self.looks = 0
        """How many times a lot was looked at."""

    def take(self, each: Waiting) -> tuple[Decimal, Lot | None]:
        """How much of it is reached, and by which lot at the latest."""
        reached, last = ZERO, None
        row = self._row_of(each)
        while row and reached < each.quantity:
            self.looks += 1
            first = row[0]
            if taken := min(self._left[first], each.quantity - reached):
                self._left[first] -= taken
                reached, last = reached + taken, self._lots[first]
            if not self._left[first]:
                row.popleft()
        return reached, last

    def _row_of(self, each: Waiting) -> deque[int]:
        served = (frozenset(each.locations), each.reason in NOT_FROM_STOCK)
        if served not in self._rows:
            places = range(len(self._lots))
            self._rows[served] = deque(n for n in places if self._left[n] > ZERO and each.served_by(self._lots[n]))
            self.looks += len(places)
        return self._rows[served]


def _promise(each: Waiting, quantity: Decimal, last: Lot) -> Counted:
    """Not before the day that the customer wants it."""
    if last.supply == STOCK:
        return Counted(each, quantity, STOCK if each.promised_on else "", each.promised_on)
    return Counted(each, quantity, last.supply, max(last.due_on, each.requested_on or last.due_on))


# --- an order


def count_on(order: SalesOrder, pairs: Sequence[Pair], incoming: Mapping[str, Incoming]) -> list[Pair]:
    """Promises of schedules that begin to wait, by item; returns them with what was split off."""
    mine = {(line.position, each.number): (line, each) for line, each in pairs}
    told = list(pairs)
    for sku in {line.sku for line, _ in pairs}:
        comes = incoming.get(sku, Incoming())
        ours = [waiting_of(order, line, each) for line, each in pairs if line.sku == sku]
        keys = {each.key for each in ours}
        all_waiting = [*ours, *(each for each in comes.others if each.key not in keys)]
        for found in counted(all_waiting, comes.lots):
            pair = mine.get((found.waiting.position, found.waiting.number))
            if pair and found.waiting.order_id == order.order_id:
                apart = _apply(order, pair, found)
                if apart is not pair[1]:
                    told.append((pair[0], apart))
    return told


def waiting_of(order: SalesOrder, line: OrderLine, schedule: Schedule) -> Waiting:
    return Waiting(
        order.order_id,
        line.position,
        schedule.number,
        schedule.quantity,
        order.terms.locations,
        schedule.supply,
        schedule.promised_on,
        order.terms.requested_on,
        schedule.reason,
        schedule.turn_at,
    )


def renew(order: SalesOrder, part: int, found: Sequence[Counted]) -> None:
    """The supply of waiting lines changed. What has gone on since it was counted is left as it is."""
    standing = {each.waiting.key: _still_waits(order, each.waiting) for each in found}
    told: list[Pair] = []
    for each in found:
        if pair := standing[each.waiting.key]:
            schedule = _apply(order, pair, each)
            if schedule.promised_on != each.waiting.promised_on:
                told.append((pair[0], schedule))
    if told:
        order.events.append(events.OrderLinesPromised(order, part, steps_of(told)))


def _still_waits(order: SalesOrder, waiting: Waiting) -> Pair | None:
    line = order.lines.get(waiting.position)
    for each in line.schedules if line else ():
        if line and each.number == waiting.number and each.state is State.BACKORDERED:
            return (line, each) if each.quantity == waiting.quantity else None
    return None


def _apply(order: SalesOrder, pair: Pair, found: Counted) -> Schedule:
    schedule = order.split(*pair, found.quantity)
    promised(schedule, found.supply, found.promised_on)
    if schedule.owed_on is None:
        schedule.owed_on = found.promised_on
    return schedule


def judge(order: SalesOrder, part: int) -> None:
    """Whether what a part's customer was promised still holds: else the order desk has it, until it does again."""
    pairs = [(line, each) for line in order.of_part(part) for each in line.schedules if each.has_waited]
    at_risk = [(line, each) for line, each in pairs if each.at_risk]
    subject = f"sales_order/{order.order_id}/{part}"
    if not at_risk:
        order.settled += [identity(PROMISE_AT_RISK, subject)] if pairs else []
        return
    order.concerns.append(
        Concern(
            code=PROMISE_AT_RISK,
            owner=ORDER_DESK,
            subject=subject,
            summary=f"order {order.terms.number}: {_words(at_risk[0])}",
            transaction_ids=(order.order_id,),
            keys=(*order.keys, *dict.fromkeys(f"sku:{line.sku}" for line, _ in at_risk[:MOST_NAMED])),
            details={f"line {line.line_number}": _words((line, each)) for line, each in at_risk[:MOST_NAMED]},
        )
    )


MOST_NAMED = 20
"""Lines that an exception names; the order shows them all."""


def _words(pair: Pair) -> str:
    line, each = pair
    now = f"comes on {each.promised_on}" if each.promised_on else "has no supply any more"
    return f"line {line.line_number}, {each.quantity:f} of {line.sku} owed on {each.owed_on} {now}"


def by_order(found: Iterable[Counted], most: int) -> dict[str, list[Counted]]:
    """What changes, the oldest order first, until so many schedules are reached; an order is never cut."""
    orders: dict[str, list[Counted]] = {}
    changes = 0
    for each in found:
        if each.differs and (changes < most or each.waiting.order_id in orders):
            orders.setdefault(each.waiting.order_id, []).append(each)
            changes += 1
    return orders
