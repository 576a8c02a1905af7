"""What is kept, by what it is of: each belongs to the work that it was opened in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from fulfillment.domain.check_lifecycle import Kind as CheckKind
from fulfillment.domain.checks import Earlier
from fulfillment.domain.customer_return import CustomerReturn
from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.posting import Posting
from fulfillment.domain.promising import Lot, Waiting
from fulfillment.domain.return_report import BookedReport, ReportKind
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.settling import Payment
from fulfillment.domain.warehouse_report import Kind, Shipment, WarehouseReport
from fulfillment.ports.said import (
    Before,
    LifecyclePage,
    OrderName,
    OrderPage,
    PostingPage,
    ReturnPage,
    Supply,
    SupplyStatement,
)


class SalesOrders(Protocol):
    async def claim(self, channel: str, number: str) -> SalesOrder | None:
        """The order of this number, locked; where there is none, nobody else can create it until this work ends."""

    async def lock(self, order_ids: Iterable[str]) -> list[SalesOrder]:
        """Those that are known, locked in the order of their ids, without lines."""

    async def find(self, name: OrderName) -> list[SalesOrder]:
        """To read only, without lines."""

    async def consignees(self, order_ids: Sequence[str]) -> Mapping[str, str]:
        """Of those that are known, the row of personal data that says who receives it; empty where nobody was named."""

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


class WarehouseReports(Protocol):
    async def claim(self, kind: Kind, location_id: str, number: str) -> WarehouseReport | None:
        """The report of this number; where there is none, nobody else can record it until this work ends."""

    async def claim_shipment(self, location_id: str, number: str) -> Shipment | None:
        """The shipment, locked, or the right to create it."""

    async def claim_supplier_shipment(self, supplier_id: str, number: str) -> Shipment | None:
        """A supplier's shipment, locked, or the right to create it."""

    async def lock_shipment(self, shipment_id: str) -> Shipment | None: ...

    async def barred_by(self, order_id: str) -> Sequence[Shipment]:
        """The shipments that were packed while a check kept this order from leaving, locked by their ids."""

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

    async def read_all(self, personal_data_ids: Iterable[str]) -> Mapping[str, bytes]:
        """By id, those that there are and that were not erased."""
