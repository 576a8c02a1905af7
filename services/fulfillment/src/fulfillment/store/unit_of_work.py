"""One transaction of a use case: loads through the repository, and writes what changed with its events.

An order is announced when it is put back, so that its facts belong to the step that made them; its rows are written
together with those of all others, in the order of their keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from crossdock_kit import policy
from crossdock_kit.courtesy import MANY_ROWS, in_pieces, others_first
from crossdock_kit.database.upserts import upsert, upsert_all
from crossdock_kit.events import NewEvent
from crossdock_kit.exceptions import NewException
from crossdock_kit.ids import uuid7
from crossdock_kit.json_rows import Row
from crossdock_kit.opened_work import OpensPorts, origin_of
from crossdock_kit.personal_data import StoredPersonalData
from crossdock_kit.policy import PolicyBook, Scope
from crossdock_kit.process_timers import Course, entered
from crossdock_kit.unit_of_work import Work as KitWork
from sqlalchemy import Table

from fulfillment.domain import return_lifecycle
from fulfillment.domain.check_lifecycle import CHECKS, Kind
from fulfillment.domain.checks import Rule
from fulfillment.domain.concerns import Concern
from fulfillment.domain.customer_return import CustomerReturn
from fulfillment.domain.drop_shipment import DropShipment
from fulfillment.domain.events import Event
from fulfillment.domain.lifecycle import POLICY_KEYS, SCHEDULE
from fulfillment.domain.own_books import OwnBooks
from fulfillment.domain.posting import Kind as PostingKind
from fulfillment.domain.posting import Posting
from fulfillment.domain.promising import judge
from fulfillment.domain.quantities import Item
from fulfillment.domain.questions import Part
from fulfillment.domain.return_report import BookedReport, ReturnReport
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import Allocator, OrderTerms
from fulfillment.domain.turns import LEAD, turn
from fulfillment.domain.warehouse_report import Booking, Shipment
from fulfillment.ports import Origin
from fulfillment.store import posting_book, rows, tables
from fulfillment.store.allocator_policy import ALLOCATES_BY, allocator_of
from fulfillment.store.check_answers import CheckAnswerRows
from fulfillment.store.check_policies import CHECK_KEYS, declared
from fulfillment.store.drop_ship_policy import DROP_SHIP, supplier_for
from fulfillment.store.handling_time import HANDLING, ready_on
from fulfillment.store.master_data import KnownMasterData
from fulfillment.store.orders import Orders
from fulfillment.store.payments import PaymentRows
from fulfillment.store.posting_book import PostingBook
from fulfillment.store.postings import PostingRows, posting_row
from fulfillment.store.return_book import ReturnBook
from fulfillment.store.returns import ReturnRows, report_row, return_row
from fulfillment.store.supplies import SupplyRows
from fulfillment.store.warehouse_reports import WarehouseReportRows
from fulfillment.wire.drop_shipping import supplier_shipped
from fulfillment.wire.envelopes import announcement
from fulfillment.wire.stock import give_back, question
from fulfillment.wire.warehouse import fact_of, shipment_cleared

WRITTEN_AT_ONCE = 400
SAME_DAY_LEAD = "fulfillment.same_day_lead_hours"
"""`{"hours": 24}` by business unit and, as partner, by channel."""


class FulfillmentWork:
    """The ports on one open work of the kit."""

    def __init__(self, work: KitWork, origin: Origin | None) -> None:
        self._work, self._origin = work, origin
        self._when = (origin.occurred_at if origin else None) or work.now
        self.sales_orders = Orders(work.driver, work.tenant, self._when)
        self.supplies = SupplyRows(work.driver, work.tenant, work.now.date())
        self.warehouse_reports = WarehouseReportRows(work.driver, work.tenant)
        self.postings = PostingRows(work.driver, work.tenant)
        self.payments = PaymentRows(work.driver, work.tenant)
        self._posting_book = PostingBook(work, origin, self._policy_book, self.tell)
        self.check_answers = CheckAnswerRows(work.driver, work.tenant)
        self.returns = ReturnRows(work.driver, work.tenant)
        self._return_book = ReturnBook(work, origin, self._policy_book, self.tell)
        self.master_data = KnownMasterData(work.driver, work.tenant, work.now.date())
        self.personal_data = StoredPersonalData(work.driver, work.tenant)
        self._written: dict[Table, dict[tuple[object, ...], Row]] = {table: {} for table in _TABLES}
        self._policies: PolicyBook | None = None

    @property
    def now(self) -> datetime:
        return self._work.now

    def new_id(self) -> str:
        return str(uuid7())

    def note(
        self, *, keys: Iterable[str] = (), transaction_ids: Sequence[str] = (), outcome: str = "", reason: str = ""
    ) -> None:
        self._work.note(keys=keys, transaction_ids=transaction_ids, outcome=outcome, reason=reason)

    async def put(self, order: SalesOrder) -> None:
        """Announces, asks and watches; its rows are written when there are enough of them, or at the end."""
        await others_first(len(order.lines))
        for part in sorted({line.part for line in order.lines.values()}):
            judge(order, part)
        await self._watch(order)
        await self._watch_checks(order)
        stored = self.sales_orders.stored[order.order_id]
        changed = await self._keep_lines(order) or bool(order.events) or stored.head != rows.order_row(order)
        if changed:
            order.version += 1
            order.updated_at = self.now
        await self._announce(order)
        self._ask(order)
        self._tell(order)
        if changed:
            stored.head = rows.order_row(order)
            self._keep(tables.sales_order, stored.head)
        order.let_go()
        if sum(map(len, self._written.values())) > WRITTEN_AT_ONCE:
            await self.write()

    async def write(self) -> None:
        for table, found in self._written.items():
            if len(found) >= MANY_ROWS:
                # Rows of one order, which is locked.
                async for some in in_pieces(list(found.values())):
                    await upsert(self._work.driver, table, some)
                found.clear()
        await upsert_all(self._work.driver, {table: list(found.values()) for table, found in self._written.items()})
        for found in self._written.values():
            found.clear()

    async def put_posting(self, made: Posting, order: SalesOrder) -> None:
        await self._posting_book.take(made, order, self.postings)
        self._keep(tables.posting, posting_row(made))

    async def put_return(
        self, found: CustomerReturn, order: SalesOrder | None, report: ReturnReport | None = None
    ) -> None:
        self.returns.add(found)
        await self._return_book.take(found, order, report)
        self._keep(tables.customer_return, return_row(found))

    async def keep_return_report(self, report: BookedReport) -> None:
        self._keep(tables.return_report, report_row(report))

    async def put_shipment(self, shipment: Shipment) -> None:
        self._keep(tables.outbound_shipment, rows.shipment_row(shipment))

    async def clear_shipment(self, shipment: Shipment, order: SalesOrder) -> None:
        shipment.event_version += 1
        self._work.record(
            NewEvent(
                message=shipment_cleared(shipment, order),
                tenant=self._work.tenant,
                business_unit=shipment.business_unit,
                aggregate_type="outbound_shipment",
                aggregate_id=shipment.shipment_id,
                version=shipment.event_version,
                subject=shipment.number,
                keys=(f"shipment:{shipment.number}", *order.keys),
                transaction_ids=(order.order_id,),
                occurred_at=self._when,
                origin=origin_of(self._origin),
                express=order.express,
            )
        )
        await self.put_shipment(shipment)

    async def record_drop_shipment(self, found: DropShipment) -> None:
        for concern in found.concerns:
            self.tell(concern)
        if found.orders and (found.sent or found.shipment.event_version):
            self._tell_drop_shipment(found)
        await self.put_shipment(found.shipment)

    def _tell_drop_shipment(self, found: DropShipment) -> None:
        found.shipment.event_version += 1
        notice = found.notice
        self._work.record(
            NewEvent(
                message=supplier_shipped(found),
                tenant=self._work.tenant,
                business_unit=found.orders[0].terms.business_unit,
                aggregate_type="outbound_shipment",
                aggregate_id=found.shipment.shipment_id,
                version=found.shipment.event_version,
                subject=notice.number,
                keys=found.keys,
                transaction_ids=found.transaction_ids,
                occurred_at=notice.shipped_at or self.now,
                origin=origin_of(self._origin),
                express=any(each.express for each in found.orders),
            )
        )

    async def turn_of(self, terms: OrderTerms) -> datetime:
        place = Scope(business_unit=terms.business_unit, partner=terms.channel)
        lead = (await self._policy_book()).decide(SAME_DAY_LEAD, place, self.now, LEAD).span
        return turn(self.now, same_day=terms.same_day, lead=lead)

    async def allocator_of(self, terms: OrderTerms) -> Allocator:
        return allocator_of(await self._policy_book(), terms, self.now)

    async def ready_on(self, order: SalesOrder, location_ids: Iterable[str]) -> Mapping[str, date]:
        policies = await self._policy_book()
        return {each: ready_on(policies, order, each, self.now) for each in location_ids}

    async def suppliers_for(self, order: SalesOrder, items: Iterable[Item]) -> Mapping[str, str]:
        policies = await self._policy_book()
        found = {each.sku: supplier_for(policies, order, each, self.now) for each in items}
        return {sku: supplier for sku, supplier in found.items() if supplier}

    async def billed_by_issue(self, order: SalesOrder) -> bool:
        return await self._posting_book.billed_by_issue(order)

    async def own_books(self, order: SalesOrder) -> OwnBooks | None:
        return await self._posting_book.own_books(order)

    async def next_number(self, business_unit: str, kind: PostingKind) -> int:
        return await self._posting_book.next_number(business_unit, kind)

    # --- what has become of an order

    async def _keep_lines(self, order: SalesOrder) -> bool:
        """Whether any line, schedule or part differs from what is stored."""
        stored = self.sales_orders.stored[order.order_id]
        changed = False
        async for some in in_pieces(list(order.lines.values())):
            for line in some:
                changed |= self._keep_changed(tables.order_line, stored.lines.get(line.position), rows.line_row(line))
                for each in line.schedules:
                    each.stamp(self._when)
                    before = stored.schedules.get((line.position, each.number))
                    changed |= self._keep_changed(tables.line_schedule, before, rows.schedule_row(line, each))
        for part, asked in order.parts.items():
            before = stored.parts.get(part)
            changed |= self._keep_changed(tables.order_part, before, rows.part_row(order.order_id, asked))
        stored.forget_lines()
        return changed

    def _keep_changed(self, table: Table, before: Row | None, row: Row) -> bool:
        if row == before:
            return False
        self._keep(table, row)
        return True

    def _keep(self, table: Table, row: Row) -> None:
        full = {"tenant": self._work.tenant, **row}
        self._written[table][tuple(full[column.name] for column in table.primary_key)] = full

    async def _watch(self, order: SalesOrder) -> None:
        """The deadline of a part is that of what has come least far in it; what is opened and empty has one, too."""
        for part in sorted({line.part for line in order.lines.values()}) or [1] * (not order.line_count):
            state = order.laggard(part).value
            watched = order.parts.setdefault(part, Part(part))
            if watched.watched != state:
                watched.watched = state
                entered(self._work, SCHEDULE, state, await self._course(order, part), self.now)

    async def _watch_checks(self, order: SalesOrder) -> None:
        """The deadline of a check counts from its newest question."""
        for check in order.checks.values():
            standing = f"{check.attempt}/{check.state.value}"
            if check.watched != standing:
                check.watched = standing
                place = Scope(business_unit=order.terms.business_unit, partner=order.terms.customer_id)
                course = replace(await self._course(order, 0), subject=order.order_id, place=place)
                entered(self._work, CHECKS[check.kind], check.state.value, course, self.now)

    async def check_rules(self, order: SalesOrder) -> Mapping[Kind, Rule]:
        return declared(await self._policy_book(), order, self.now)

    async def _policy_book(self) -> PolicyBook:
        if self._policies is None:
            keys = [
                *POLICY_KEYS,
                *posting_book.POLICY_KEYS,
                *return_lifecycle.POLICY_KEYS,
                *CHECK_KEYS,
                ALLOCATES_BY,
                DROP_SHIP,
                HANDLING,
                SAME_DAY_LEAD,
            ]
            self._policies = await policy.read(self._work.driver, self._work.tenant, keys)
        return self._policies

    async def _course(self, order: SalesOrder, part: int) -> Course:
        return Course(
            subject=f"{order.order_id}/{part}",
            transaction_ids=(order.order_id,),
            keys=order.keys,
            place=Scope(business_unit=order.terms.business_unit, partner=order.terms.channel),
            policies=await self._policy_book(),
        )

    async def _announce(self, order: SalesOrder) -> None:
        for event in order.events:
            await others_first(len(order.lines))
            order.event_version += 1
            self._work.record(self._new_event(order, event, self._when))
        order.events.clear()

    async def record(self, booking: Booking) -> None:
        if booking.shipment is not None:
            booking.shipment.event_version += 1
            await self.put_shipment(booking.shipment)
        self._keep(tables.warehouse_report, rows.report_row(booking.report))
        aggregate, aggregate_id = booking.aggregate
        self._work.record(
            NewEvent(
                message=fact_of(booking),
                tenant=self._work.tenant,
                business_unit=booking.business_unit,
                aggregate_type=aggregate,
                aggregate_id=aggregate_id,
                version=booking.shipment.event_version if booking.shipment else 1,
                subject=booking.terms.number,
                keys=booking.keys,
                transaction_ids=booking.transaction_ids,
                occurred_at=booking.terms.happened_at,
                origin=origin_of(self._origin),
                express=booking.express,
                transaction_type="" if booking.orders else "warehouse_report",
                root_key="" if booking.orders else booking.keys[0],
            )
        )
        if concern := booking.concern():
            self.tell(concern)

    def _new_event(self, order: SalesOrder, event: Event, occurred_at: datetime) -> NewEvent:
        told = announcement(event)
        return NewEvent(
            message=told.message,
            tenant=self._work.tenant,
            business_unit=order.terms.business_unit,
            aggregate_type="sales_order",
            aggregate_id=order.order_id,
            version=order.event_version,
            subject=order.terms.number,
            keys=told.keys,
            transaction_ids=(order.order_id,),
            occurred_at=occurred_at,
            origin=origin_of(self._origin),
            express=order.express,
            transaction_type="sales_order" if order.event_version == 1 else "",
            root_key=f"order:{order.terms.number}",
        )

    def _ask(self, order: SalesOrder) -> None:
        """What is given back goes first: it may be what is asked for."""
        for part, reservations in order.given_back.items():
            for each in reservations:
                self._work.deliver(give_back(order, part, each))
        for asked in order.questions:
            self._work.deliver(question(order, asked))
        order.given_back.clear()
        order.questions.clear()

    def _tell(self, order: SalesOrder) -> None:
        for each in dict.fromkeys(order.settled):
            self._work.resolve_exception(each, "no longer holds")
        for concern in order.concerns:
            self.tell(concern)
        order.settled.clear()
        order.concerns.clear()

    def tell(self, concern: Concern) -> None:
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


_TABLES = (
    tables.sales_order,
    tables.order_line,
    tables.line_schedule,
    tables.order_part,
    tables.outbound_shipment,
    tables.warehouse_report,
    tables.posting,
    tables.customer_return,
    tables.return_report,
)


class FulfillmentUnitOfWork(OpensPorts[FulfillmentWork, Origin]):
    """Opens works with this service's ports."""

    ports = FulfillmentWork


on = FulfillmentUnitOfWork.on
