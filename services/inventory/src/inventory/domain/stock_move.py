"""Goods that stay in the house and become something else: put away, held back by quality, released, rejected.

A warehouse's report is booked as it says and whenever it comes: moves are sums, so a put-away that overtakes its
receipt leaves the same stock. Anybody else asks, and is refused more than lies there. It must not know how reports are
kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from uuid import UUID

from crossdock_kit.errors import Invalid, Refused

from inventory.domain.accounts import Account
from inventory.domain.adjusting import BucketShort, ReasonMissing
from inventory.domain.item import Item, Location
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.quantity import ZERO, Measure, plain
from inventory.domain.rules import UPDATE_RULES, Condition, Event, Pair
from inventory.domain.serials import NamedSerials
from inventory.domain.stock_report import LocationOfAnotherSystem


@dataclass
class StockMoveNumberReused(Refused):
    """The system has reported something else under this number."""

    system: str
    number: str


@dataclass
class PutAwayNotReported(Invalid):
    """Where goods lie is the warehouse's word: nobody else can put them away."""

    number: str


class MoveKind(IntEnum):
    """Numbers are those of the contract."""

    PUT_AWAY = 1
    PUT_AWAY_TAKEN_BACK = 2
    HOLD_PLACED = 3
    HOLD_RELEASED = 4
    HOLD_REJECTED = 5


PUT_AWAYS = frozenset({MoveKind.PUT_AWAY, MoveKind.PUT_AWAY_TAKEN_BACK})

_RULES: Mapping[tuple[MoveKind, bool], Event] = {
    (MoveKind.PUT_AWAY, True): Event.PUT_AWAY,
    (MoveKind.PUT_AWAY, False): Event.PUT_AWAY,
    (MoveKind.PUT_AWAY_TAKEN_BACK, True): Event.PUT_AWAY_TAKEN_BACK,
    (MoveKind.PUT_AWAY_TAKEN_BACK, False): Event.PUT_AWAY_TAKEN_BACK,
    (MoveKind.HOLD_PLACED, True): Event.QUARANTINED_AT_DOCK,
    (MoveKind.HOLD_PLACED, False): Event.QUARANTINED,
    (MoveKind.HOLD_RELEASED, True): Event.QUALITY_RELEASED_AT_DOCK,
    (MoveKind.HOLD_RELEASED, False): Event.QUALITY_RELEASED,
    (MoveKind.HOLD_REJECTED, True): Event.QUALITY_REJECTED,
    (MoveKind.HOLD_REJECTED, False): Event.QUALITY_REJECTED,
}
"""By kind, and whether the goods lie at a dock from which they still have to be put away."""

TO_PUT_AWAY: Mapping[str, int] = {
    f"RECEIVED_{Condition.GOOD.name}": +1,
    Event.TRANSFER_RECEIVED_AT_DOCK.name: +1,
    Event.QUALITY_RELEASED_AT_DOCK.name: +1,
    Event.PUT_AWAY_TAKEN_BACK.name: +1,
    Event.PUT_AWAY.name: -1,
    Event.QUARANTINED_AT_DOCK.name: -1,
}


def to_put_away(movement: Movement) -> Decimal:
    """What it changes in what waits for put-away. Picked goods are staged too and wait for their truck, so this is kept
    apart from the balance."""
    if Account.STAGED not in {movement.source, movement.target}:
        return ZERO
    return TO_PUT_AWAY.get(movement.reason, 0) * movement.quantity


@dataclass(frozen=True, slots=True)
class Moved:
    """One line of a report. `shelved`: it lies on its shelf, and no put-away of it will follow."""

    sku: str
    lot: str
    kind: MoveKind
    measure: Measure
    reason: str = ""
    shelved: bool = False
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MovedLine:
    """As it was said, in base units."""

    said: Moved
    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Beyond:
    """More was moved than was known to lie there."""

    key: StockKey
    lot: str
    bucket: Account
    wanted: Decimal
    there: Decimal
    unit: str

    def __str__(self) -> str:
        lot = f" of lot {self.lot}" if self.lot else ""
        return f"{plain(self.wanted)} {self.unit} of {self.key.sku}{lot}, of which {plain(self.there)} were known there"


MOVED_BEYOND_STOCK = "MOVED_BEYOND_STOCK"
"""It ends by itself when what was missing comes: a receipt that is late."""


def beyond_subject(key: StockKey, lot: str, bucket: Account) -> str:
    return f"stock/{key.business_unit}/{key.location_id}/{key.sku}/{bucket.name.lower()}/{lot}"


Place = tuple[StockKey, str]


class Pool:
    """What each lot has of one bucket, as the lines of a report use it up."""

    def __init__(self, bucket: Account, held: Mapping[Place, Decimal]) -> None:
        self.bucket, self._held = bucket, dict(held)

    def add(self, key: StockKey, lot: str, quantity: Decimal) -> None:
        self._held[key, lot] = self._held.get((key, lot), ZERO) + quantity

    def left(self, key: StockKey, lot: str) -> Decimal:
        return self._held.get((key, lot), ZERO)

    def take(self, key: StockKey, lot: str, quantity: Decimal) -> tuple[list[tuple[str, Decimal]], Decimal]:
        """Lots and how much of each, and how much of it was not known to be there. Where no lot is named those that
        have some are taken."""
        taken: list[tuple[str, Decimal]] = []
        missing = quantity
        for name in (lot,) if lot else sorted(name for of, name in self._held if of == key):
            part = min(self._held.get((key, name), ZERO), missing)
            if part > 0:
                taken.append((name, part))
                missing -= part
        for name, part in taken:
            self.add(key, name, -part)
        return taken, missing


Pools = Mapping[Account, Pool]


@dataclass(slots=True, kw_only=True)
class StockMoveReport:
    """A report as it was booked. `content` tells a repetition from another report under the same number; `reported` by
    the warehouse, not asked for by somebody else. `transaction_id` is the transaction that it belongs to; empty is
    one of its own."""

    tenant: str
    report_id: UUID
    business_unit: str
    location_id: str
    system: str
    number: str
    content: str
    moved_at: datetime
    reported: bool = True
    transaction_id: str = ""
    event_version: int = 0
    movements: list[tuple[UUID, Movement]] = field(default_factory=list)

    @property
    def subject(self) -> str:
        return f"stock_move/{self.report_id}"

    @property
    def transaction(self) -> str:
        return self.transaction_id or str(self.report_id)

    def next_version(self) -> int:
        self.event_version += 1
        return self.event_version

    def key_of(self, sku: str) -> StockKey:
        return StockKey(self.tenant, sku, self.location_id, self.business_unit)

    def must_be_of(self, location: Location) -> None:
        if self.reported and location.system and location.system != self.system:
            raise LocationOfAnotherSystem(self.location_id, self.system)

    def must_repeat(self, content: str) -> None:
        if content != self.content:
            raise StockMoveNumberReused(self.system, self.number)

    def may_say(self, lines: Sequence[Moved]) -> None:
        """Raises PutAwayNotReported, ReasonMissing."""
        for each in lines:
            if each.kind in PUT_AWAYS and not self.reported:
                raise PutAwayNotReported(self.number)
            if each.kind not in PUT_AWAYS and not each.reason.strip():
                raise ReasonMissing(each.sku)

    def lines_of(self, lines: Sequence[tuple[Moved, Item]]) -> list[MovedLine]:
        """Raises UnitNotConvertible."""
        return [MovedLine(each, item.in_base_units(each.measure), item.base_unit) for each, item in lines]


@dataclass(slots=True)
class Moving:
    """What the lines of one report do to the ledger, one after the other."""

    report: StockMoveReport
    location: Location
    pools: Pools
    cause_id: str = ""
    beyond: list[Beyond] = field(default_factory=list)

    def movements(self, lines: Sequence[MovedLine], conversions: Mapping[str, str]) -> list[Movement]:
        """Raises BucketShort where somebody asks for more than lies there."""
        return [
            movement
            for number, line in enumerate(lines, 1)
            for movement in self._of_line(line, f"{number}", conversions[line.said.sku])
        ]

    def _of_line(self, line: MovedLine, number: str, conversion: str) -> Iterator[Movement]:
        said, key = line.said, self.report.key_of(line.said.sku)
        if said.kind is MoveKind.PUT_AWAY_TAKEN_BACK and not self.location.put_away:
            return  # it was sellable before, and stays so
        event = self._event(said)
        source, target = self._pair(said)
        taken, missing = self.pools[source].take(key, said.lot, line.quantity)
        # Where nothing has to be put away only what waits all the same becomes sellable by it: the profile was another.
        if missing > 0 and (said.kind not in PUT_AWAYS or self.location.put_away):
            self._miss(Beyond(key, said.lot, source, line.quantity, line.quantity - missing, line.unit))
            self.pools[source].add(key, said.lot, -missing)
            taken = _merged(taken, said.lot, missing)
        for lot, quantity in taken:
            if target in self.pools:
                self.pools[target].add(key, lot, quantity)
            document = self._document(number, said.kind, conversion)
            yield Movement(key, source, target, quantity, event.name, document, lot, line.unit, said.measure)

    def _event(self, said: Moved) -> Event:
        return _RULES[said.kind, self.location.put_away and not said.shelved]

    def _pair(self, said: Moved) -> Pair:
        [pair] = UPDATE_RULES[self._event(said)]
        return pair

    def pieces(self, lines: Sequence[MovedLine], conversions: Mapping[str, str]) -> list[NamedSerials]:
        """Of the lines that name pieces."""
        return [
            NamedSerials(
                key=self.report.key_of(said.sku),
                lot=said.lot,
                serials=said.serials,
                quantity=line.quantity,
                pair=self._pair(said),
                document=self._document(f"{number}", said.kind, conversions[said.sku]),
            )
            for number, line in enumerate(lines, 1)
            for said in [line.said]
            if said.serials and (said.kind is not MoveKind.PUT_AWAY_TAKEN_BACK or self.location.put_away)
        ]

    def _miss(self, beyond: Beyond) -> None:
        if not self.report.reported:
            key = beyond.key
            raise BucketShort(key.sku, key.location_id, beyond.lot, beyond.bucket.name, beyond.wanted, beyond.there)
        self.beyond.append(beyond)

    def _document(self, number: str, kind: MoveKind, conversion: str) -> Document:
        """Where goods lie in the house is nothing to the ERP; what may be sold of them is."""
        report = self.report
        return Document(
            name=f"stock_move/{report.number}/{number}",
            occurred_at=report.moved_at,
            system=report.system,
            transaction_id=report.transaction,
            cause_id=self.cause_id,
            posting_key="" if kind in PUT_AWAYS else report.subject,
            conversion=conversion,
        )


def _merged(taken: list[tuple[str, Decimal]], lot: str, more: Decimal) -> list[tuple[str, Decimal]]:
    parts = dict(taken)
    parts[lot] = parts.get(lot, ZERO) + more
    return list(parts.items())
