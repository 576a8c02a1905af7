"""Workers hold a lease on their partner's transport, and say how deliveries ended that they were handed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import asyncpg
from crossdock.connector.events.v1 import events_pb2
from crossdock.connector.v1 import partner_pb2
from crossdock_kit.context import cause
from crossdock_kit.deliveries import Dead, Delivered, Dropped, Report
from crossdock_kit.deliveries.queue import DeliveryQueue
from crossdock_kit.deliveries.report import Settled, report
from crossdock_kit.ids import born_at
from crossdock_kit.timers import NewTimer
from crossdock_kit.unit_of_work import Work

from connector import measuring, wire
from connector.domain.documents import State
from connector.mappings.registry import FUNCTIONAL_ACKNOWLEDGMENT
from connector.ports import Surroundings
from connector.profiles import calendar_of, goes_at
from connector.store import documents, orders, partners, saving, worker_leases
from connector.store.document import Document
from connector.store.orders import Accepted
from connector.store.worker_leases import Held
from connector.use_cases.acknowledge import TIMER
from connector.use_cases.announcing import announce
from connector.use_cases.asking_back import NEVER_SENT, own_answer
from connector.use_cases.sending_step import SendingStep

_LONGEST_CODE = 60
_NO_CODE = re.compile(r"[^A-Za-z0-9]+")
# How a delivery's end reads in the timeline; a report that came too late or twice is no step.
_STEPS = {"delivered": "advanced", "waiting": "retry", "dead": "failed", "cancelled": "refused"}


@dataclass(frozen=True, slots=True)
class Worker:
    """Who asks, for which partner of which tenant, under which epoch of its lease."""

    tenant: str
    partner: str
    worker: str
    epoch: int


async def acquire_lease(
    worker: Worker, transport: str, around: Surroundings
) -> tuple[Held, partner_pb2.PartnerProfile]:
    """Takes or renews. Raises LeaseHeld, WorkerLeaseLost, PartnerUnknown."""
    async with around.uow(tenants=(worker.tenant,)) as work:
        stored = await partners.get(work.driver, worker.tenant, worker.partner)
        if worker.epoch:
            held = await worker_leases.renew(
                work.driver, worker.tenant, worker.partner, transport, worker=worker.worker, epoch=worker.epoch
            )
        else:
            held = await worker_leases.take(work.driver, worker.tenant, worker.partner, transport, worker.worker)
        return held, stored.profile


async def report_deliveries(
    worker: Worker, reports: Sequence[Report], queue: DeliveryQueue, around: Surroundings
) -> list[UUID]:
    """Books how deliveries ended; the ids of those whose lease had moved on."""
    async with around.uow(tenants=(worker.tenant,)) as work:
        stored = await partners.get(work.driver, worker.tenant, worker.partner)
        own = await _of_partner(work, worker, reports)
        steps = {key: SendingStep(row, worker.tenant, worker.partner, work.now) for key, row in own.items()}
        told = [_traced(each, steps[each.delivery_id]) for each in reports if each.delivery_id in own]
        settled = await report(work.driver, told, queue.limits_of)
        outcomes = {each.delivery_id: each.outcome for each in reports}
        took = {each.delivery_id: each.took for each in reports}
        final = [each.delivery_id for each in settled if each.end in {"delivered", "dead", "cancelled"}]
        booking = Booking(work, stored.profile, await documents.get_all(work.driver, worker.tenant, final, lock=True))
        for each in settled:
            if each.end in _STEPS:
                with steps[each.delivery_id].within():
                    _note(own[each.delivery_id], each, outcomes[each.delivery_id], work)
                    booking.book(each, outcomes[each.delivery_id])
        await booking.save()
    for each in settled:
        if each.end in _STEPS:
            steps[each.delivery_id].end(_failure(each, outcomes[each.delivery_id]))
            if (spoken := took[each.delivery_id]) is not None:
                measuring.sent(worker.tenant, worker.partner, each.end, spoken)
            if (document := booking.documents.get(each.delivery_id)) and document.sent_at and each.end == "delivered":
                since = _told_since(document, stored.profile)
                measuring.told(worker.tenant, worker.partner, document.kind, document.sent_at - since)
    lost = [each.delivery_id for each in settled if each.end == "lost"]
    return [*lost, *(each.delivery_id for each in reports if each.delivery_id not in own)]


def _told_since(document: Document, profile: partner_pb2.PartnerProfile) -> datetime:
    """When the fact was recorded that a document tells of, or when the partner's schedule let it go; an answer to a
    document of the partner's tells of no fact and counts from when it was written."""
    recorded = born_at(UUID(document.source_event_id)) if document.source_event_id else None
    slot = goes_at(profile, document.received_at)
    return max(recorded or document.received_at, slot) if slot else recorded or document.received_at


def _traced(told: Report, step: SendingStep) -> Report:
    return replace(told, traceparent=str(step.span.place))


_OWN = """
SELECT delivery_id, keys, transaction_ids, attempts, created_at, correlation_id, causation_id, kind, traceparent,
  last_traceparent, redriven_by
FROM delivery WHERE tenant = $1 AND partner = $2 AND delivery_id = ANY($3::uuid[])
"""


async def _of_partner(work: Work, worker: Worker, reports: Sequence[Report]) -> Mapping[UUID, asyncpg.Record]:
    """A worker speaks for its own partner's deliveries and for no others."""
    rows = await work.driver.fetch(
        _OWN,
        worker.tenant,
        worker.partner,
        [each.delivery_id for each in reports],
    )
    return {row["delivery_id"]: row for row in rows}


def _note(delivery: asyncpg.Record, settled: Settled, outcome: object, work: Work) -> None:
    work.note(
        keys=delivery["keys"],
        transaction_ids=delivery["transaction_ids"],
        outcome=_STEPS[settled.end],
        reason=_failure(settled, outcome),
    )


def _failure(settled: Settled, outcome: object) -> str:
    """Why it did not get through, as a code; empty if it did."""
    return reason_of(getattr(outcome, "reason", "")) if settled.end != "delivered" else ""


def reason_of(said: str) -> str:
    """The code of "HTTP 503: what the partner said": its own words stand in the delivery and nowhere else."""
    return _NO_CODE.sub("_", said.partition(":")[0].strip()).upper()[:_LONGEST_CODE]


@dataclass(eq=False)
class Booking:
    """What the reports of a worker change: documents that were sent or given up, locked and saved together."""

    work: Work
    profile: partner_pb2.PartnerProfile
    documents: dict[UUID, Document]
    _accepted: list[Accepted] = field(default_factory=list)

    def book(self, settled: Settled, outcome: object) -> None:
        document = self.documents.get(settled.delivery_id)
        if document is None:
            return
        if settled.end == "dead":
            document.reason = outcome.reason if isinstance(outcome, Dead) else "given up"
        elif isinstance(outcome, Dropped):
            document.reason = outcome.reason
            if outcome.code == NEVER_SENT and (answer := own_answer(document, self.work)):
                self.work.deliver(answer)
        elif isinstance(outcome, Delivered):
            self._sent(document, outcome)

    def _sent(self, document: Document, outcome: Delivered) -> None:
        """The partner has it. Its 997 may be here already; then nothing is waited for."""
        document.sent_at = self.work.now
        document.foreign_number = outcome.foreign_number
        if document.state is State.RENDERED:
            document.state = State.SENT
            self._await_acknowledgment(document)
        if document.kind == "json.supplier_order":
            # The answer of an API is its technical receipt.
            self._accepted.append(Accepted(document.tenant, document.document_id, self.work.now, 0))
        announce(
            self.work,
            document,
            events_pb2.DocumentSent(
                document_id=str(document.document_id),
                partner=document.partner,
                kind=document.kind,
                foreign_number=outcome.foreign_number,
                source_event_id=document.source_event_id,
                source_aggregate=document.source_aggregate,
                sent_at=wire.stamp(self.work.now),
            ),
        )

    def _await_acknowledgment(self, document: Document) -> None:
        within = self.profile.timers.functional_ack.ToTimedelta()
        if not within or not document.kind.startswith("x12.") or document.kind == FUNCTIONAL_ACKNOWLEDGMENT:
            return
        self.work.set_timer(
            NewTimer(
                tenant=document.tenant,
                kind=TIMER,
                subject=str(document.document_id),
                due_at=calendar_of(self.profile).add(self.work.now, within),
                transaction_ids=document.transaction_ids,
                keys=document.keys,
                correlation_id=cause().correlation_id,
                causation_id=str(document.document_id),
            )
        )

    async def save(self) -> None:
        await orders.accept_all(self.work.driver, self._accepted)
        await saving.save_all(self.work.driver, self.documents.values())
