"""What the use cases need of the outside: the records they load and save, and what they know of master data.

Whoever changes orders locks them in the order of their ids, then ship notices, then invoices, so that nobody waits in a
circle. What was loaded is saved when the work ends; nothing is saved by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple, Protocol

from procurement.domain.accrual import Accrual
from procurement.domain.blanket_order import BlanketOrder
from procurement.domain.compliance import Certificate, CertificateTerms, ComplianceHold, Required
from procurement.domain.concerns import Concern
from procurement.domain.dock import DockAppointment
from procurement.domain.expected import ExpectedReceipt
from procurement.domain.purchase_order import OrderState, PurchaseOrder
from procurement.domain.quantities import Item
from procurement.domain.receipt import Receipt
from procurement.domain.score import Score, ScoreScope
from procurement.domain.ship_notice import CarrierEta, ShipNotice
from procurement.domain.supplier_invoice import InvoiceTerms, SupplierInvoice
from procurement.domain.tolerances import InvoiceTolerances, Tolerances


@dataclass(frozen=True, slots=True)
class Origin:
    """The system instance, its document, and when it happened there; `role` as the contract numbers it."""

    system: str
    role: int
    document: str = ""
    revision: str = ""
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderName:
    """An order as a partner names it: our id, or a number, with the business unit where that is not unique."""

    purchase_order_id: str = ""
    number: str = ""
    business_unit: str = ""


@dataclass(frozen=True, slots=True)
class NoticeName:
    """A ship notice as a warehouse names it; the number may be several suppliers'."""

    ship_notice_id: str = ""
    number: str = ""


class NoticePurpose(Enum):
    ORIGINAL = "original"
    REPLACE = "replace"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Location:
    location_id: str
    system: str = ""
    business_unit: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something to look at again if it has not been settled until then."""

    kind: str
    subject: str
    due_at: datetime
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderPage:
    """`after` is the id of the last order of the page before; newest first."""

    state: OrderState | None = None
    supplier_id: str = ""
    size: int = 100
    after: str = ""


@dataclass(frozen=True, slots=True)
class InboundPage:
    """`after` is the id of the last order of the page before; oldest first. Empty or None is no condition."""

    location_id: str = ""
    sku: str = ""
    to_date: date | None = None
    size: int = 100
    after: str = ""


class PurchaseOrders(Protocol):
    async def claim(self, system: str, business_unit: str, number: str) -> PurchaseOrder | None:
        """The order of this number, locked; where there is none, nobody else can create it until this work ends."""

    async def lock(self, names: Iterable[OrderName], ids: Iterable[str] = ()) -> list[PurchaseOrder]:
        """The orders that are known of those named, locked in the order of their ids."""

    async def find(self, names: Iterable[OrderName]) -> list[PurchaseOrder]:
        """The same, to read only."""

    async def page(self, page: OrderPage) -> list[PurchaseOrder]: ...

    async def unfinished(self, after: str, size: int) -> list[PurchaseOrder]:
        """Those of which something may still come, oldest first, to read only."""

    def add(self, order: PurchaseOrder) -> None: ...


@dataclass(frozen=True, slots=True)
class BlanketName:
    """An empty business unit or system leaves it to the number."""

    number: str
    business_unit: str = ""
    system: str = ""


class BlanketOrders(Protocol):
    async def claim(self, system: str, business_unit: str, number: str) -> BlanketOrder | None:
        """The blanket order of this number; until this work ends nobody else changes it, or creates it where there is
        none. Claimed after the orders."""

    async def orders_naming(self, system: str, business_unit: str, number: str) -> frozenset[str]:
        """The ids of orders that name it and are not at their end, or do not count on it yet."""

    async def find(self, name: BlanketName) -> list[BlanketOrder]:
        """To read only."""

    async def releases(self, found: BlanketOrder) -> list[PurchaseOrder]:
        """The last thousand orders that count on it, newest first, to read only."""

    def add(self, blanket: BlanketOrder) -> None: ...


class ShipNotices(Protocol):
    async def claim(self, supplier_id: str, number: str) -> frozenset[str]:
        """Nobody else can record this number until this work ends; the ids of the orders that it names so far."""

    async def orders_of(self, names: Iterable[NoticeName]) -> frozenset[str]:
        """The ids of the orders that these notices name."""

    async def carried_as(self, references: Iterable[CarrierReference]) -> list[NoticeName]:
        """The open ones that have one of these names."""

    async def lock_number(self, supplier_id: str, number: str) -> list[ShipNotice]:
        """All that were recorded under the number, the one in force last."""

    async def lock(self, names: Iterable[NoticeName], order_ids: Iterable[str]) -> list[ShipNotice]:
        """Those named that are in force, and the open ones of these orders, oldest first."""

    async def find(self, supplier_id: str, number: str, ship_notice_id: str) -> ShipNotice | None: ...

    async def of_order(self, purchase_order_id: str) -> list[ShipNotice]: ...

    async def on_the_way(self, purchase_order_ids: Iterable[str]) -> list[ShipNotice]:
        """The open ones that name any of these orders, oldest first, to read only."""

    def add(self, notice: ShipNotice) -> None: ...


SEPARATOR = "\x1f"
"""Stands in no name."""


class CarrierReference(NamedTuple):
    """A name of a shipment: of which kind, and the name. That of an ASN is the supplier and its number."""

    kind: str
    name: str


def carrier_references(
    carrier_reference: str, bill_of_lading: str, supplier_id: str, number: str
) -> tuple[CarrierReference, ...]:
    """Those that are given; the ASN's only with its supplier."""
    notice = f"{supplier_id}{SEPARATOR}{number}" if supplier_id and number else ""
    names = (("carrier", carrier_reference), ("bill", bill_of_lading), ("notice", notice))
    return tuple(CarrierReference(kind, name) for kind, name in names if name)


class CarrierEtas(Protocol):
    """What carriers said of shipments, by their names; whether they were announced yet or not."""

    async def claim(self, references: Iterable[CarrierReference]) -> None:
        """Until this work ends nobody else says something of these, or announces a shipment of such a name. Claimed
        before the orders."""

    async def newest(self, references: Iterable[CarrierReference], since: datetime) -> CarrierEta | None:
        """The last word on a shipment with any of these names."""

    async def keep(self, references: Iterable[CarrierReference], eta: CarrierEta) -> bool:
        """Whether it is the newest word for one of them."""


@dataclass(frozen=True, slots=True)
class AnnouncedUnit:
    """A handling unit as another shipment announced it."""

    sscc: str
    supplier_id: str
    number: str
    announced_at: datetime


class HandlingUnits(Protocol):
    async def announce(self, notice: ShipNotice, since: datetime) -> list[AnnouncedUnit]:
        """Keeps the notice's handling units; those of them that other shipments announced since then."""


class Receipts(Protocol):
    async def claim(self, system: str, number: str) -> Receipt | None:
        """The receipt of this number, or nobody else can record it until this work ends."""

    async def like(self, goods: str) -> str:
        """The number of the first receipt of the same goods (`ReceiptTerms.goods`); empty where there is none, and
        nobody else records one until this work ends."""

    async def find(self, system: str, number: str, receipt_id: str) -> Receipt | None: ...

    async def of_order(self, purchase_order_id: str) -> list[Receipt]: ...

    def add(self, receipt: Receipt) -> None: ...


class SupplierInvoices(Protocol):
    async def claim(self, terms: InvoiceTerms) -> SupplierInvoice | None:
        """The invoice of this identity, or nobody else can record it until this work ends. Until then nobody creates an
        order of a number that it names either: of two at once, the later sees the earlier."""

    async def waiting(self, orders: Iterable[PurchaseOrder], *, credits_only: bool = False) -> list[SupplierInvoice]:
        """Those that name one of these orders and have a line that has not passed, locked, oldest first."""

    async def credited(self, terms: InvoiceTerms) -> SupplierInvoice | None:
        """The invoice that a credit memo names, locked; None where it names none, or nobody knows it."""

    async def find(self, supplier_id: str, number: str, invoice_id: str) -> SupplierInvoice | None: ...

    async def lock(self, invoice_id: str) -> SupplierInvoice | None:
        """Locked after the orders of its lines."""

    async def of_order(self, order: PurchaseOrder) -> list[SupplierInvoice]: ...

    def add(self, invoice: SupplierInvoice) -> None: ...


@dataclass(frozen=True, slots=True)
class DockDays:
    location_id: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class DockUse:
    """How a door is booked on a day; `arrived` are the appointments of which goods have been received."""

    on: date
    door: str
    appointments: int
    booked_minutes: int
    arrived: int


@dataclass(frozen=True, slots=True)
class AccrualPage:
    """`after` is the id of the last line of the page before. Empty is no condition."""

    business_unit: str = ""
    supplier_id: str = ""
    size: int = 200
    after: str = ""


class Accruals(Protocol):
    async def page(self, page: AccrualPage) -> list[Accrual]: ...


class DockAppointments(Protocol):
    async def claim(self, system: str, number: str) -> DockAppointment | None:
        """The appointment of this number, or nobody else can record it until this work ends."""

    def add(self, appointment: DockAppointment) -> None: ...


class Compliance(Protocol):
    """Certificates on file and what waits for one."""

    async def claim(self, terms: CertificateTerms) -> Certificate | None:
        """The certificate of this number, or nobody else can record it until this work ends."""

    async def lock(self, supplier_ids: Iterable[str]) -> None:
        """Until this work ends nobody else says what these suppliers certify or lack."""

    async def on_file(self, supplier_ids: Iterable[str], skus: Iterable[str]) -> list[CertificateTerms]: ...

    async def orders_waiting(self, terms: CertificateTerms) -> list[str]:
        """Whose goods may wait for it, as far as nobody changes that meanwhile."""

    async def waiting(self, terms: CertificateTerms) -> list[ComplianceHold]:
        """Of its supplier and item, the oldest first."""

    async def held_lines(self, purchase_order_ids: Iterable[str]) -> dict[str, str]:
        """By id of the order line, which kinds its received goods lack."""

    def add(self, certificate: Certificate) -> None: ...

    def add_hold(self, hold: ComplianceHold) -> None: ...


class DockUses(Protocol):
    async def count(self, days: DockDays) -> list[DockUse]: ...


class ExpectedReceipts(Protocol):
    async def of(self, references: Iterable[str]) -> dict[str, dict[str, ExpectedReceipt]]:
        """By reference and place."""

    def add(self, expected: Iterable[ExpectedReceipt]) -> None: ...


@dataclass(frozen=True, slots=True)
class Validity:
    """From `first` until the day before `end`; without an end, for ever."""

    tenant: str
    first: date
    end: date | None


@dataclass(frozen=True, slots=True)
class ItemRecord:
    validity: Validity
    item: Item


@dataclass(frozen=True, slots=True)
class LocationRecord:
    validity: Validity
    location: Location


@dataclass(frozen=True, slots=True)
class PartyRecord:
    validity: Validity
    party_id: str
    supplier: bool


@dataclass(frozen=True, slots=True)
class SupplierTerms:
    """How long a supplier's partner profile gives it to answer and us to decide, and when that time counts."""

    tenant: str
    partner: str
    supplier_id: str
    business_unit: str
    acknowledgment: timedelta = timedelta(0)
    decision: timedelta = timedelta(0)
    calendar: Mapping[str, Any] = field(default_factory=dict)


class TermsBook(Protocol):
    """Where the profiles of suppliers are kept as connector announces them."""

    async def keep(self, terms: Sequence[SupplierTerms]) -> None: ...


class MasterDataBook(Protocol):
    """Where master data of any tenant is kept as catalog announces it; of one first day the last record counts."""

    async def keep_items(self, records: Sequence[ItemRecord]) -> None: ...

    async def keep_locations(self, records: Sequence[LocationRecord]) -> None: ...

    async def keep_parties(self, records: Sequence[PartyRecord]) -> None: ...


class WaitingInvoices(Protocol):
    async def for_items(self, items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Tenant and order of the invoices that ask for one of these items (tenant, SKU) in a unit which it had not."""


class MasterData(Protocol):
    async def items(self, skus: Iterable[str], on: date | None = None) -> dict[str, Item]:
        """As they are described on a day, else today. What a document says is read by the words of its day; a unit that
        the item did not have then by today's."""

    async def locations(self, location_ids: Iterable[str]) -> dict[str, Location]: ...

    async def suppliers(self, party_ids: Iterable[str]) -> frozenset[str]: ...


class Policies(Protocol):
    async def tolerances(self, business_unit: str, partner: str, location: str) -> Tolerances: ...

    async def invoice_tolerances(
        self, business_unit: str, supplier_id: str, item_category: str, currency: str
    ) -> InvoiceTolerances:
        """Without a category those of what is no item's: the charges."""

    async def match_is_verdict(self, business_unit: str, supplier_id: str) -> bool:
        """Whether our match decides what is paid, and not the ERP."""

    async def certificates(self, business_unit: str, supplier_id: str, item_category: str, location: str) -> Required:
        """What goods need before they may be sold and paid for."""

    async def span(self, key: str, business_unit: str, partner: str) -> timedelta:
        """A time that the policy table or its default gives."""

    async def due(self, key: str, business_unit: str, partner: str, since: datetime) -> datetime:
        """When the time that the policy table, the partner's profile or the default gives has passed in the partner's
        calendar."""


class Work(Protocol):
    """One transaction. `now` is when it began."""

    @property
    def purchase_orders(self) -> PurchaseOrders: ...
    @property
    def blanket_orders(self) -> BlanketOrders: ...
    @property
    def ship_notices(self) -> ShipNotices: ...
    @property
    def handling_units(self) -> HandlingUnits: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def supplier_invoices(self) -> SupplierInvoices: ...
    @property
    def dock_appointments(self) -> DockAppointments: ...
    @property
    def carrier_etas(self) -> CarrierEtas: ...
    @property
    def compliance(self) -> Compliance: ...
    @property
    def expected(self) -> ExpectedReceipts: ...
    @property
    def master_data(self) -> MasterData: ...
    @property
    def policies(self) -> Policies: ...
    @property
    def now(self) -> datetime: ...

    def raise_concern(self, concern: Concern) -> None: ...

    def settle(self, identities: Sequence[str], resolution: str) -> None: ...

    def set_deadline(self, deadline: Deadline) -> None: ...

    def drop_deadline(self, kind: str, subject: str) -> None: ...

    def note(
        self, *, keys: Iterable[str] = (), transaction_ids: Sequence[str] = (), outcome: str = "", reason: str = ""
    ) -> None:
        """What the step of this work is about, for the timeline."""


class Reads(Protocol):
    """What a query may ask for."""

    @property
    def purchase_orders(self) -> PurchaseOrders: ...
    @property
    def blanket_orders(self) -> BlanketOrders: ...
    @property
    def ship_notices(self) -> ShipNotices: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def supplier_invoices(self) -> SupplierInvoices: ...
    @property
    def supplier_scores(self) -> SupplierScores: ...
    @property
    def accruals(self) -> Accruals: ...
    @property
    def dock_uses(self) -> DockUses: ...


class SupplierScores(Protocol):
    async def count(self, scope: ScoreScope) -> Score: ...


class Snapshots(Protocol):
    def reading(self) -> AbstractAsyncContextManager[Reads]:
        """Everything that is read inside is of one moment, and nothing can be changed."""


class UnitOfWork(Protocol):
    def __call__(self, origin: Origin | None = None) -> AbstractAsyncContextManager[Work]:
        """Commits at the end, with the events and concerns of what was loaded or added; rolls back on any error."""
