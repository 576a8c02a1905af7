"""What is kept, by what it is of: each belongs to the work that it was opened in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from procurement.domain.blanket_order import BlanketOrder
from procurement.domain.compliance import Certificate, CertificateTerms, ComplianceHold
from procurement.domain.dock import DockAppointment
from procurement.domain.expected import ExpectedReceipt
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.receipt import Receipt
from procurement.domain.ship_notice import CarrierEta, ShipNotice
from procurement.domain.supplier_invoice import InvoiceTerms, SupplierInvoice
from procurement.ports.said import (
    AnnouncedUnit,
    BlanketName,
    CarrierReference,
    DockDays,
    DockUse,
    NoticeName,
    OrderName,
    OrderPage,
)


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


class CarrierEtas(Protocol):
    """What carriers said of shipments, by their names; whether they were announced yet or not."""

    async def claim(self, references: Iterable[CarrierReference]) -> None:
        """Until this work ends nobody else says something of these, or announces a shipment of such a name. Claimed
        before the orders."""

    async def newest(self, references: Iterable[CarrierReference], since: datetime) -> CarrierEta | None:
        """The last word on a shipment with any of these names."""

    async def keep(self, references: Iterable[CarrierReference], eta: CarrierEta) -> bool:
        """Whether it is the newest word for one of them."""


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
