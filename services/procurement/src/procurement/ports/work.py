"""An open work, with all that is kept, and what opens it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from procurement.domain.accrual import Accrual
from procurement.domain.compliance import Required
from procurement.domain.concerns import Concern
from procurement.domain.score import Score, ScoreScope
from procurement.domain.tolerances import InvoiceTolerances, Tolerances
from procurement.ports.collections import (
    BlanketOrders,
    CarrierEtas,
    Compliance,
    DockAppointments,
    DockUses,
    ExpectedReceipts,
    HandlingUnits,
    PurchaseOrders,
    Receipts,
    ShipNotices,
    SupplierInvoices,
)
from procurement.ports.master_data import (
    MasterData,
)
from procurement.ports.said import (
    SEPARATOR,
    CarrierReference,
    Deadline,
    Origin,
)


def carrier_references(
    carrier_reference: str, bill_of_lading: str, supplier_id: str, number: str
) -> tuple[CarrierReference, ...]:
    """Those that are given; the ASN's only with its supplier."""
    notice = f"{supplier_id}{SEPARATOR}{number}" if supplier_id and number else ""
    names = (("carrier", carrier_reference), ("bill", bill_of_lading), ("notice", notice))
    return tuple(CarrierReference(kind, name) for kind, name in names if name)


@dataclass(frozen=True, slots=True)
class AccrualPage:
    """`after` is the id of the last line of the page before. Empty is no condition."""

    business_unit: str = ""
    supplier_id: str = ""
    size: int = 200
    after: str = ""


class Accruals(Protocol):
    async def page(self, page: AccrualPage) -> list[Accrual]: ...


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
