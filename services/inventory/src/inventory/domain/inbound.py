"""What procurement's facts do to the ledger: the arithmetic is procurement's, here it is booked as it stands.

Every effect is a signed sum, so events of different aggregates may come in any order and leave the same stock. Nothing
is clipped: a ship notice that overtakes its order leaves on_order below zero until the order arrives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from inventory.domain.accounts import Account
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.quantity import ZERO, Measure, as_decimal
from inventory.domain.rules import UPDATE_RULES, Condition, Event, Pair, ReceivedFrom, receipt_pair
from inventory.domain.serials import NamedSerials


@dataclass(frozen=True, slots=True)
class SupplyChange:
    """What a fact changes in what one order line still owes: `used` counts what its schedule has been used for."""

    key: StockKey
    line_id: str
    on_order: Decimal
    used: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class NoticeChange:
    """What a fact changes in what one ship notice has under way for an order line."""

    key: StockKey
    notice_id: str
    order_line_id: str
    in_transit: Decimal
    due_on: date | None = None


Change = Movement | SupplyChange | NoticeChange


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where a quantity goes: mostly the same place. Between two places it passes the supplier's account,
    so that each place's accounts sum to zero by themselves."""

    source: StockKey
    target: StockKey

    @classmethod
    def at(cls, key: StockKey, other: str = "", *, out_of_other: bool = True) -> Way:
        """Between `key` and the location `other`; an empty one is the same place."""
        there = key._replace(location_id=other) if other else key
        return cls(there, key) if out_of_other else cls(key, there)

    def legs(self, pair: Pair) -> Iterator[tuple[StockKey, Account, Account]]:
        out_of, into = pair
        if self.source == self.target or Account.SUPPLIER in pair:
            yield (self.target if out_of is Account.SUPPLIER else self.source), out_of, into
        else:
            yield self.source, out_of, Account.SUPPLIER
            yield self.target, Account.SUPPLIER, into


def _moves(
    event: Event, quantity: Decimal, way: Way, document: Document, said: Measure | None = None
) -> Iterator[Movement]:
    if quantity > 0:
        for pair in UPDATE_RULES[event]:
            for key, source, target in way.legs(pair):
                yield Movement(key, source, target, quantity, event.name, document, said=said)


@dataclass(frozen=True, slots=True)
class OnOrderChange:
    """What is on order of one line changed by a signed quantity."""

    key: StockKey
    line_id: str
    change: Decimal
    document: Document

    def effects(self) -> Iterator[Change]:
        if self.change:
            event = Event.ORDERED if self.change > 0 else Event.ORDER_REDUCED
            yield from _moves(event, abs(self.change), Way.at(self.key), self.document)
            yield SupplyChange(self.key, self.line_id, self.change)


@dataclass(frozen=True, slots=True)
class Announced:
    """A line of a ship notice. `from_on_order` was ordered, the rest exceeds the order."""

    key: StockKey
    notice_id: str
    order_line_id: str
    shipped: Decimal
    from_on_order: Decimal
    document: Document
    said: Measure
    due_on: date | None = None
    ordered_at: str = ""

    def effects(self) -> Iterator[Change]:
        ordered, beyond = self.from_on_order, self.shipped - self.from_on_order
        way = Way.at(self.key, self.ordered_at)
        yield from _moves(Event.ANNOUNCED, ordered, way, self.document, self.said)
        yield from _moves(Event.ANNOUNCED_BEYOND_ORDER, beyond, way, self.document, self.said)
        yield SupplyChange(way.source, self.order_line_id, -ordered, ordered)
        yield NoticeChange(self.key, self.notice_id, self.order_line_id, self.shipped, self.due_on)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A line of a ship notice that counts no more. What had been received stays; what was ordered counts as received
    first, so the rest of it goes back to its order."""

    line: Announced
    received: Decimal

    def effects(self) -> Iterator[Change]:
        line = self.line
        left = line.shipped - self.received
        back = max(line.from_on_order - self.received, ZERO)
        way = Way.at(line.key, line.ordered_at, out_of_other=False)
        yield from _moves(Event.ANNOUNCEMENT_BACK_TO_ORDER, back, way, line.document, line.said)
        yield from _moves(Event.ANNOUNCEMENT_DROPPED, left - back, way, line.document, line.said)
        yield SupplyChange(way.target, line.order_line_id, back, -back)
        yield NoticeChange(line.key, line.notice_id, line.order_line_id, -left)


@dataclass(frozen=True, slots=True)
class ClosedShort:
    """What was announced and did not come; it stays on order or is owed no more."""

    key: StockKey
    notice_id: str
    order_line_id: str
    quantity: Decimal
    stays_on_order: bool
    document: Document
    ordered_at: str = ""

    def effects(self) -> Iterator[Change]:
        event = Event.ANNOUNCEMENT_BACK_TO_ORDER if self.stays_on_order else Event.ANNOUNCEMENT_DROPPED
        way = Way.at(self.key, self.ordered_at, out_of_other=False)
        yield from _moves(event, self.quantity, way, self.document)
        yield NoticeChange(self.key, self.notice_id, self.order_line_id, -self.quantity)
        if self.stays_on_order:
            yield SupplyChange(way.target, self.order_line_id, self.quantity, -self.quantity)


@dataclass(frozen=True, slots=True)
class Received:
    """A line that a warehouse counted, with what procurement says that it was until then."""

    key: StockKey
    order_line_id: str
    notice_id: str
    lot: str
    expires_on: date | None
    condition: Condition
    put_away: bool
    shares: tuple[tuple[ReceivedFrom, Decimal], ...]
    said: Measure
    unit: str
    document: Document
    expected_at: str = ""
    serials: tuple[str, ...] = ()

    def pieces(self) -> NamedSerials:
        _, target = receipt_pair(ReceivedFrom.BEYOND_ORDER, self.condition, self.put_away)
        quantity = sum((each for _, each in self.shares), ZERO)
        return NamedSerials(self.key, self.lot, self.serials, quantity, (Account.SUPPLIER, target), self.document)

    def effects(self) -> Iterator[Change]:
        way = Way.at(self.key, self.expected_at)
        for source, quantity in self.shares:
            if quantity > 0:
                for key, out_of, into in way.legs(receipt_pair(source, self.condition, self.put_away)):
                    yield self._movement(key, out_of, into, quantity)
            if quantity > 0 and source is ReceivedFrom.IN_TRANSIT:
                yield NoticeChange(way.source, self.notice_id, self.order_line_id, -quantity)
            if quantity > 0 and source is ReceivedFrom.ON_ORDER:
                yield SupplyChange(way.source, self.order_line_id, -quantity, quantity)

    def _movement(self, key: StockKey, source: Account, target: Account, quantity: Decimal) -> Movement:
        return Movement(
            key=key,
            source=source,
            target=target,
            quantity=quantity,
            reason=f"RECEIVED_{self.condition.name}",
            document=self.document,
            lot=self.lot,
            unit=self.unit,
            said=self.said,
        )


InboundFact = OnOrderChange | Announced | Withdrawn | ClosedShort | Received


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One promise of the supplier for a line of an order, in the unit of the line."""

    tenant: str
    purchase_order_id: str
    line_id: str
    schedule_id: str
    measure: Measure
    due_on: date | None


def part_of(whole: Decimal, part: Decimal, of: Decimal) -> Decimal:
    """`part` of `of`, in the measure of `whole`; what cannot be written exactly is cut to six places."""
    if part == 0 or of == 0:
        return ZERO
    ratio = Fraction(whole) * Fraction(part) / Fraction(of)
    exact = as_decimal(ratio)
    return exact if exact is not None else Decimal(int(ratio * 10**6)).scaleb(-6)
