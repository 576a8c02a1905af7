"""One transaction of a use case: loads through the repositories, and at the end writes what changed with its events.

Order at the end: rows first, in the order in which they were locked, then the journal by the kit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from crossdock_kit.database.upserts import upsert
from crossdock_kit.events import NewEvent
from crossdock_kit.exceptions import NewException
from crossdock_kit.json_rows import Row
from crossdock_kit.opened_work import OpensPorts, origin_of
from crossdock_kit.timers import NewTimer
from crossdock_kit.unit_of_work import Work as KitWork
from sqlalchemy import Table

from procurement.domain import events
from procurement.domain.concerns import Concern
from procurement.ports import Deadline, Origin
from procurement.store import rows, tables
from procurement.store.accruals import Accruals
from procurement.store.blanket_orders import BlanketOrders, blanket_row
from procurement.store.carrier_etas import CarrierEtas
from procurement.store.compliance import StoredCompliance, certificate_row, hold_row
from procurement.store.docks import DockAppointments, DockUses, appointment_row
from procurement.store.expected import Expected
from procurement.store.handling_units import HandlingUnits
from procurement.store.invoices import SupplierInvoices
from procurement.store.master_data import KnownMasterData
from procurement.store.notices import Notices, snapshot_notice
from procurement.store.orders import Orders, snapshot_order
from procurement.store.policies import TenantPolicies
from procurement.store.receipts import Receipts
from procurement.store.scores import SupplierScores
from procurement.use_cases.foreign_attributes import foreign_attributes
from procurement.wire.envelopes import announcement


class Announces(Protocol):
    """An aggregate that records its events and counts them."""

    event_version: int
    events: list[events.Event]


class Concerned(Protocol):
    concerns: list[Concern]
    settled: list[str]


class ProcurementWork:
    """The ports on one open work of the kit."""

    def __init__(self, work: KitWork, origin: Origin | None) -> None:
        self._work, self._origin = work, origin
        driver, tenant = work.driver, work.tenant
        self.purchase_orders = Orders(driver, tenant)
        self.blanket_orders = BlanketOrders(driver, tenant, self.purchase_orders)
        self.ship_notices = Notices(driver, tenant)
        self.handling_units = HandlingUnits(driver, tenant, work.now)
        self.receipts = Receipts(driver, tenant)
        self.supplier_invoices = SupplierInvoices(driver, tenant)
        self.supplier_scores = SupplierScores(driver, tenant, work.now.date())
        self.accruals = Accruals(driver, tenant, work.now.date())
        self.dock_appointments = DockAppointments(driver, tenant)
        self.dock_uses = DockUses(driver, tenant)
        self.carrier_etas = CarrierEtas(driver, tenant)
        self.compliance = StoredCompliance(driver, tenant)
        self.expected = Expected(driver, tenant)
        self.master_data = KnownMasterData(driver, tenant, work.now.date())
        self.policies = TenantPolicies(driver, tenant, work.now)

    @property
    def now(self) -> datetime:
        return self._work.now

    def raise_concern(self, concern: Concern) -> None:
        self._work.raise_exception(
            NewException(
                failure_class=concern.failure_class,
                code=concern.code,
                summary=concern.summary,
                owner=concern.owner,
                subject=concern.subject,
                transaction_ids=concern.transaction_ids,
                keys=concern.keys,
                details=concern.details,
                dedupe_key=concern.identity,
            )
        )

    def settle(self, identities: Sequence[str], resolution: str) -> None:
        for each in dict.fromkeys(identities):
            self._work.resolve_exception(each, resolution)

    def set_deadline(self, deadline: Deadline) -> None:
        self._work.set_timer(
            NewTimer(
                kind=deadline.kind,
                subject=deadline.subject,
                due_at=deadline.due_at,
                transaction_ids=deadline.transaction_ids,
                keys=deadline.keys,
            )
        )

    def drop_deadline(self, kind: str, subject: str) -> None:
        self._work.cancel_timer(kind, subject)

    def note(
        self, *, keys: Iterable[str] = (), transaction_ids: Sequence[str] = (), outcome: str = "", reason: str = ""
    ) -> None:
        self._work.note(keys=keys, transaction_ids=transaction_ids, outcome=outcome, reason=reason)

    async def write(self) -> None:
        """Writes what changed and hands events and concerns to the kit's work."""
        await self._save_orders()
        await self._save_blankets()
        await self._save_notices()
        await self._save_receipts()
        await self._save_invoices()
        await self._save_appointments()
        await self._save_compliance()
        expected = [each for each in self.expected.held.values() if each.events]
        for each in expected:
            self._record(each.events, each.sequence)
        await self._write(tables.expected_receipt, [rows.expected_row(each) for each in expected])
        for concern in foreign_attributes(self._origin):
            self.raise_concern(concern)

    async def _save_orders(self) -> None:
        heads, lines = list[Row](), list[Row]()
        for key, order in self.purchase_orders.held.items():
            stored = self.purchase_orders.stored.get(key, {"head": None, "lines": {}})
            found = snapshot_order(order)
            if found == stored and not order.events:
                self._tell(order)
                continue
            order.version += 1
            order.updated_at = self.now
            self._announce(order)
            self._tell(order)
            heads.append(rows.order_row(order))
            lines += [row for line_id, row in found["lines"].items() if stored["lines"].get(line_id) != row]
        await self._write(tables.purchase_order, heads)
        await self._write(tables.purchase_order_line, lines)

    async def _save_blankets(self) -> None:
        changed = [each for each in self.blanket_orders.held.values() if each.events]
        for blanket in changed:
            blanket.version += 1
            self._announce(blanket)
            self._tell(blanket)
        await self._write(tables.blanket_order, [blanket_row(each) for each in changed])

    async def _save_notices(self) -> None:
        heads, lines = list[Row](), list[Row]()
        for key, notice in self.ship_notices.held.items():
            stored = self.ship_notices.stored.get(key, {"head": None, "lines": {}})
            found = snapshot_notice(notice)
            if found == stored and not notice.events:
                continue
            notice.version += 1
            self._announce(notice)
            self._tell(notice)
            heads.append(rows.notice_row(notice))
            lines += [row for line_id, row in found["lines"].items() if stored["lines"].get(line_id) != row]
        await self._write(tables.ship_notice, heads)
        await self._write(tables.ship_notice_line, lines)

    async def _save_receipts(self) -> None:
        added = self.receipts.added
        for receipt in added:
            self._announce(receipt, occurred_at=receipt.terms.received_at)
            self._tell(receipt)
        await self._write(tables.receipt, [rows.receipt_row(each) for each in added])
        await self._write(
            tables.receipt_line, [rows.receipt_line_row(each, line) for each in added for line in each.lines]
        )

    async def _save_invoices(self) -> None:
        matched = [each for each in self.supplier_invoices.held.values() if each.events]
        for invoice in matched:
            invoice.version += 1
            self._announce(invoice)
            self._tell(invoice)
        await self._write(tables.supplier_invoice, [rows.invoice_row(each) for each in matched])
        await self._write(
            tables.supplier_invoice_line, [rows.invoice_line_row(each, line) for each in matched for line in each.lines]
        )

    async def _save_appointments(self) -> None:
        told = self.dock_appointments.added
        for appointment in told:
            self._announce(appointment)
        await self._write(tables.dock_appointment, [appointment_row(each) for each in told])

    async def _save_compliance(self) -> None:
        holds = self.compliance.changed
        for certificate in self.compliance.added:
            self._announce(certificate)
        for hold in holds:
            self._announce(hold)
            self._tell(hold)
        await self._write(tables.certificate, [certificate_row(each) for each in self.compliance.added])
        await self._write(tables.compliance_hold, [hold_row(each) for each in holds])

    async def _write(self, table: Table, written: list[Row]) -> None:
        await upsert(self._work.driver, table, [{"tenant": self._work.tenant, **row} for row in written])

    def _tell(self, aggregate: Concerned) -> None:
        self.settle(aggregate.settled, "no longer holds")
        for concern in aggregate.concerns:
            self.raise_concern(concern)

    def _announce(self, aggregate: Announces, occurred_at: datetime | None = None) -> None:
        first = aggregate.event_version + 1
        aggregate.event_version += len(aggregate.events)
        self._record(aggregate.events, first, occurred_at)

    def _record(self, recorded: list[events.Event], first: int, occurred_at: datetime | None = None) -> None:
        when = occurred_at or (self._origin.occurred_at if self._origin else None) or self.now
        for version, event in enumerate(recorded, first):
            self._work.record(self._new_event(event, version, when))
        recorded.clear()

    def _new_event(self, event: events.Event, version: int, occurred_at: datetime) -> NewEvent:
        told = announcement(event)
        return NewEvent(
            message=told.message,
            tenant=self._work.tenant,
            business_unit=told.business_unit,
            aggregate_type=told.aggregate_type,
            aggregate_id=told.aggregate_id,
            version=version,
            subject=told.subject,
            keys=told.keys,
            transaction_ids=told.transaction_ids,
            occurred_at=occurred_at,
            origin=origin_of(self._origin),
            express=told.express,
            transaction_type=told.transaction_type,
            root_key=told.root_key,
        )


class ProcurementUnitOfWork(OpensPorts[ProcurementWork, Origin]):
    """Opens works with this service's ports."""

    ports = ProcurementWork


on = ProcurementUnitOfWork.on
