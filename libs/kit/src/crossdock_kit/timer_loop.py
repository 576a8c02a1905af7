"""Runs what is due: takes timers by the database's clock and runs their handler in the transaction that removes them.

Removed last, in the order in which everybody locks: first what a timer is about, then the timer. One that was moved or
cancelled while its handler ran leaves nothing behind. A handler that fails is tried again later, alone; after some
attempts an exception says so and the timer rests, unless the failure is one that goes away by itself. It must not know
what a timer is for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from crossdock_kit import exceptions, timers
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import FailureClass, Unavailable, kind_of, reason_code
from crossdock_kit.exceptions import NewException
from crossdock_kit.storage import TimerStore
from crossdock_kit.telemetry.spans import SpanKind, root_span
from crossdock_kit.timers import DueTimer
from crossdock_kit.unit_of_work import UnitOfWork, Work

log = logging.getLogger(__name__)

ATTEMPTS = 8
LONGEST_BACKOFF_SECONDS = 3600.0
_MOST_DOUBLED = 12


@dataclass(frozen=True, slots=True)
class TimerHandler:
    """`run` gets timers of one tenant, at most `batch` at once, in the order in which they fell due. What it does
    commits with the removal of the timers; it may set the same timer again.
    """

    run: Callable[[Sequence[DueTimer], Work], Awaitable[None]]
    batch: int = 1
    owner: str = "operations"


class _Overtaken(Exception):
    """Somebody moved or cancelled a timer while its handler ran: what was done for it is undone."""


class PostgresTimerStore:
    due_kinds = staticmethod(timers.due_kinds)
    take_due = staticmethod(timers.take_due)
    remove = staticmethod(timers.remove)
    put_off = staticmethod(timers.put_off)
    raise_all = staticmethod(exceptions.raise_all)


POSTGRES = PostgresTimerStore()


class TimerLoop:
    """Several replicas may run it at once: a timer is taken by one of them."""

    def __init__(
        self,
        engine: Engine,
        uow: UnitOfWork,
        tenants: Sequence[str],
        handlers: Mapping[str, TimerHandler],
        *,
        poll_seconds: float = 1.0,
        store: TimerStore = POSTGRES,
    ) -> None:
        self._engine = engine
        self._uow = uow
        self._tenants = tuple(tenants)
        self._handlers = dict(handlers)
        self._poll = poll_seconds
        self._store = store

    async def run(self) -> None:
        """Until cancelled. A database that is away is waited for."""
        while True:
            try:
                done = await self.round()
            except Unavailable as error:
                log.warning("no timers can be taken: %s", error.code)
                done = 0
            if not done:
                await asyncio.sleep(self._poll)

    async def round(self) -> int:
        """Runs one batch of each tenant and kind that has something due; the number of timers run."""
        async with transaction(self._engine, self._tenants) as tx:
            due = await self._store.due_kinds(tx.driver, list(self._handlers))
        return sum([await self._run(tenant, kind) for tenant, kind in due])

    async def _run(self, tenant: str, kind: str) -> int:
        """A batch that fails is run again one by one, so that a bad one holds up no other."""
        handler = self._handlers[kind]
        taken, error = await self._attempt(tenant, kind, handler.batch)
        if error is None:
            return len(taken)
        if len(taken) == 1:
            await self._put_off(taken[0], handler, error)
            return 1
        for _ in taken:
            alone, error = await self._attempt(tenant, kind, 1)
            if error is not None and alone:
                await self._put_off(alone[0], handler, error)
            if isinstance(error, Unavailable):
                # The next may take as long: other kinds come before it.
                break
        return len(taken)

    async def _attempt(self, tenant: str, kind: str, limit: int) -> tuple[list[DueTimer], Exception | None]:
        """One transaction: the timers that it took, and why it came to nothing, if it did."""
        taken: list[DueTimer] = []
        with ExitStack() as stack:
            try:
                async with self._uow(tenants=(tenant,)) as work:
                    taken = await self._store.take_due(work.driver, tenant, kind, limit)
                    if taken:
                        stack.enter_context(_caused(taken, work))
                        await self._handlers[kind].run(taken, work)
                        _settle(taken, work)
                        await self._remove(work, tenant, taken)
            except Unavailable as error:
                # Nothing can be taken while the database is away. What it was too slow for, or waited too long for a
                # lock, is the timers' own, and no other kind waits for it.
                if not taken:
                    raise
                log.warning("%s cannot run for %d timers now: %s", kind, len(taken), error)
                return taken, error
            except _Overtaken:
                log.info("%s was moved or cancelled while it ran; what is still due runs again", kind)
            except Exception as error:
                log.exception("%s failed for %d timers", kind, len(taken))
                return taken, error
        return taken, None

    async def _remove(self, work: Work, tenant: str, taken: Sequence[DueTimer]) -> None:
        if not await self._store.remove(work.driver, tenant, taken):
            raise _Overtaken

    async def _put_off(self, timer: DueTimer, handler: TimerHandler, error: Exception) -> None:
        """Later by back-off, and after the last attempt not before somebody says so; a failure that goes away by itself
        is tried for ever."""
        told = timer.attempts + 1 >= ATTEMPTS
        rests = told and kind_of(error).failure_class is not FailureClass.TRANSIENT
        seconds = min(LONGEST_BACKOFF_SECONDS, 2.0 ** min(timer.attempts, _MOST_DOUBLED))
        async with transaction(self._engine, (timer.tenant,)) as tx:
            mine = await self._store.put_off(tx.driver, timer, None if rests else seconds)
            if mine and told:
                await self._store.raise_all(tx.driver, [_failed(timer, handler, error)], at=self._uow.clock.now())


def _settle(taken: Sequence[DueTimer], work: Work) -> None:
    for timer in taken:
        if timer.attempts >= ATTEMPTS:
            work.resolve_exception(_subject(timer), "the timer ran", tenant=timer.tenant)


def _subject(timer: DueTimer) -> str:
    return f"timer/{timer.timer_id}"


@contextmanager
def _caused(taken: Sequence[DueTimer], work: Work) -> Iterator[None]:
    """A step for each timer, under one span; what the handler announces is caused by the first unless it says so."""
    span = root_span(f"timer {taken[0].kind}", SpanKind.INTERNAL)
    causes = [_cause(timer, str(span.place), work.now) for timer in taken]
    for timer, cause in zip(taken, causes, strict=True):
        span.serves(timer.transaction_ids)
        work.note(keys=timer.keys, transaction_ids=timer.transaction_ids, because=cause)
    with span, caused_by(causes[0]):
        yield


def _cause(timer: DueTimer, traceparent: str, now: datetime) -> Cause:
    return Cause(
        kind="timer",
        name=timer.kind,
        tenant=timer.tenant,
        actor="timers",
        correlation_id=timer.correlation_id or str(timer.timer_id),
        causation_id=timer.causation_id or str(timer.timer_id),
        traceparent=traceparent,
        started_at=now,
        caused_at=timer.due_at,
        attempt=timer.attempts + 1,
        transaction_ids=timer.transaction_ids,
    )


def _failed(timer: DueTimer, handler: TimerHandler, error: Exception) -> NewException:
    subject = _subject(timer)
    return NewException(
        tenant=timer.tenant,
        failure_class=kind_of(error).failure_class,
        code="TIMER_FAILED",
        summary=f"{timer.kind} of {timer.subject} failed {timer.attempts + 1} times: {reason_code(type(error))}",
        owner=handler.owner,
        subject=subject,
        dedupe_key=subject,
        transaction_ids=timer.transaction_ids,
        keys=timer.keys,
    )
