"""The one way to change something: a transaction with what it announces, set off, raises and reports.

A use case works inside `async with uow(tenants=...) as work`. What it records, delivers, raises and sets is gathered
and written set-based at the end, in the same transaction. Inside a mutating call the unit of work joins the call's own
transaction, which commits together with the recorded answer. It must not know who publishes or delivers.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from crossdock_kit import audit, crash_points, deliveries, exceptions, timeline, timers
from crossdock_kit.clock import Clock, SystemClock
from crossdock_kit.conclusion import conclude
from crossdock_kit.context import Cause, cause, current_cause, current_scope
from crossdock_kit.database import Engine, Transaction, transaction
from crossdock_kit.deliveries import NewDelivery
from crossdock_kit.driver import Driver
from crossdock_kit.errors import PermissionDenied
from crossdock_kit.events import NewEvent, Sealed, seal
from crossdock_kit.exceptions import NewException
from crossdock_kit.ids import uuid7
from crossdock_kit.storage import WorkStore
from crossdock_kit.telemetry.metrics import collecting
from crossdock_kit.telemetry.spans import Span, current_span, note_transactions
from crossdock_kit.telemetry.steps import told
from crossdock_kit.timeline import Root, Step
from crossdock_kit.timers import NewTimer
from crossdock_kit.watermarks import Watermark

log = logging.getLogger(__name__)
Owned = TypeVar("Owned", NewDelivery, NewException, NewTimer, Step, Root)


@dataclass(frozen=True, slots=True)
class _Resolved:
    tenant: str
    dedupe_key: str
    resolution: str


@dataclass(slots=True)
class StepNote:
    """What the step of one cause is to say in the timeline besides its cause.

    `topics` are keys with the transactions that they lead to, each once and in order: a call for many orders must not
    lead from each order's number to all of them. Keys that were noted without transactions lead to all of the step's.
    """

    cause: Cause
    topics: dict[timeline.Topic, None] = field(default_factory=dict)
    outcome: str = "advanced"
    reason: str = ""
    aggregate: str = ""
    event_version: int = 0
    span: Span | None = field(default_factory=current_span.get)


@dataclass(slots=True, eq=False)
class Gathered:
    """What is written at the next flush."""

    events: list[Sealed] = field(default_factory=list)
    deliveries: list[NewDelivery] = field(default_factory=list)
    exceptions: list[NewException] = field(default_factory=list)
    resolved: list[_Resolved] = field(default_factory=list)
    timers: list[NewTimer] = field(default_factory=list)
    cancelled: list[tuple[str, str, str]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    roots: list[Root] = field(default_factory=list)
    watermarks: list[Watermark] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


class Work:
    """An open unit of work. `connection` and `driver` are the same connection, for Core and for hot SQL."""

    __slots__ = ("_after_commit", "_gathered", "_notes", "_now", "_store", "_transaction")

    def __init__(self, open_transaction: Transaction, now: datetime, store: WorkStore) -> None:
        self._transaction = open_transaction
        self._store = store
        self._now = now
        self._gathered = Gathered()
        self._notes: dict[int, StepNote] = {}
        self._after_commit: list[Callable[[], None]] = []

    @property
    def connection(self) -> AsyncConnection:
        return self._transaction.connection

    @property
    def driver(self) -> Driver:
        return self._transaction.driver

    @property
    def tenants(self) -> tuple[str, ...]:
        return self._transaction.tenants

    @property
    def tenant(self) -> str:
        """The tenant of this work, or of its current cause where a batch serves several. Else LookupError."""
        if len(self.tenants) == 1:
            return self.tenants[0]
        because = current_cause.get()
        if because is None or because.tenant not in self.tenants:
            raise LookupError("this work serves several tenants")
        return because.tenant

    @property
    def now(self) -> datetime:
        """When the work began, by the service's clock."""
        return self._now

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """SQL that fails inside is undone alone. What was gathered meanwhile is not: gather after it."""
        return self._transaction.savepoint()

    def record(self, event: NewEvent) -> None:
        """Announces a fact of an aggregate that this transaction holds. Raises IncompleteEvent at once."""
        if event.tenant not in self.tenants:
            raise PermissionDenied(f"this work does not serve the tenant of {event.aggregate_type}")
        because = event.because or cause()
        self._gathered.events.append(seal(event, uuid7(), because))
        self.note(keys=event.keys, transaction_ids=event.transaction_ids, because=because)
        if event.transaction_type:
            self._gathered.roots.extend(
                Root(tenant=event.tenant, transaction_id=each, type=event.transaction_type, root_key=event.root_key)
                for each in event.transaction_ids
            )

    def deliver(self, delivery: NewDelivery) -> None:
        """Sets off a call to the outside, made after the commit by whoever leases it. One that nobody will make leaves
        its step here: no other will tell of it."""
        owned = self._owned(delivery)
        self._gathered.deliveries.append(owned)
        if owned.suppressed:
            self._note_suppressed(owned)

    def _note_suppressed(self, delivery: NewDelivery) -> None:
        because = Cause(
            kind="delivery",
            name=delivery.kind,
            tenant=delivery.tenant,
            actor=delivery.partner,
            correlation_id=delivery.correlation_id,
            causation_id=delivery.causation_id,
            traceparent=delivery.traceparent,
            started_at=self.now,
            transaction_ids=delivery.transaction_ids,
        )
        self.note(keys=delivery.keys, outcome="suppressed", reason="SHADOW", because=because)

    def raise_exception(self, raised: NewException) -> None:
        """Opens an exception for its owner, or counts up the one that is open already."""
        self._gathered.exceptions.append(replace(self._owned(raised), by=raised.by or exceptions.acting()))

    def resolve_exception(self, dedupe_key: str, resolution: str, *, tenant: str = "") -> None:
        """Closes an exception whose cause has gone, one that this work raised before too; none open is no matter."""
        closed = _Resolved(tenant or self.tenant, dedupe_key, resolution)
        raised = self._gathered.exceptions
        # What is resolved is written before what is raised: so the newest word of a work is what stands.
        raised[:] = [each for each in raised if (each.tenant, each.identity) != (closed.tenant, dedupe_key)]
        self._gathered.resolved.append(closed)

    def set_timer(self, timer: NewTimer) -> None:
        """Sets or moves the timer of this kind and subject."""
        self._gathered.timers.append(self._owned(timer))

    def reach(self, watermarks: Iterable[Watermark]) -> None:
        """Says how far a consumer has come with aggregates; what it applied is in this transaction."""
        self._gathered.watermarks.extend(watermarks)

    def cancel_timer(self, kind: str, subject: str, *, tenant: str = "") -> None:
        self._gathered.cancelled.append((tenant or self.tenant, kind, subject))

    def note(
        self,
        *,
        keys: Iterable[str] = (),
        transaction_ids: Sequence[str] = (),
        outcome: str = "",
        reason: str = "",
        because: Cause | None = None,
    ) -> StepNote:
        """Adds to the step of the current cause: what it is about, and how it ended if it did not simply advance."""
        why = because or cause()
        note = self._notes.get(id(why))
        if note is None:
            note = self._notes[id(why)] = StepNote(why)
        topic = tuple(keys), tuple(transaction_ids)
        if topic not in note.topics:
            note.topics[topic] = None
            note_transactions(topic[1])
        if outcome:
            note.outcome, note.reason = outcome, reason
        return note

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Runs once the transaction is durable; never if it is rolled back. It must not fail and must not block."""
        self._after_commit.append(callback)

    @property
    def effective(self) -> bool:
        """Whether there is anything to write at the end, if only a step."""
        return bool(self._notes) or self._gathered.anything

    async def flush(self) -> bool:
        """Writes what was gathered; whether an event was among it."""
        gathered, self._gathered = self._gathered, Gathered()
        await self._store.write(self.driver, gathered, self._now)
        if gathered.deliveries:
            self.after_commit(deliveries.wake)
        return bool(gathered.events)

    def close_steps(self, now: datetime) -> None:
        """Turns every note into its timeline row."""
        for note in self._notes.values():
            step = step_from(note, now)
            self._gathered.steps.append(step)
            if collecting():
                self.after_commit(partial(told, step, note.span))
        self._notes.clear()

    def committed(self) -> None:
        if self._after_commit:
            crash_points.reached(crash_points.AFTER_COMMIT)
        for callback in self._after_commit:
            callback()

    def _owned(self, row: Owned) -> Owned:
        """Fills in the tenant where the work has but one."""
        return row if row.tenant else replace(row, tenant=self.tenant)


class PostgresWorkStore:
    async def write(self, driver: Driver, gathered: Gathered, at: datetime) -> None:
        """Timers before exceptions: what a timer that is just running raises has to be there to be resolved. What is
        told comes last, when every lock is held."""
        if gathered.deliveries:
            await deliveries.enqueue(driver, gathered.deliveries, at=at)
        if gathered.cancelled:
            await timers.cancel_timers(driver, gathered.cancelled)
        if gathered.timers:
            await timers.set_timers(driver, gathered.timers)
        if gathered.resolved:
            await exceptions.resolve_all(driver, gathered.resolved, by="crossdock", at=at)
        if gathered.exceptions:
            await exceptions.raise_all(driver, gathered.exceptions, at=at)
        await conclude(driver, gathered.watermarks, gathered.steps, gathered.roots, gathered.events)


POSTGRES = PostgresWorkStore()


async def _audit(work: Work) -> None:
    """A call that brings its own transactions leaves its audit row with the first that changes something."""
    scope = current_scope.get()
    if scope is None or scope.audit is None or scope.audited:
        return

    def audited() -> None:
        scope.audited = True

    await audit.append(work.driver, [scope.audit])
    work.after_commit(audited)


def step_from(note: StepNote, now: datetime) -> Step:
    ids = _united([note.cause.transaction_ids, *(own for _, own in note.topics)])
    return timeline.step_of(
        note.cause,
        now=now,
        keys=_united([keys for keys, _ in note.topics]),
        transaction_ids=ids,
        outcome=note.outcome,
        reason=note.reason,
        aggregate=note.aggregate,
        event_version=note.event_version,
        topics=tuple([(keys, own or ids) for keys, own in note.topics]),
    )


def _united(groups: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """All of them in order, each once."""
    if len(groups) == 1 and len(groups[0]) < 2:
        return groups[0]
    return tuple(dict.fromkeys(chain.from_iterable(groups)))


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """Opens works on the service's schema. `relay_hint` is told when a commit left events to publish; `served` are the
    tenants of this deployment: an event of any other would wait for a relay that never sees it."""

    engine: Engine
    relay_hint: Callable[[], None]
    clock: Clock = field(default_factory=SystemClock)
    served: frozenset[str] | None = None
    store: WorkStore = POSTGRES

    def begin(self, open_transaction: Transaction) -> Work:
        """A work in a transaction that the caller opened; `finish` is then the last thing before its COMMIT."""
        return Work(open_transaction, self.clock.now(), self.store)

    def __call__(self, *, tenants: Iterable[str]) -> AbstractAsyncContextManager[Work]:
        """Commits at the end, rolls back on any exception. Joins the transaction of the call that is being served."""
        scope = current_scope.get()
        if scope is not None and scope.work is not None:
            return self._joined(scope.work, frozenset(tenants))
        return self._own(frozenset(tenants))

    @asynccontextmanager
    async def _joined(self, work: Work, tenants: frozenset[str]) -> AsyncIterator[Work]:
        if not tenants <= frozenset(work.tenants):
            raise PermissionDenied("the call's transaction does not serve these tenants")
        yield work
        if await work.flush():
            work.after_commit(self.relay_hint)

    @asynccontextmanager
    async def _own(self, tenants: frozenset[str]) -> AsyncIterator[Work]:
        if self.served is not None and not tenants <= self.served:
            raise PermissionDenied("this deployment does not serve that tenant")
        async with transaction(self.engine, tenants) as open_transaction:
            work = self.begin(open_transaction)
            yield work
            await self.finish(work)
        work.committed()

    async def finish(self, work: Work) -> None:
        """The last thing before COMMIT: all that was gathered and a step for each cause. Work that gathered and noted
        nothing leaves no trace."""
        if not work.effective:
            return
        if (reason := current_cause.get()) is not None:
            work.note(because=reason)
        await _audit(work)
        work.close_steps(self.clock.now())
        if await work.flush():
            work.after_commit(self.relay_hint)
        crash_points.reached(crash_points.BEFORE_COMMIT)
