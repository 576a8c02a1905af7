"""The ports in memory, so that use cases are tested for what they load, tell and keep: no SQL, no server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, ClassVar

from procurement.domain import events
from procurement.domain.blanket_order import BlanketOrder
from procurement.domain.compliance import Certificate, CertificateTerms, ComplianceHold, Required
from procurement.domain.concerns import Concern
from procurement.domain.dock import DockAppointment
from procurement.domain.expected import ExpectedReceipt
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import Item
from procurement.domain.receipt import Receipt
from procurement.domain.ship_notice import CarrierEta, NoticeState, ShipNotice
from procurement.domain.supplier_invoice import CLOSED, InvoiceTerms, SupplierInvoice
from procurement.domain.tolerances import InvoiceTolerances, Tolerances
from procurement.ports import (
    AnnouncedUnit,
    BlanketName,
    CarrierReference,
    Deadline,
    Location,
    NoticeName,
    OrderName,
    OrderPage,
    Origin,
)

from procurement_cases.trade import FIVE_PERCENT, INVOICE_TOLERANCES, ITEMS, NOW


class FakeOrders:
    def __init__(self) -> None:
        self.all: dict[str, PurchaseOrder] = {}

    async def claim(self, system: str, business_unit: str, number: str) -> PurchaseOrder | None:
        key = (system, business_unit, number)
        return next((o for o in self.all.values() if (o.system, o.business_unit, o.number) == key), None)

    async def lock(self, names: Iterable[OrderName], ids: Iterable[str] = ()) -> list[PurchaseOrder]:
        wanted = [*names, *(OrderName(purchase_order_id=each) for each in ids)]
        return [order for order in self.all.values() if any(_is(order, name) for name in wanted)]

    async def find(self, names: Iterable[OrderName]) -> list[PurchaseOrder]:
        return await self.lock(names)

    async def page(self, page: OrderPage) -> list[PurchaseOrder]:
        return list(self.all.values())[: page.size]

    async def unfinished(self, after: str, size: int) -> list[PurchaseOrder]:
        return [each for each in self.all.values() if not each.has_ended][:size]

    def add(self, order: PurchaseOrder) -> None:
        self.all[order.purchase_order_id] = order


def _is(order: PurchaseOrder, name: OrderName) -> bool:
    if name.purchase_order_id:
        return order.purchase_order_id == name.purchase_order_id
    return order.number == name.number and name.business_unit in {"", order.business_unit}


class FakeBlankets:
    def __init__(self, orders: FakeOrders) -> None:
        self.orders = orders
        self.all: dict[tuple[str, str, str], BlanketOrder] = {}

    async def claim(self, system: str, business_unit: str, number: str) -> BlanketOrder | None:
        return self.all.get((system, business_unit, number))

    async def orders_naming(self, system: str, business_unit: str, number: str) -> frozenset[str]:
        named = (system, business_unit, number)
        return frozenset(
            each.purchase_order_id
            for each in self.orders.all.values()
            if each.blanket is not None and (each.system, each.business_unit, each.blanket.number) == named
        )

    async def find(self, name: BlanketName) -> list[BlanketOrder]:
        return [each for each in self.all.values() if each.number == name.number]

    async def releases(self, found: BlanketOrder) -> list[PurchaseOrder]:
        return [each for each in self.orders.all.values() if each.called_off_from == found.number]

    def add(self, blanket: BlanketOrder) -> None:
        self.all[blanket.system, blanket.terms.business_unit, blanket.number] = blanket


class FakeNotices:
    def __init__(self) -> None:
        self.all: list[ShipNotice] = []

    async def claim(self, supplier_id: str, number: str) -> frozenset[str]:
        return frozenset(i for each in await self.lock_number(supplier_id, number) for i in each.purchase_order_ids)

    async def orders_of(self, names: Iterable[NoticeName]) -> frozenset[str]:
        return frozenset(i for each in await self.lock(names, ()) for i in each.purchase_order_ids)

    async def carried_as(self, references: Iterable[CarrierReference]) -> list[NoticeName]:
        return []

    async def lock_number(self, supplier_id: str, number: str) -> list[ShipNotice]:
        return [each for each in self.all if (each.supplier_id, each.number) == (supplier_id, number)]

    async def lock(self, names: Iterable[NoticeName], order_ids: Iterable[str]) -> list[ShipNotice]:
        wanted, orders = set(names), set(order_ids)
        gone = {NoticeState.REPLACED, NoticeState.CANCELLED}
        return [
            each
            for each in self.all
            if ({NoticeName(each.ship_notice_id), NoticeName("", each.number)} & wanted and each.state not in gone)
            or (each.open and orders & set(each.purchase_order_ids))
        ]

    async def find(self, supplier_id: str, number: str, ship_notice_id: str) -> ShipNotice | None:
        return next((each for each in self.all if each.ship_notice_id == ship_notice_id), None)

    async def on_the_way(self, purchase_order_ids: Iterable[str]) -> list[ShipNotice]:
        wanted = set(purchase_order_ids)
        return [each for each in self.all if each.open and wanted & set(each.purchase_order_ids)]

    async def of_order(self, purchase_order_id: str) -> list[ShipNotice]:
        return [each for each in self.all if purchase_order_id in each.purchase_order_ids]

    def add(self, notice: ShipNotice) -> None:
        self.all.append(notice)


class FakeEtas:
    async def claim(self, references: Iterable[CarrierReference]) -> None: ...

    async def newest(self, references: Iterable[CarrierReference], since: datetime) -> CarrierEta | None:
        return None

    async def keep(self, references: Iterable[CarrierReference], eta: CarrierEta) -> bool:
        return True


class FakeReceipts:
    def __init__(self) -> None:
        self.all: list[Receipt] = []

    async def claim(self, system: str, number: str) -> Receipt | None:
        return await self.find(system, number, "")

    async def like(self, goods: str) -> str:
        return next((each.number for each in self.all if each.terms.goods == goods), "")

    async def find(self, system: str, number: str, receipt_id: str) -> Receipt | None:
        found = (each for each in self.all if (each.terms.system, each.number) == (system, number))
        return next(found, None)

    async def of_order(self, purchase_order_id: str) -> list[Receipt]:
        return [each for each in self.all if purchase_order_id in each.purchase_order_ids]

    def add(self, receipt: Receipt) -> None:
        self.all.append(receipt)


class FakeAppointments:
    def __init__(self) -> None:
        self.all: dict[tuple[str, str], DockAppointment] = {}

    async def claim(self, system: str, number: str) -> DockAppointment | None:
        return self.all.get((system, number))

    def add(self, appointment: DockAppointment) -> None:
        self.all[appointment.terms.system, appointment.number] = appointment


class FakeCompliance:
    """Nothing is certified, because nothing is asked for."""

    async def claim(self, terms: CertificateTerms) -> Certificate | None:
        return None

    async def lock(self, supplier_ids: Iterable[str]) -> None: ...

    async def on_file(self, supplier_ids: Iterable[str], skus: Iterable[str]) -> list[CertificateTerms]:
        return []

    async def orders_waiting(self, terms: CertificateTerms) -> list[str]:
        return []

    async def waiting(self, terms: CertificateTerms) -> list[ComplianceHold]:
        return []

    async def held_lines(self, purchase_order_ids: Iterable[str]) -> dict[str, str]:
        return {}

    def add(self, certificate: Certificate) -> None: ...

    def add_hold(self, hold: ComplianceHold) -> None: ...


class FakeInvoices:
    def __init__(self) -> None:
        self.all: list[SupplierInvoice] = []

    async def claim(self, terms: InvoiceTerms) -> SupplierInvoice | None:
        return next((each for each in self.all if each.terms.identity == terms.identity), None)

    async def waiting(self, orders: Iterable[PurchaseOrder], *, credits_only: bool = False) -> list[SupplierInvoice]:
        found = [each for order in orders for each in await self.of_order(order)]
        return [each for each in found if each.state not in CLOSED and (each.terms.credit or not credits_only)]

    async def credited(self, terms: InvoiceTerms) -> SupplierInvoice | None:
        return next((each for each in self.all if terms.credits and each.number == terms.credits), None)

    async def find(self, supplier_id: str, number: str, invoice_id: str) -> SupplierInvoice | None:
        return next((each for each in self.all if each.invoice_id == invoice_id), None)

    async def lock(self, invoice_id: str) -> SupplierInvoice | None:
        return await self.find("", "", invoice_id)

    async def of_order(self, order: PurchaseOrder) -> list[SupplierInvoice]:
        return [
            each
            for each in self.all
            if any(
                line.purchase_order_id == order.purchase_order_id
                or (not line.purchase_order_id and line.purchase_order_number == order.number)
                for line in each.lines
            )
        ]

    def add(self, invoice: SupplierInvoice) -> None:
        self.all.append(invoice)


class FakeExpected:
    def __init__(self) -> None:
        self.all: dict[str, dict[str, ExpectedReceipt]] = {}

    async def of(self, references: Iterable[str]) -> dict[str, dict[str, ExpectedReceipt]]:
        return {each: self.all[each] for each in references if each in self.all}

    def add(self, expected: Iterable[ExpectedReceipt]) -> None:
        for each in expected:
            self.all.setdefault(each.reference, {})[each.location_id] = each


class FakeMasterData:
    places: ClassVar = {
        "WH-EAST": Location("WH-EAST", "WMS-EAST", "EU01"),
        "WH-WEST": Location("WH-WEST", "WMS-WEST", "EU01"),
    }

    async def items(self, skus: Iterable[str], on: date | None = None) -> dict[str, Item]:
        return {sku: ITEMS[sku] for sku in skus if sku in ITEMS}

    async def locations(self, location_ids: Iterable[str]) -> dict[str, Location]:
        return {each: self.places[each] for each in location_ids if each in self.places}

    async def suppliers(self, party_ids: Iterable[str]) -> frozenset[str]:
        return frozenset(party_ids) & {"SUP-NORDIC", "SUP-DELTA"}


class FakeHandlingUnits:
    def __init__(self) -> None:
        self.all: dict[tuple[str, str, str], datetime] = {}

    async def announce(self, notice: ShipNotice, since: datetime) -> list[AnnouncedUnit]:
        shipment = (notice.supplier_id, notice.number)
        found = [
            AnnouncedUnit(sscc, supplier, number, at)
            for (sscc, supplier, number), at in sorted(self.all.items())
            if sscc in notice.handling_units and (supplier, number) != shipment and at >= since
        ]
        self.all |= {(sscc, *shipment): NOW for sscc in notice.handling_units}
        return found


class FakePolicies:
    async def tolerances(self, business_unit: str, partner: str, location: str) -> Tolerances:
        return Tolerances(FIVE_PERCENT, FIVE_PERCENT)

    async def match_is_verdict(self, business_unit: str, supplier_id: str) -> bool:
        return False

    async def invoice_tolerances(
        self, business_unit: str, supplier_id: str, item_category: str, currency: str
    ) -> InvoiceTolerances:
        return INVOICE_TOLERANCES

    async def certificates(self, business_unit: str, supplier_id: str, item_category: str, location: str) -> Required:
        return Required()

    async def span(self, key: str, business_unit: str, partner: str) -> timedelta:
        return timedelta(days=1)

    async def due(self, key: str, business_unit: str, partner: str, since: datetime) -> datetime:
        return since + await self.span(key, business_unit, partner)


@dataclass
class FakeWork:
    """What is loaded and added stays, as it would after a commit; events and concerns are gathered at the end."""

    purchase_orders: FakeOrders = field(default_factory=FakeOrders)
    blanket_orders: FakeBlankets = field(init=False)
    ship_notices: FakeNotices = field(default_factory=FakeNotices)
    handling_units: FakeHandlingUnits = field(default_factory=FakeHandlingUnits)
    receipts: FakeReceipts = field(default_factory=FakeReceipts)
    supplier_invoices: FakeInvoices = field(default_factory=FakeInvoices)
    dock_appointments: FakeAppointments = field(default_factory=FakeAppointments)
    carrier_etas: FakeEtas = field(default_factory=FakeEtas)
    compliance: FakeCompliance = field(default_factory=FakeCompliance)
    expected: FakeExpected = field(default_factory=FakeExpected)
    master_data: FakeMasterData = field(default_factory=FakeMasterData)
    policies: FakePolicies = field(default_factory=FakePolicies)
    now: datetime = NOW
    told: list[events.Event] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    deadlines: dict[tuple[str, str], Deadline] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.blanket_orders = FakeBlankets(self.purchase_orders)

    def raise_concern(self, concern: Concern) -> None:
        self.concerns.append(concern)

    def settle(self, identities: Sequence[str], resolution: str) -> None:
        self.settled += identities

    def set_deadline(self, deadline: Deadline) -> None:
        self.deadlines[deadline.kind, deadline.subject] = deadline

    def drop_deadline(self, kind: str, subject: str) -> None:
        self.deadlines.pop((kind, subject), None)

    def note(
        self, *, keys: Iterable[str] = (), transaction_ids: Sequence[str] = (), outcome: str = "", reason: str = ""
    ) -> None:
        self.notes.append({"keys": tuple(keys), "transaction_ids": tuple(transaction_ids), "outcome": outcome})

    def gather(self) -> None:
        expected = [each for places in self.expected.all.values() for each in places.values()]
        aggregates: list[Any] = [
            *self.purchase_orders.all.values(),
            *self.blanket_orders.all.values(),
            *self.ship_notices.all,
            *self.receipts.all,
            *self.supplier_invoices.all,
        ]
        for aggregate in aggregates:
            self.concerns += aggregate.concerns
            self.settled += aggregate.settled
            aggregate.concerns, aggregate.settled = [], []
            aggregate.event_version += len(aggregate.events)
        for aggregate in [*aggregates, *expected]:
            self.told += aggregate.events
            aggregate.events.clear()

    @property
    def names(self) -> list[str]:
        return [type(each).__name__ for each in self.told]


class FakeUnitOfWork:
    def __init__(self) -> None:
        self.work = FakeWork()
        self._ids = count(1)

    @asynccontextmanager
    async def __call__(self, origin: Origin | None = None) -> AsyncIterator[FakeWork]:
        self.work.told.clear()
        yield self.work
        self.work.gather()

    def mint(self) -> str:
        return f"id-{next(self._ids)}"
