"""Goods that go from one of our places to another, as both of them report it, in any order and number of parts.

Balances are sums: what is sent is under way to the other place, what is received is under way no more, and when both
are known what exceeds or lacks is booked beside it. So a receipt may overtake the word that its goods were sent. Places
number their lots alike or not at all, so what is under way is kept by item.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from uuid import UUID

from crossdock_kit.errors import Invalid, NotFound, Refused

from inventory.domain.accounts import Account
from inventory.domain.concerns import INVENTORY_CONTROL, Concern, identity
from inventory.domain.inbound import Change, NoticeChange
from inventory.domain.item import Location
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.quantity import ZERO, Measure, plain
from inventory.domain.rules import UPDATE_RULES, Event, Pair
from inventory.domain.serials import NamedSerials
from inventory.domain.stock_report import LocationOfAnotherSystem

TRANSFER_SHORT = "TRANSFER_SHORT"
TRANSFER_OVER = "TRANSFER_OVER"
TRANSFER_OVERDUE = "TRANSFER_OVERDUE"
TRANSFER_NOT_SENT = "TRANSFER_NOT_SENT"


@dataclass
class TransferNumberReused(Refused):
    """Something else has been said under this number."""

    number: str


@dataclass
class TransferToItself(Invalid):
    location_id: str


@dataclass
class TransferElsewhere(Refused):
    """It goes, or went, to another place than the one that reports it."""

    number: str
    location_id: str
    expected_at: str


@dataclass
class TransferUnknown(NotFound):
    number: str
    business_unit: str


class TransferState(IntEnum):
    """Numbers are those of the contract."""

    IN_TRANSIT = 1
    RECEIVED = 2
    CLOSED_SHORT = 3
    NOT_SENT = 4


@dataclass(frozen=True, slots=True)
class Part:
    """So much of an item and lot, in base units."""

    sku: str
    lot: str
    quantity: Decimal
    unit: str
    said: Measure
    serials: tuple[str, ...] = ()


@dataclass(slots=True)
class TransferLine:
    """In base units. `missing`: what had not come when the receiving place had finished."""

    sku: str
    unit: str
    sent: Decimal = ZERO
    received: Decimal = ZERO
    missing: Decimal = ZERO

    @property
    def outstanding(self) -> Decimal:
        return self.sent - self.received - self.missing


@dataclass(slots=True, kw_only=True)
class StockTransfer:
    """`content` tells a repetition from another transfer under the same number; empty, as `from_location` and
    `sent_at`, while nobody has said that it was sent. `final`: the receiving place has finished."""

    tenant: str
    transfer_id: UUID
    business_unit: str
    number: str
    to_location: str
    from_location: str = ""
    system: str = ""
    content: str = ""
    sent_at: datetime | None = None
    expected_on: date | None = None
    final: bool = False
    event_version: int = 0
    lines: dict[str, TransferLine] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    @property
    def subject(self) -> str:
        return f"stock_transfer/{self.transfer_id}"

    @property
    def under_way(self) -> bool:
        return any(each.outstanding > 0 for each in self.lines.values())

    @property
    def state(self) -> TransferState:
        if self.sent_at is None:
            return TransferState.NOT_SENT
        if self.under_way:
            return TransferState.IN_TRANSIT
        short = any(each.missing > 0 for each in self.lines.values())
        return TransferState.CLOSED_SHORT if short else TransferState.RECEIVED

    def next_version(self) -> int:
        self.event_version += 1
        return self.event_version

    def at(self, location_id: str, sku: str) -> StockKey:
        return StockKey(self.tenant, sku, location_id, self.business_unit)

    @property
    def sending(self) -> str:
        """Under which the ERP posts what was sent."""
        return f"{self.subject}/sent"

    def receiving(self, number: str) -> str:
        """Under which it posts what one receipt brought."""
        return f"{self.subject}/received/{number}"

    def send(self, taken: Sequence[tuple[Part, str]]) -> None:
        """`taken`: each part with the lot that it was taken from. What had arrived before is judged now."""
        for number, (part, lot) in enumerate(taken, 1):
            document = self._document(f"sent/{number}", self.sent_at)
            self._line(part).sent += part.quantity
            posted = replace(document, posting_key=self.sending)
            self._move(Event.TRANSFER_SENT, self.from_location, part, posted, lot)
            self._move(Event.TRANSFER_ANNOUNCED, self.to_location, part, document)
        for line in self.lines.values():
            if line.outstanding < 0:
                self._exceed(line, -line.outstanding, self._document("over", self.sent_at))
        self.settled.append(identity(TRANSFER_NOT_SENT, self.subject))
        self._end(self.sent_at)

    def receive(self, parts: Sequence[Part], place: Location, number: str, at: datetime, *, final: bool) -> None:
        """Takes it from what is under way; what exceeds that was found."""
        event = Event.TRANSFER_RECEIVED_AT_DOCK if place.put_away else Event.TRANSFER_RECEIVED
        for position, part in enumerate(parts, 1):
            line, document = self._line(part), self._document(f"received/{number}/{position}", at)
            over = part.quantity - max(line.outstanding, ZERO)
            if self.sent_at is not None and over > 0:
                self._exceed(line, over, document)
            line.received += part.quantity
            posted = replace(document, posting_key=self.receiving(number))
            self._move(event, self.to_location, part, posted, part.lot)
        self.final = self.final or final
        if self.sent_at is None:
            self.concerns.append(self._concern(TRANSFER_NOT_SENT, "has arrived, and nobody said that it was sent"))
        else:
            self._end(at)

    def _line(self, part: Part) -> TransferLine:
        return self.lines.setdefault(part.sku, TransferLine(part.sku, part.unit))

    def _exceed(self, line: TransferLine, over: Decimal, document: Document) -> None:
        """What was missing may be found; the rest was never sent as far as is known."""
        found = min(over, line.missing)
        line.missing -= found
        part = Part(line.sku, "", over, line.unit, Measure(over, line.unit))
        self._move(Event.TRANSFER_OVER, self.to_location, part, document)
        if over > found:
            what = f"brought {plain(over - found)} {line.unit} of {line.sku} more than were sent"
            self.concerns.append(self._concern(TRANSFER_OVER, what))

    def _end(self, at: datetime | None) -> None:
        short = [each for each in self.lines.values() if each.outstanding > 0]
        if self.final and short:
            for each in short:
                lost = each.outstanding
                each.missing += lost
                part = Part(each.sku, "", lost, each.unit, Measure(lost, each.unit))
                self._move(Event.TRANSFER_SHORT, self.to_location, part, self._document("short", at))
            said = ", ".join(f"{plain(each.missing)} {each.unit} of {each.sku}" for each in short)
            self.concerns.append(self._concern(TRANSFER_SHORT, f"ended without {said}"))
        if not self.under_way:
            self.settled.append(identity(TRANSFER_OVERDUE, self.subject))
        if self.state is TransferState.RECEIVED:
            self.settled.append(identity(TRANSFER_SHORT, self.subject))

    def pieces_sent(self, parts: Sequence[Part]) -> list[NamedSerials]:
        """Of the parts that name pieces: they leave, and are nowhere until the other place names them."""
        pair = Account.SELLABLE, Account.IN_TRANSIT
        return self._pieces(parts, self.from_location, pair, "sent", self.sent_at)

    def pieces_received(self, parts: Sequence[Part], place: Location, number: str, at: datetime) -> list[NamedSerials]:
        pair = Account.IN_TRANSIT, Account.STAGED if place.put_away else Account.SELLABLE
        return self._pieces(parts, self.to_location, pair, f"received/{number}", at)

    def _pieces(
        self, parts: Sequence[Part], location: str, pair: Pair, name: str, at: datetime | None
    ) -> list[NamedSerials]:
        return [
            NamedSerials(
                self.at(location, each.sku),
                each.lot,
                each.serials,
                each.quantity,
                pair,
                self._document(f"{name}/{number}", at),
            )
            for number, each in enumerate(parts, 1)
            if each.serials
        ]

    def overdue(self) -> Concern:
        left = (each for each in self.lines.values() if each.outstanding > 0)
        said = ", ".join(f"{plain(each.outstanding)} {each.unit} of {each.sku}" for each in left)
        return self._concern(TRANSFER_OVERDUE, f"was expected on {self.expected_on}, and {said} have not come")

    def _move(self, event: Event, place: str, part: Part, document: Document, lot: str = "") -> None:
        [(source, target)] = UPDATE_RULES[event]
        key = self.at(place, part.sku)
        self.changes.append(
            Movement(key, source, target, part.quantity, event.name, document, lot, part.unit, part.said)
        )
        sign = _UNDER_WAY.get(event)
        if sign is not None:
            notice, line = f"transfer/{self.number}", f"{self.transfer_id}/{part.sku}"
            self.changes.append(NoticeChange(key, notice, line, sign * part.quantity, self.expected_on))

    def _document(self, name: str, at: datetime | None) -> Document:
        if at is None:
            raise ValueError("a transfer that was not sent sends nothing")
        return Document(
            name=f"transfer/{self.number}/{name}",
            occurred_at=at,
            system=self.system,
            transaction_id=str(self.transfer_id),
        )

    def _concern(self, code: str, what: str) -> Concern:
        way = f"from {self.from_location} to {self.to_location}" if self.from_location else f"to {self.to_location}"
        return Concern(
            code=code,
            owner="warehouse" if code == TRANSFER_NOT_SENT else INVENTORY_CONTROL,
            subject=self.subject,
            summary=f"transfer {self.number} {way} {what}"[:500],
            tenant=self.tenant,
            transaction_ids=(str(self.transfer_id),),
            keys=(f"transfer:{self.number}", *(f"sku:{sku}" for sku in self.lines)),
        )

    def drained(self) -> Iterator[Change]:
        """What the verbs changed, once."""
        yield from self.changes
        self.changes.clear()


_UNDER_WAY = {
    Event.TRANSFER_ANNOUNCED: 1,
    Event.TRANSFER_OVER: 1,
    Event.TRANSFER_RECEIVED: -1,
    Event.TRANSFER_RECEIVED_AT_DOCK: -1,
    Event.TRANSFER_SHORT: -1,
}


def must_speak_for(place: Location, system: str, *, reported: bool) -> None:
    """Raises LocationOfAnotherSystem."""
    if reported and place.system and place.system != system:
        raise LocationOfAnotherSystem(place.location_id, system)
