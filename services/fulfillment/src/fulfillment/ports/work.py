"""An open work, with all that is kept, and what opens it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from fulfillment.domain import posting
from fulfillment.domain.check_lifecycle import Kind as CheckKind
from fulfillment.domain.checks import Rule
from fulfillment.domain.concerns import Concern
from fulfillment.domain.customer_return import CustomerReturn
from fulfillment.domain.drop_shipment import DropShipment
from fulfillment.domain.own_books import OwnBooks
from fulfillment.domain.posting import Posting
from fulfillment.domain.quantities import Item
from fulfillment.domain.return_report import BookedReport, ReturnReport
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import Allocator, OrderTerms
from fulfillment.domain.warehouse_report import Booking, Shipment
from fulfillment.ports.collections import (
    CheckAnswers,
    Payments,
    PersonalData,
    Postings,
    Returns,
    SalesOrders,
    Supplies,
    WarehouseReports,
)
from fulfillment.ports.master_data import (
    MasterData,
)
from fulfillment.ports.said import (
    Origin,
)


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

    async def clear_shipment(self, shipment: Shipment, order: SalesOrder) -> None:
        """Writes it, and announces that nothing keeps it from being carried any more, this order's check last."""

    async def put_return(
        self, found: CustomerReturn, order: SalesOrder | None, report: ReturnReport | None = None
    ) -> None:
        """Announces the report and what the return came to, watches its deadline, and writes it."""

    async def keep_return_report(self, report: BookedReport) -> None: ...

    async def check_rules(self, order: SalesOrder) -> Mapping[CheckKind, Rule]:
        """The checks that its business unit and customer have declared, by kind."""

    async def turn_of(self, terms: OrderTerms) -> datetime:
        """When the turn of an order comes that is placed now, among all that wait for the same."""

    async def allocator_of(self, terms: OrderTerms) -> Allocator:
        """Who decides which stock serves an order that is placed now, as policy says."""

    async def ready_on(self, order: SalesOrder, location_ids: Iterable[str]) -> Mapping[str, date]:
        """By place, the first day on which goods that are bound there now can be with the order's customer."""

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
