"""What the use cases need of the outside: the orders that they load and save, and what they know of master data.

Whoever changes orders locks their heads in the order of their ids; the lines of an order belong to whoever holds its
head. What was loaded is saved when it is put back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from fulfillment.domain import billing_lifecycle, posting, posting_lifecycle, return_lifecycle
from fulfillment.domain.check_lifecycle import Kind as CheckKind
from fulfillment.domain.checks import Earlier, Rule
from fulfillment.domain.concerns import Concern
from fulfillment.domain.customer_return import CustomerReturn
from fulfillment.domain.drop_shipment import DropShipment
from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.order_state import OrderState
from fulfillment.domain.own_books import OwnBooks
from fulfillment.domain.posting import Posting
from fulfillment.domain.promising import Lot, Waiting
from fulfillment.domain.quantities import Item
from fulfillment.domain.return_report import BookedReport, ReportKind, ReturnReport
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.settling import Payment
from fulfillment.domain.terms import OrderTerms, Price, Trading
from fulfillment.domain.warehouse_report import Booking, Kind, Shipment, WarehouseReport


@dataclass(frozen=True, slots=True)
class Origin:
    """The system instance, its document, and when it happened there; `role` by its name, "CHANNEL"."""

    system: str
    role: str
    document: str = ""
    revision: str = ""
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderName:
    """An order by our id, or by its channel's number."""

    order_id: str = ""
    channel: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class OrderPage:
    """`after` is the id of the last order of the page before; newest first."""

    state: OrderState | None
    channel: str
    customer_id: str
    size: int
    after: str


@dataclass(frozen=True, slots=True)
class LifecyclePage:
    """`after` is the order and position of the last line of the page before; oldest order first. Empty stands for
    any."""

    business_unit: str
    channel: str
    order_id: str
    size: int
    after: tuple[str, int]


@dataclass(frozen=True, slots=True)
class PostingPage:
    """`after` is the instant and id of the last of the page before; oldest first. `pending` leaves out what is posted,
    None any state."""

    order_id: str
    kind: posting.Kind | None
    state: posting_lifecycle.State | None
    billing: billing_lifecycle.State | None
    pending: bool
    size: int
    after: tuple[datetime, str] | None


@dataclass(frozen=True, slots=True)
class ReturnPage:
    """`after` is the instant and id of the last of the page before; oldest first."""

    order_id: str
    state: return_lifecycle.State | None
    awaiting_credit: bool
    size: int
    after: tuple[datetime, str] | None


@dataclass(frozen=True, slots=True)
class Supply:
    """Of an item so much can be promised at a place of a business unit."""

    sku: str
    location_id: str
    business_unit: str
    available: Decimal


@dataclass(frozen=True, slots=True)
class SupplyStatement:
    """What comes of an item to a place by day, as it stood after `version` statements; `available` was there then."""

    sku: str
    business_unit: str
    location_id: str
    version: int
    lots: tuple[Lot, ...]
    available: Decimal


@dataclass(frozen=True, slots=True)
class Before:
    """What comes before a posting in its order, with the number that the ERP gave it."""

    posting_id: str
    kind: posting.Kind
    number: str


@dataclass(frozen=True, slots=True)
class Validity:
    """From `first` until before `end`, of one tenant's record."""

    tenant: str
    first: date
    end: date | None


@dataclass(frozen=True, slots=True)
class ItemRecord:
    validity: Validity
    item: Item


@dataclass(frozen=True, slots=True)
class PartyRecord:
    validity: Validity
    party_id: str
    customer: bool
    supplier: bool = False
    trading: Trading = Trading.OPEN
    accepts_substitutes: bool = False


@dataclass(frozen=True, slots=True)
class PriceRecord:
    """Empty customer or business unit stands for any; a price without a unit is for the base unit."""

    validity: Validity
    sku: str
    customer_id: str
    business_unit: str
    price: Price


@dataclass(frozen=True, slots=True)
class LocationRecord:
    """A place and the system that speaks for it; empty if any may."""

    validity: Validity
    location_id: str
    system: str


class SalesOrders(Protocol):
    async def claim(self, channel: str, number: str) -> SalesOrder | None:
        """The order of this number, locked; where there is none, nobody else can create it until this work ends."""

    async def lock(self, order_ids: Iterable[str]) -> list[SalesOrder]:
        """Those that are known, locked in the order of their ids, without lines."""

    async def find(self, name: OrderName) -> list[SalesOrder]:
        """To read only, without lines."""

    async def page(self, page: OrderPage) -> list[SalesOrder]: ...

    async def lines(self, order_id: str, first: int, last: int) -> list[OrderLine]:
        """To read only, by position."""

    async def lifecycles(self, page: LifecyclePage) -> list[tuple[SalesOrder, OrderLine]]:
        """To read only."""

    async def load_parts(self, order: SalesOrder, parts: Sequence[int]) -> None:
        """The lines of these parts, and what was asked for them."""

    async def part_with(self, order: SalesOrder, line_number: str) -> OrderLine | None:
        """Loads the part of a line; None if the order has no such line."""

    async def load_lines(self, order: SalesOrder, line_numbers: Iterable[str]) -> Mapping[str, OrderLine]:
        """Loads the parts of these lines; by number those that the order has."""

    async def parts_of_shipment(self, shipment_id: str) -> Mapping[str, Sequence[int]]:
        """By order, the parts of which something is in a shipment."""

    async def held_for(self, customer_id: str, kind: CheckKind, most: int) -> Sequence[str]:
        """The orders of a customer that a check of this kind holds, the oldest first."""

    async def owed_to(self, customer_id: str, most: int) -> Sequence[str]:
        """The accepted orders of a customer of which something may not have left, but for those that are held because
        of it or that a person let through, the oldest first."""

    async def waiting_for(self, supply: Supply, but: Sequence[str], most: int) -> Mapping[str, Sequence[int]]:
        """By order, in their turn, the parts that wait for it for another reason than these, as far as it reaches; of
        `most` lines."""

    async def waited_for(self, supplies: Sequence[Supply], but: Sequence[str]) -> frozenset[Supply]:
        """Those of them that at least one line waits for, for another reason than these."""

    async def fingerprints(self, order: SalesOrder, line_numbers: Iterable[str]) -> Mapping[str, str]:
        """Of the lines that the order has of these numbers, what each says."""

    async def move_all(self, order: SalesOrder, before: State, after: State) -> None:
        """Every schedule of an order that stands in the one state stands in the other now."""

    def add(self, order: SalesOrder) -> None: ...


class Supplies(Protocol):
    async def claim(self, skus: Iterable[str]) -> None:
        """Nobody else promises on what comes of these until this work ends. Before any order is locked."""

    async def keep(self, statement: SupplyStatement) -> bool:
        """In place of what was said of it before; False if a newer one is known."""

    async def lots(self, business_unit: str, skus: Iterable[str]) -> Mapping[str, Sequence[Lot]]:
        """What is to come from today on, by item."""

    async def waiting(self, business_unit: str, skus: Iterable[str], most: int) -> Mapping[str, Sequence[Waiting]]:
        """Who waits for them, by item, in their turn. What counts on stock that has come is left out: it has
        been asked for."""


class CheckAnswers(Protocol):
    """What was let through of the same kind before, to fall back on."""

    async def keep(self, order: SalesOrder, kind: CheckKind, earlier: Earlier) -> None: ...

    async def last(self, order: SalesOrder, kind: CheckKind) -> Earlier | None: ...


class MasterData(Protocol):
    async def items(self, skus: Iterable[str]) -> Mapping[str, Item]: ...

    async def customers(self, party_ids: Iterable[str]) -> Mapping[str, Trading]:
        """Those that are known as customers, and whether they are sold to."""

    async def accepts_substitutes(self, customer_id: str) -> bool:
        """Whether a customer takes an item's substitute where the item is not to be had."""

    async def suppliers(self, party_ids: Iterable[str]) -> frozenset[str]:
        """Those that are known as suppliers."""

    async def prices(self, order: SalesOrder, skus: Iterable[str]) -> Mapping[str, Price]:
        """What the authority says for this order's customer and business unit in its currency, of what it knows."""

    async def systems(self, location_ids: Iterable[str]) -> Mapping[str, str]:
        """Of the places that are known, the system that speaks for each."""


class MasterDataBook(Protocol):
    """Keeps what catalog announces, of several tenants."""

    async def keep_items(self, records: Sequence[ItemRecord]) -> None: ...

    async def keep_parties(self, records: Sequence[PartyRecord]) -> None: ...

    async def keep_prices(self, records: Sequence[PriceRecord]) -> None: ...

    async def keep_locations(self, records: Sequence[LocationRecord]) -> None: ...


class WarehouseReports(Protocol):
    async def claim(self, kind: Kind, location_id: str, number: str) -> WarehouseReport | None:
        """The report of this number; where there is none, nobody else can record it until this work ends."""

    async def claim_shipment(self, location_id: str, number: str) -> Shipment | None:
        """The shipment, locked, or the right to create it."""

    async def claim_supplier_shipment(self, supplier_id: str, number: str) -> Shipment | None:
        """A supplier's shipment, locked, or the right to create it."""

    async def lock_shipment(self, shipment_id: str) -> Shipment | None: ...

    async def order_ids(self, numbers: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """The orders of each number; several channels may have given it."""


class Postings(Protocol):
    """Postings belong to whoever holds the head of their order."""

    async def get(self, posting_id: str) -> Posting | None: ...

    async def waiting(self, order_id: str) -> list[Posting]:
        """Those that have not been asked for yet."""

    async def posted(self, posting_ids: Iterable[str]) -> Mapping[str, Before]:
        """Of these, those that the ERP has posted."""

    async def changes(self, order_id: str, part: int) -> list[str]:
        """The ids of the changes of a part, the oldest first."""

    async def purchases(self, order_id: str, part: int) -> list[str]:
        """The ids of what was to be bought for a part, the oldest first."""

    async def returned(self, order_id: str) -> list[Posting]:
        """The credit notes of an order's returns."""

    async def of_shipment(self, shipment_id: str) -> list[Posting]:
        """What was shipped with it, by goods issue and order."""

    async def page(self, page: PostingPage) -> list[tuple[Posting, SalesOrder]]: ...

    def add(self, made: Posting) -> None: ...


class Payments(Protocol):
    """What was paid of invoices, by the ERP's numbers."""

    async def claim(self, system: str, invoice: str) -> None:
        """Until this work ends nobody else pays an unknown invoice of this number, or posts it."""

    async def invoice(self, system: str, number: str) -> str:
        """The posting of the invoice that the ERP posted under this number; empty where there is none."""

    async def known(self, payment: Payment) -> Payment | None:
        """As it was booked, if it was."""

    async def waiting(self, system: str, invoice: str) -> list[Payment]:
        """Payments of an invoice that was not known when they came, the oldest first."""

    async def add(self, payment: Payment) -> None: ...

    async def matched(self, payment: Payment, posting_id: str) -> None: ...


class Returns(Protocol):
    """Returns of an order belong to whoever holds its head."""

    async def claim(self, order_id: str, number: str) -> CustomerReturn | None:
        """The return of this number, of the order or of none yet, locked; where there is none, nobody else can create
        it until this work ends."""

    async def get(self, return_id: str) -> CustomerReturn | None:
        """Locked."""

    async def find(self, *, return_id: str = "", number: str = "", order_id: str = "") -> list[CustomerReturn]:
        """To read only; empty stands for any."""

    async def page(self, page: ReturnPage) -> list[CustomerReturn]: ...

    async def claim_report(self, kind: ReportKind, location_id: str, number: str) -> BookedReport | None:
        """The report of this number; where there is none, nobody else can record it until this work ends."""


class PersonalData(Protocol):
    async def keep(self, facts: Mapping[str, bytes]) -> None: ...

    async def read(self, personal_data_id: str) -> bytes | None:
        """None where there is none, or none any more."""


class Work(Protocol):
    """An open transaction."""

    @property
    def sales_orders(self) -> SalesOrders: ...

    @property
    def supplies(self) -> Supplies: ...

    @property
    def warehouse_reports(self) -> WarehouseReports: ...

    @property
    def postings(self) -> Postings: ...

    @property
    def payments(self) -> Payments: ...

    @property
    def check_answers(self) -> CheckAnswers: ...

    @property
    def returns(self) -> Returns: ...

    @property
    def master_data(self) -> MasterData: ...

    @property
    def personal_data(self) -> PersonalData: ...

    @property
    def now(self) -> datetime: ...

    def new_id(self) -> str: ...

    async def put(self, order: SalesOrder) -> None:
        """Announces what the order recorded, asks what it asks, and writes it; its lines are let go."""

    async def record(self, booking: Booking) -> None:
        """Writes a report with its shipment, announces it and tells of what is strange in it."""

    async def record_drop_shipment(self, found: DropShipment) -> None:
        """Writes a supplier's shipment, announces what left with it and tells of what is strange in it."""

    async def put_posting(self, made: Posting, order: SalesOrder) -> None:
        """Announces what the posting came to, watches its deadlines, and writes it."""

    async def put_shipment(self, shipment: Shipment) -> None: ...

    async def put_return(
        self, found: CustomerReturn, order: SalesOrder | None, report: ReturnReport | None = None
    ) -> None:
        """Announces the report and what the return came to, watches its deadline, and writes it."""

    async def keep_return_report(self, report: BookedReport) -> None: ...

    async def check_rules(self, order: SalesOrder) -> Mapping[CheckKind, Rule]:
        """The checks that its business unit and customer have declared, by kind."""

    async def turn_of(self, terms: OrderTerms) -> datetime:
        """When the turn of an order comes that is placed now, among all that wait for the same."""

    async def suppliers_for(self, order: SalesOrder, items: Iterable[Item]) -> Mapping[str, str]:
        """By SKU, who ships it straight to this order's customer as policy says; what comes from stock is left out."""

    async def billed_by_issue(self, order: SalesOrder) -> bool:
        """Whether the customer's terms let an invoice follow the goods issue; else delivery says when."""

    async def own_books(self, order: SalesOrder) -> OwnBooks | None:
        """Where its business unit has no ERP and policy says how we keep its books; None where an ERP does."""

    async def next_number(self, business_unit: str, kind: posting.Kind) -> int:
        """The next of a series that has no gaps: whoever takes one makes others wait until its work ends."""

    def tell(self, concern: Concern) -> None: ...

    def note(
        self, *, keys: Iterable[str] = (), transaction_ids: Sequence[str] = (), outcome: str = "", reason: str = ""
    ) -> None: ...


class UnitOfWork(Protocol):
    def __call__(self, origin: Origin | None = None) -> AbstractAsyncContextManager[Work]: ...


class Snapshots(Protocol):
    def reading(self) -> AbstractAsyncContextManager[Work]:
        """To read only, all of one moment."""
