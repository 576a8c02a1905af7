"""What the use cases need from outside: stock under lock, a ledger to book in, reservations, and what others own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from inventory.domain.accounts import Account
from inventory.domain.adjusting import Adjustment
from inventory.domain.concerns import Concern
from inventory.domain.events import Fact
from inventory.domain.expired import ExpiredLot
from inventory.domain.held import HeldThen
from inventory.domain.inbound import Confirmed, NoticeChange, Received, SupplyChange
from inventory.domain.item import Item, Location
from inventory.domain.lots import FreeLot, Pick
from inventory.domain.movement import Movement, StockKey
from inventory.domain.reservation import Reservation
from inventory.domain.reserving import Basket, LineRefusal
from inventory.domain.serials import SerialPlace, SerialWord
from inventory.domain.standing_count import StandingCount
from inventory.domain.statement import Comparison, Stated, Statement
from inventory.domain.stock_move import Place, StockMoveReport
from inventory.domain.stock_report import CountedPlace, StockAdjustment
from inventory.domain.stock_transfer import StockTransfer
from inventory.domain.supply import Arrival, SupplyStand

Booked = Sequence[tuple[UUID, Movement]]


@dataclass(frozen=True, slots=True)
class Ask:
    """A basket as it was asked for. `refused` by master data already; `fingerprint` tells a repetition from another
    request under the same id."""

    basket: Basket
    fingerprint: bytes
    refused: tuple[LineRefusal, ...] = ()


class Desk(Protocol):
    """Decides baskets against the database."""

    async def reserve(self, asks: Sequence[Ask]) -> list[bytes]:
        """The recorded answer of each, in order; the same id always gives the same."""
        ...


@dataclass(frozen=True, slots=True)
class HeldBackPage:
    """The last row that was looked at, None at the end, and how many changed."""

    last: StockKey | None
    changed: int


class Ledger(Protocol):
    async def lock(self, keys: Iterable[StockKey]) -> None:
        """Nobody else changes this stock until the end of the work."""
        ...

    async def held(self, keys: Iterable[StockKey]) -> Mapping[tuple[StockKey, str, Account], Decimal]:
        """Balances by lot of physical accounts, under the lock."""
        ...

    async def held_at(self, keys: Iterable[StockKey], at: datetime) -> HeldThen:
        """What physical accounts held at an instant, under the lock."""
        ...

    async def free_lots(self, keys: Iterable[StockKey]) -> Mapping[StockKey, list[FreeLot]]:
        """What of each lot is sellable and not bound, under the lock."""
        ...

    async def expired_after(self, after: Place, most: int) -> list[Place]:
        """The tenant's next lots behind one that have expired and count as sellable still; not locked."""
        ...

    async def expired(self, keys: Iterable[StockKey]) -> list[ExpiredLot]:
        """What of these has expired and counts as sellable still, under the lock."""
        ...

    async def to_put_away(self, keys: Iterable[StockKey]) -> Mapping[Place, Decimal]:
        """What of each lot waits to be put away, under the lock; below zero where its receipt has not come."""
        ...

    async def book(self, movements: Sequence[Movement]) -> Booked:
        """Writes movements and their balances, and announces what may be promised now."""
        ...

    async def rules_in_force(self, tenant: str) -> tuple[int, ...] | None:
        """Versions of the rules that hold back stock now; None where none was ever made."""
        ...

    async def hold_back(self, after: StockKey, most: int) -> HeldBackPage:
        """Lets the tenant's next rows behind a key keep what the policy in force says, and announces what changes."""
        ...

    async def note_expiry(self, lots: Mapping[tuple[StockKey, str], date]) -> None: ...

    async def miss_lots(self, lines: Sequence[Received]) -> None:
        """Of these no lot was said. They are booked; where the item is kept by lots, somebody is asked for it."""
        ...


class Adjustments(Protocol):
    async def claim(self, report: StockAdjustment) -> StockAdjustment | None:
        """Keeps a new report; gives the one that is known under its number instead."""
        ...

    async def get(self, adjustment_id: UUID) -> StockAdjustment:
        """Under lock. Raises AdjustmentUnknown."""
        ...

    async def save(self, report: StockAdjustment, *, decided_by: str = "", decision: str = "") -> None: ...

    async def newest(self, report: StockAdjustment, reasons: Mapping[CountedPlace, str]) -> set[CountedPlace]:
        """Notes that the report counted places, each for a reason; gives those of which no later count is known."""
        ...

    async def counted_later(self, report: StockAdjustment, changes: Sequence[Adjustment]) -> list[StandingCount]:
        """The newest counts by other reports of where something changed, of then or later."""
        ...

    async def forget_counts(self, report: StockAdjustment) -> None:
        """The report is taken back: none of its counts is the newest of a place any more."""
        ...

    async def beyond_limit(self, changes: Sequence[Adjustment]) -> list[str]:
        """In words, the changes that somebody has to decide on before the ERP posts them."""
        ...


class StockMoves(Protocol):
    async def claim(self, report: StockMoveReport) -> StockMoveReport | None:
        """Keeps a new report; gives the one that is known under its number instead."""
        ...

    async def save(self, report: StockMoveReport) -> None: ...


class Serials(Protocol):
    async def note(self, words: Sequence[SerialWord]) -> None:
        """Adds what is said of pieces; what contradicts itself by it is raised, and what does not any more is settled.
        Nobody else says anything of pieces of these items until the work ends."""
        ...

    async def at(self, keys: Iterable[StockKey], serials: Iterable[str]) -> list[SerialPlace]:
        """Of these keys what is known on hand, and of these serials whatever is known there."""
        ...

    async def said_by(self, tenant: str, transaction_id: str) -> list[SerialWord]:
        """What the documents of a transaction said, in the order in which it was noted."""
        ...


class Transfers(Protocol):
    async def claim(self, business_unit: str, number: str) -> StockTransfer | None:
        """The transfer of this number, and nobody else works on it until this work ends."""
        ...

    async def claim_receipt(self, transfer: StockTransfer, system: str, number: str, content: str) -> str | None:
        """Keeps the receipt's number; the content that is known under it instead."""
        ...

    async def save(self, transfer: StockTransfer) -> None: ...

    async def take_overdue(self, today: date, most: int) -> list[StockTransfer]:
        """Whose day is over, which are not all there, and of which nobody has heard; they count as told from here."""
        ...


class Statements(Protocol):
    async def newest(self, location_id: str, business_unit: str) -> Statement | None:
        """Nobody else changes it until the end of the work."""
        ...

    async def put(self, statement: Statement, lines: Sequence[Stated]) -> None:
        """In place of the one before."""
        ...

    async def collect(self, statement: Statement, lines: Sequence[Stated]) -> int:
        """Keeps a part, in place of the same one before; how many are missing still. Raises StatementOutdated,
        StatementPartInvalid."""
        ...

    async def put_collected(self, statement: Statement) -> Statement:
        """As `put`, of the parts that were collected; with the buckets that any of them speaks of."""
        ...

    async def compare(self, statement: Statement, skus: Iterable[str] = ()) -> Comparison:
        """What its lines say and the ledger of its instant does not; of these items alone if any are named."""
        ...

    async def raised(self, statement: Statement, skus: Sequence[str]) -> None:
        """Notes the items that somebody was told of."""
        ...


class Reservations(Protocol):
    async def lock(self, ids: Iterable[UUID]) -> list[Reservation]:
        """In the order of ids; those that do not exist are missing."""
        ...

    async def take_lapsed(self, limit: int) -> list[Reservation]:
        """Held ones whose time is over by the database's clock, locked; those that others work on are left out."""
        ...

    async def save(self, reservations: Sequence[Reservation]) -> None: ...

    async def picks(self, ids: Iterable[UUID]) -> Mapping[UUID, list[Pick]]:
        """Lots that are bound for each."""
        ...

    async def bind(self, reservations: Sequence[Reservation], picks: Mapping[UUID, Sequence[Pick]]) -> None:
        """Keeps the lots of those that have any."""
        ...

    async def unbind(self, ids: Iterable[UUID]) -> None: ...


class Supply(Protocol):
    async def apply(self, lines: Sequence[SupplyChange], notices: Sequence[NoticeChange]) -> None:
        """Adds signed changes to what orders owe and what is on its way."""
        ...

    async def replace_confirmed(self, orders: Iterable[tuple[str, str]], confirmed: Sequence[Confirmed]) -> None:
        """Sets the supplier's promises for these orders (tenant, purchase order id)."""
        ...

    async def expect(self, arrivals: Sequence[Arrival]) -> None:
        """Sets the days on which ship notices are expected, also of such as nobody has announced yet."""
        ...

    async def tell(self, keys: Iterable[StockKey]) -> list[tuple[SupplyStand, int]]:
        """What is to come by day, of those keys for which it differs from what was told last, with how often it was
        told; it counts as told from here on, and nobody else tells of these keys until the work ends."""
        ...


@dataclass(frozen=True, slots=True)
class ItemRecord:
    tenant: str
    item: Item
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class LocationRecord:
    tenant: str
    location: Location
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Posting:
    """What a system says of what an aggregate moved: posted, with or without a number, or refused for a `reason`; or
    withdrawn, because it was taken back before the system heard of it. `lines`: what was posted of each item, in its
    base unit, where the system was asked for it line by line."""

    tenant: str
    posting_key: str
    number: str
    partner: str
    posted_on: date | None
    business_unit: str = ""
    state: str = "posted"
    reason: str = ""
    lines: Mapping[str, Decimal] | None = None


class Items(Protocol):
    """Read by everybody who needs a unit."""

    async def known(self, tenant: str, skus: Iterable[str]) -> Mapping[str, Item]: ...

    async def known_locations(self, tenant: str, ids: Iterable[str]) -> Mapping[str, Location]: ...


class Priorities(Protocol):
    async def of(self, tenant: str, business_unit: str, channel: str, *, otherwise: int) -> int:
        """How urgent this channel is by the policy, 0 most and 9 least; `otherwise` where it says nothing."""
        ...


class MasterData(Items, Protocol):
    async def known(self, tenant: str, skus: Iterable[str], on: date | None = None) -> Mapping[str, Item]:
        """As they are described on a day, else today. What a document says is read by the words of its day."""

    async def put_items(self, records: Sequence[ItemRecord]) -> None: ...

    async def put_locations(self, records: Sequence[LocationRecord]) -> None: ...


class Postings(Protocol):
    async def note(self, postings: Sequence[Posting]) -> None: ...


class Work(Protocol):
    """One open transaction."""

    @property
    def now(self) -> datetime: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def reservations(self) -> Reservations: ...

    @property
    def supply(self) -> Supply: ...

    @property
    def master_data(self) -> MasterData: ...

    @property
    def postings(self) -> Postings: ...

    @property
    def adjustments(self) -> Adjustments: ...

    @property
    def stock_moves(self) -> StockMoves: ...

    @property
    def serials(self) -> Serials: ...

    @property
    def transfers(self) -> Transfers: ...

    @property
    def statements(self) -> Statements: ...

    def announce(self, fact: Fact, cause_id: str = "") -> None:
        """Records a fact; `cause_id` names the event that it follows from where the work serves several."""
        ...

    def raise_concern(self, concern: Concern) -> None:
        """Opens an exception for its owner."""
        ...

    def settle(self, identity: str, resolution: str, tenant: str) -> None:
        """Closes an exception; none open is no matter."""
        ...


class UnitOfWork(Protocol):
    def __call__(self, *, tenants: Iterable[str]) -> AbstractAsyncContextManager[Work]: ...
