"""One transaction for many messages: admission, effects, watermarks, held rows, timeline, outgoing events.

Everything or nothing; who tries again and in what portions is consumer.py's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from crossdock_kit.courtesy import in_pieces
from crossdock_kit.database import Session
from crossdock_kit.database.failures import classified
from crossdock_kit.database.transaction import tenant_list, transaction_on
from crossdock_kit.errors import Conflict, CrossdockError, FailureClass
from crossdock_kit.events import AnyReceived, Handling, cause_of, decoded_list, received
from crossdock_kit.exceptions import NewException
from crossdock_kit.storage import ConsumerStore
from crossdock_kit.subscriptions.held import Setback, subject_of
from crossdock_kit.subscriptions.inbox import Key, reaching
from crossdock_kit.subscriptions.model import Arrival, EventFailed, Subscription
from crossdock_kit.subscriptions.plan import CONTRADICTION, Plan, plan_of, waves
from crossdock_kit.subscriptions.spans import batch_span, begin_span
from crossdock_kit.subscriptions.store import POSTGRES
from crossdock_kit.telemetry.spans import Span
from crossdock_kit.unit_of_work import UnitOfWork, Work


class HandlerFailed(Exception):
    """The service's code failed, not the database. `culprit` is the event, where the handler could tell."""

    def __init__(self, error: Exception, culprit: UUID | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.culprit = culprit


@dataclass(frozen=True, slots=True)
class Applied:
    """What a batch came to."""

    applied: int
    duplicates: int
    held: int
    loosened: list[Key]


@dataclass(eq=False)
class Batches:
    """Applies batches of one subscription on the session that holds its partitions."""

    subscription: Subscription
    uow: UnitOfWork
    store: ConsumerStore = POSTGRES
    _spans: dict[UUID, Span] = field(default_factory=dict)

    async def apply(self, session: Session, arrivals: Sequence[Arrival]) -> Applied:
        """Raises HandlerFailed when the service's code fails, Unavailable or Conflict when the database does."""
        self._spans.clear()
        try:
            with batch_span(self.subscription, arrivals):
                plan = await self._apply(session, arrivals)
        except BaseException as error:
            self._end_spans(error)
            raise
        self._end_spans(None)
        return Applied(len(plan.apply), len(plan.duplicates), len(plan.hold), plan.loosened)

    async def _apply(self, session: Session, arrivals: Sequence[Arrival]) -> Plan:
        async with transaction_on(session, tenant_list(a.tenant for a in arrivals)) as tx:
            work = self.uow.begin(tx)
            plan = plan_of(arrivals, await self.store.admit(tx.driver, self.subscription.consumer, arrivals))
            for type_name, wave in waves(plan.apply, self.subscription.types):
                await self._handle(type_name, wave, work)
            await self._book(plan, work)
            await self.uow.finish(work)
        work.committed()
        return plan

    async def _handle(self, type_name: str, wave: list[Arrival], work: Work) -> None:
        message_type = self.subscription.types[type_name]
        handler = self.subscription.handlers[message_type]
        culprit: UUID | None = None
        try:
            events: list[AnyReceived] = []
            async for some in in_pieces(wave):
                for arrival in some:
                    culprit, handling = arrival.event_id, self._handling(arrival, work.now)
                    events.append(received(arrival.headers, arrival.body, message_type, handling))
            culprit = None
            await handler(events, work)
        except EventFailed as failed:
            raise _judged(failed.__cause__, failed.event_id) from failed.__cause__
        except Exception as error:
            raise _judged(error, culprit) from error
        for arrival, event in zip(wave, events, strict=True):
            note = work.note(keys=event.keys, because=event.cause)
            note.aggregate, note.event_version = arrival.aggregate, arrival.version
            note.span = self._spans[arrival.event_id]

    def _handling(self, arrival: Arrival, now: datetime) -> Handling:
        span = begin_span(self.subscription, arrival)
        self._spans[arrival.event_id] = span
        return Handling(actor=self.subscription.name, at=now, traceparent=str(span.place), attempt=arrival.attempt)

    async def _book(self, plan: Plan, work: Work) -> None:
        """Watermarks, and the rows of what is held from now on or no longer."""
        consumer = self.subscription.consumer
        work.reach(reaching(consumer, plan.versions))
        new = [(arrival, why) for arrival, why in plan.hold if arrival.held is None]
        if new:
            await self.store.put(work.driver, consumer, new)
            self._note_held(new, work)
        for arrival, why in plan.hold:
            if why == CONTRADICTION:
                await self._park(arrival, work)
        finished = [arrival for arrival in (*plan.apply, *plan.duplicates) if arrival.held is not None]
        if finished:
            removed = await self.store.remove(work.driver, consumer, [arrival.event_id for arrival in finished])
            if removed < len(finished):
                raise Conflict("another owner applied a held message first")
        for arrival in finished:
            self._resolve(arrival, work)

    async def _park(self, arrival: Arrival, work: Work) -> None:
        """Nothing more of an aggregate is applied, of which two histories are told, until somebody has decided."""
        consumer = self.subscription.consumer
        told = f"another version {arrival.version} of {arrival.aggregate} was applied before: one side was restored"
        await self.store.set_back(work.driver, consumer, arrival, Setback(CONTRADICTION, told, None))
        await self.store.park(work.driver, consumer, arrival.key, told)
        work.raise_exception(
            NewException(
                tenant=arrival.tenant,
                failure_class=FailureClass.BUG,
                code="HISTORY_CONTRADICTED",
                summary=f"{consumer}: {told}",
                owner=self.subscription.owner,
                subject=subject_of(consumer, arrival.event_id),
                transaction_ids=decoded_list(arrival.headers.get("ce-transactionids", "")),
                keys=decoded_list(arrival.headers.get("ce-keys", "")),
                dedupe_key=failed_key(self.subscription, arrival),
            )
        )
        because = cause_of(arrival.headers, self._handling(arrival, work.now))
        note = work.note(outcome="parked", reason="HISTORY_CONTRADICTED", because=because)
        note.aggregate, note.event_version = arrival.aggregate, arrival.version
        note.span = self._spans[arrival.event_id]

    def _note_held(self, messages: list[tuple[Arrival, str]], work: Work) -> None:
        for arrival, why in messages:
            if arrival.type in self.subscription.types and why != CONTRADICTION:
                because = cause_of(arrival.headers, self._handling(arrival, work.now))
                note = work.note(outcome="held", reason=why.upper(), because=because)
                note.aggregate, note.event_version = arrival.aggregate, arrival.version
                note.span = self._spans[arrival.event_id]

    def _resolve(self, arrival: Arrival, work: Work) -> None:
        if arrival.held is not None and arrival.held.raised:
            for dedupe_key in (failed_key(self.subscription, arrival), gap_key(self.subscription, arrival)):
                work.resolve_exception(dedupe_key, "applied", tenant=arrival.tenant)

    def _end_spans(self, error: BaseException | None) -> None:
        for span in self._spans.values():
            if error is not None:
                span.fail(type(error).__name__)
            span.end()


def _judged(error: BaseException | None, culprit: UUID | None) -> Exception:
    """A failure of the database that goes away by itself is no failure of the handler."""
    if not isinstance(error, Exception):
        return HandlerFailed(RuntimeError("the handler failed without a reason"), culprit)
    meaning = None if isinstance(error, CrossdockError) else classified(error)
    return meaning or HandlerFailed(error, culprit)


def failed_key(subscription: Subscription, arrival: Arrival) -> str:
    """Identity of the exception that stands for one event which cannot be handled."""
    return f"held:{subscription.consumer}:{arrival.event_id}"


def gap_key(subscription: Subscription, arrival: Arrival) -> str:
    """Identity of the exception that stands for an aggregate with missing versions."""
    return f"gap:{subscription.consumer}:{arrival.tenant}:{arrival.aggregate}"
