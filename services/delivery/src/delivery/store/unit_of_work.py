"""One transaction of a use case: loads through the repositories, and writes what changed with its events.

A shipment is announced when it is put back; its row and what others were told of it are written at the end, in the
order of their keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial

from crossdock_kit import policy
from crossdock_kit.database.upserts import upsert
from crossdock_kit.events import NewEvent
from crossdock_kit.exceptions import NewException
from crossdock_kit.ids import uuid7
from crossdock_kit.json_rows import Row, encode_value
from crossdock_kit.opened_work import OpensPorts, origin_of
from crossdock_kit.personal_data import StoredPersonalData
from crossdock_kit.policy import PolicyBook, Scope
from crossdock_kit.process_timers import Course, entered
from crossdock_kit.telemetry import metrics
from crossdock_kit.timers import NewTimer
from crossdock_kit.unit_of_work import Work as KitWork
from google.protobuf.message import Message

from delivery.domain.carriage import Billing, Terms
from delivery.domain.concerns import Concern, identity
from delivery.domain.events import Event, ShipmentDispatched
from delivery.domain.lifecycle import POLICY_KEYS, SHIPMENT, State
from delivery.domain.milestone_table import Key
from delivery.domain.shipment import Shipment
from delivery.ports import IssuedLine, Origin
from delivery.store import rows, tables
from delivery.store.contents import Contents
from delivery.store.feeds import Feeds
from delivery.store.scans import Codes, Proofs, Scans
from delivery.store.shipments import Shipments
from delivery.use_cases.listening import BILLING_SKIPPED, BILLING_TIMER, SHIPMENT_SILENT, WORD_TIMER
from delivery.wire.entries import entry
from delivery.wire.events import add_lines, to_message

UPDATES, MILESTONES = "crossdock.tracking.updates", "crossdock.tracking.milestones"
READ_AGAIN = "code_mapped"
BILLING, BILLING_HOURS, SILENCE_HOURS = "delivery.billing", "delivery.billing_hours", "delivery.silence_hours"
ATTEMPTS, ATTEMPTS_ALLOWED = "delivery.attempts", 3
BILLED_WITHIN, SILENT_AT_LEAST = timedelta(hours=96), timedelta(hours=24)
PROOF_HOURS, PROOF_AWAITED = "delivery.proof_waits_hours", timedelta(hours=24)
DELAY_TOLERANCE, NO_TOLERANCE = "delivery.delay_tolerance_hours", timedelta(0)
"""`{"hours": 4}` by business unit, place and, as partner, by customer."""
_ISSUED = "SELECT lines FROM goods_issue WHERE tenant = $1 AND shipment_id = $2 AND issue_number = $3"


class DeliveryWork:
    """The ports on one open work of the kit."""

    def __init__(self, work: KitWork, origin: Origin | None) -> None:
        self._work, self._origin = work, origin
        driver, tenant = work.driver, work.tenant
        self.shipments = Shipments(driver, tenant)
        self.scans = Scans(driver, tenant, work.now)
        self.contents = Contents(driver, tenant)
        self.codes = Codes(driver, tenant, work.now)
        self.proofs = Proofs(driver, tenant, work.now)
        self.feeds = Feeds(driver, tenant, work.now)
        self.personal_data = StoredPersonalData(driver, tenant)
        self._heads: dict[str, Row] = {}
        self._entries: list[Row] = []
        self._book: PolicyBook | None = None

    @property
    def now(self) -> datetime:
        return self._work.now

    def new_id(self) -> str:
        return str(uuid7())

    def note(
        self, *, keys: Iterable[str] = (), transaction_ids: Sequence[str] = (), outcome: str = "", reason: str = ""
    ) -> None:
        self._work.note(keys=keys, transaction_ids=transaction_ids, outcome=outcome, reason=reason)

    async def put(self, shipment: Shipment) -> None:
        for event in shipment.events:
            await self._announce(shipment, event)
        await self._watch_attempts(shipment)
        await self._watch(shipment)
        shipment.events.clear()
        for each in dict.fromkeys(shipment.settled):
            self.resolve(each, "no longer holds")
        for concern in shipment.concerns:
            self.tell(concern)
        shipment.settled.clear()
        shipment.concerns.clear()
        self.note(keys=shipment.keys, transaction_ids=shipment.transaction_ids)
        stored = self.shipments.stored[shipment.shipment_id]
        if stored != rows.shipment_row(shipment):
            shipment.version += 1
            shipment.updated_at = self.now
            row = rows.shipment_row(shipment)
            self.shipments.stored[shipment.shipment_id] = row
            self._heads[shipment.shipment_id] = {"tenant": self._work.tenant, **row}

    async def write(self) -> None:
        await upsert(self._work.driver, tables.shipment, list(self._heads.values()))
        await upsert(self._work.driver, tables.milestone_entry, self._entries)
        self._heads.clear()
        self._entries.clear()

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

    def resolve(self, name: str, why: str) -> None:
        self._work.resolve_exception(name, why)

    def read_again_later(self, partner: str, key: Key, means: str = "") -> None:
        payload = encode_value([partner, *key, means])
        subject = "/".join((partner, *key))
        self._work.set_timer(NewTimer(kind=READ_AGAIN, subject=subject, due_at=self.now, payload=payload.encode()))

    def count(self, vocabulary: str, outcomes: Mapping[str, int]) -> None:
        for outcome, number in outcomes.items():
            labels = {"vocabulary": vocabulary, "outcome": outcome}
            self._work.after_commit(partial(metrics.count, UPDATES, number, labels))

    async def _watch(self, shipment: Shipment) -> None:
        """The deadline is that of the state that it stands in; nobody has to find a carrier for what is kept back."""
        state = shipment.state.value
        waits = shipment.kept_back and shipment.state is State.PLANNED
        if shipment.watched != state and not waits:
            shipment.watched = state
            entered(self._work, SHIPMENT, state, await self._course(shipment), self.now)
            await self._watch_billing(shipment)
            if not shipment.on_the_road:
                self.stop_waiting(WORD_TIMER, shipment.shipment_id)
                self.resolve(identity(SHIPMENT_SILENT, shipment.shipment_id), f"it is {state}")

    async def _watch_attempts(self, shipment: Shipment) -> None:
        """Where another attempt failed, or one is no longer on its way."""
        before = self.shipments.stored[shipment.shipment_id].get("attempts", 0)
        if shipment.attempts == before and (not before or shipment.watched == shipment.state.value):
            return
        place = Scope(business_unit=shipment.terms.business_unit, partner=shipment.terms.customer_id)
        decided = (await self._policies()).decide(ATTEMPTS, place, self.now, ATTEMPTS_ALLOWED)
        shipment.judge_attempts(int(decided.value))

    async def _watch_billing(self, shipment: Shipment) -> None:
        since = shipment.billable_since
        if shipment.billed_at is not None or since is None:
            self.stop_waiting(BILLING_TIMER, shipment.shipment_id)
            self.resolve(identity(BILLING_SKIPPED, shipment.shipment_id), "billed, or not to be")
            return
        place = Scope(business_unit=shipment.terms.business_unit, partner=shipment.terms.customer_id)
        decided = (await self._policies()).decide(BILLING_HOURS, place, self.now, BILLED_WITHIN)
        self.wait(BILLING_TIMER, shipment.shipment_id, since + decided.span)

    async def least_patience(self, partner: str) -> timedelta:
        book = await self._policies()
        return book.decide(SILENCE_HOURS, Scope(partner=partner), self.now, SILENT_AT_LEAST).span

    async def proof_patience(self, partner: str) -> timedelta:
        return (await self._policies()).decide(PROOF_HOURS, Scope(partner=partner), self.now, PROOF_AWAITED).span

    def wait(self, kind: str, subject: str, until: datetime, partner: str = "") -> None:
        self._work.set_timer(NewTimer(kind=kind, subject=subject, due_at=until, payload=partner.encode()))

    def stop_waiting(self, kind: str, subject: str) -> None:
        self._work.cancel_timer(kind, subject)

    async def _course(self, shipment: Shipment) -> Course:
        carrier = shipment.carriage.carrier if shipment.carriage else ""
        return Course(
            subject=shipment.shipment_id,
            transaction_ids=shipment.transaction_ids,
            keys=shipment.keys,
            place=Scope(business_unit=shipment.terms.business_unit, partner=carrier, location=shipment.terms.ship_from),
            policies=await self._policies(),
        )

    async def _policies(self) -> PolicyBook:
        if self._book is None:
            self._book = await policy.read(
                self._work.driver,
                self._work.tenant,
                [*POLICY_KEYS, BILLING, BILLING_HOURS, SILENCE_HOURS, PROOF_HOURS, DELAY_TOLERANCE, ATTEMPTS],
            )
        return self._book

    async def billing_of(self, terms: Terms) -> Billing:
        place = Scope(business_unit=terms.business_unit, partner=terms.customer_id, location=terms.ship_from)
        decided = (await self._policies()).decide(BILLING, place, self.now, Billing.DISPATCH.value)
        return Billing(decided.value)

    async def delay_tolerance(self, terms: Terms) -> timedelta:
        place = Scope(business_unit=terms.business_unit, partner=terms.customer_id, location=terms.ship_from)
        return (await self._policies()).decide(DELAY_TOLERANCE, place, self.now, NO_TOLERANCE).span

    async def keep_issue(self, shipment_id: str, issue_number: str, lines: Sequence[IssuedLine]) -> None:
        row = {
            "tenant": self._work.tenant,
            "shipment_id": shipment_id,
            "issue_number": issue_number,
            "lines": [asdict(each) for each in lines],
        }
        await upsert(self._work.driver, tables.goods_issue, [row])

    async def _announce(self, shipment: Shipment, event: Event) -> None:
        shipment.event_version += 1
        message = to_message(event)
        if isinstance(event, ShipmentDispatched):
            found = await self._work.driver.fetchval(
                _ISSUED, self._work.tenant, shipment.shipment_id, event.issue_number
            )
            add_lines(message, [IssuedLine(**each) for each in found or ()])
        self._work.record(self._envelope(shipment, event, message))
        told = entry(event, shipment.event_version, self.now)
        if told is None:
            return
        shipment.milestone_count += 1
        row = {"tenant": self._work.tenant, **rows.entry_row(shipment.shipment_id, told)}
        self._entries.append(row)
        labels = {"milestone": told.milestone.value, "effect": told.effect}
        self._work.after_commit(partial(metrics.count, MILESTONES, 1, labels))

    def _envelope(self, shipment: Shipment, event: Event, message: Message) -> NewEvent:
        alone = shipment.transaction_ids == (shipment.shipment_id,) and shipment.event_version == 1
        return NewEvent(
            message=message,
            tenant=self._work.tenant,
            business_unit=shipment.terms.business_unit,
            aggregate_type="shipment",
            aggregate_id=shipment.shipment_id,
            version=shipment.event_version,
            subject=shipment.terms.number,
            keys=shipment.keys,
            transaction_ids=shipment.transaction_ids,
            occurred_at=event.at,
            origin=origin_of(self._origin),
            express=shipment.terms.express,
            transaction_type="shipment" if alone else "",
            root_key=f"shipment:{shipment.terms.number}" if alone else "",
        )


class DeliveryUnitOfWork(OpensPorts[DeliveryWork, Origin]):
    """Opens works with this service's ports."""

    ports = DeliveryWork


on = DeliveryUnitOfWork.on
