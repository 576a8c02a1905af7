"""What becomes of a message that fails alone: refused for good, tried again later, or its aggregate parked.

The kit's table of errors decides; attempts are counted in the database, never by the broker. Runs its own transaction,
because that of the failed attempt is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import PurePath
from traceback import extract_tb

from crossdock_kit.context import Cause
from crossdock_kit.database import Session
from crossdock_kit.database.transaction import transaction_on
from crossdock_kit.errors import CrossdockError, FailureClass, Verdict, Waiting, kind_of, reason_code
from crossdock_kit.events import Handling, cause_of, decoded_list
from crossdock_kit.exceptions import NewException
from crossdock_kit.storage import ConsumerStore
from crossdock_kit.subscriptions import held
from crossdock_kit.subscriptions.batch import failed_key
from crossdock_kit.subscriptions.held import OVERDUE, Overdue, Setback
from crossdock_kit.subscriptions.model import Arrival, Subscription
from crossdock_kit.subscriptions.plan import plan_of
from crossdock_kit.subscriptions.spans import begin_span
from crossdock_kit.subscriptions.store import POSTGRES
from crossdock_kit.telemetry.spans import current_traceparent
from crossdock_kit.unit_of_work import UnitOfWork, Work

ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(hours=1)
LONGEST_WAIT = timedelta(seconds=30)
"""Between two looks for something that we are yet to be told: it may come at any moment."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Sets single messages of one subscription aside."""

    subscription: Subscription
    uow: UnitOfWork
    store: ConsumerStore = POSTGRES

    async def take(self, session: Session, arrival: Arrival, error: Exception) -> str:
        """Books the failure of one message; the outcome of its step, or "duplicate" if it was handled meanwhile."""
        with begin_span(self.subscription, arrival) as span:
            span.fail(reason_code(type(error)))
            return await self._take(session, arrival, error)

    async def _take(self, session: Session, arrival: Arrival, error: Exception) -> str:
        consumer = self.subscription.consumer
        async with transaction_on(session, (arrival.tenant,)) as tx:
            work = self.uow.begin(tx)
            plan = plan_of([arrival], await self.store.admit(tx.driver, consumer, [arrival]))
            if plan.apply:
                outcome = await self._book(work, arrival, error)
            else:
                outcome = "held" if plan.hold else "duplicate"
                new = [(each, why) for each, why in plan.hold if each.held is None]
                if new:
                    await self.store.put(tx.driver, consumer, new)
            await self.uow.finish(work)
        work.committed()
        return outcome

    async def raise_overdue(self, session: Session, tenants: tuple[str, ...], slots: list[int]) -> int:
        """Opens exceptions for what has been held too long; how many messages that were."""
        async with transaction_on(session, tenants) as tx:
            work = self.uow.begin(tx)
            late = await self.store.take_overdue(tx.driver, self.subscription.consumer, slots, OVERDUE)
            for each in late:
                if not each.behind:
                    work.raise_exception(self._overdue(each))
            await self.uow.finish(work)
        return len(late)

    async def _book(self, work: Work, arrival: Arrival, error: Exception) -> str:
        verdict = kind_of(error).verdict
        if verdict is Verdict.ACK_REFUSED:
            await self._refuse(work, arrival)
            outcome = "refused"
        else:
            outcome = await self._set_back(work, arrival, error)
        if outcome != "retry":
            work.raise_exception(self._exception(arrival, error))
        note = work.note(
            keys=keys_of(arrival), outcome=outcome, reason=reason_code(type(error)), because=self._cause(arrival, work)
        )
        note.aggregate, note.event_version = arrival.aggregate, arrival.version
        return outcome

    async def _refuse(self, work: Work, arrival: Arrival) -> None:
        """An answer: the event counts as applied, without effects."""
        consumer = self.subscription.consumer
        await self.store.advance(work.driver, consumer, {arrival.key: arrival.version})
        if arrival.held is not None:
            await self.store.remove(work.driver, consumer, [arrival.event_id])

    async def _set_back(self, work: Work, arrival: Arrival, error: Exception) -> str:
        consumer = self.subscription.consumer
        if arrival.held is None:
            await self.store.put(work.driver, consumer, [(arrival, "retry")])
        setback = replace(setback_of(arrival, error), traceparent=current_traceparent())
        await self.store.set_back(work.driver, consumer, arrival, setback)
        if setback.pause is None:
            await self.store.park(work.driver, consumer, arrival.key, setback.error)
            return "parked"
        return "retry"

    def _cause(self, arrival: Arrival, work: Work) -> Cause:
        handling = Handling(
            actor=self.subscription.name, at=work.now, traceparent=current_traceparent(), attempt=arrival.attempt
        )
        return cause_of(arrival.headers, handling)

    def _exception(self, arrival: Arrival, error: Exception) -> NewException:
        kind = arrival.type.rpartition(".")[2]
        told = str(error) if isinstance(error, CrossdockError) else "a bug"
        return NewException(
            tenant=arrival.tenant,
            failure_class=kind_of(error).failure_class,
            code=reason_code(type(error)),
            summary=f"{kind} of {arrival.aggregate} was not accepted by {self.subscription.name}: {told}",
            owner=getattr(error, "owner", self.subscription.owner),
            subject=held.subject_of(self.subscription.consumer, arrival.event_id),
            transaction_ids=decoded_list(arrival.headers.get("ce-transactionids", "")),
            keys=keys_of(arrival),
            details=error.metadata if isinstance(error, CrossdockError) else {},
            dedupe_key=failed_key(self.subscription, arrival),
        )

    def _overdue(self, late: Overdue) -> NewException:
        arrival = late.arrival
        gap = arrival.version > late.reached + 1
        missing = f"versions {late.reached + 1} to {arrival.version - 1} have not come"
        name = self.subscription.consumer
        return NewException(
            tenant=arrival.tenant,
            failure_class=FailureClass.TRANSIENT,
            code="VERSIONS_MISSING" if gap else late.last_error.partition(":")[0] or "HELD_TOO_LONG",
            summary=f"{name} waits at {arrival.aggregate}: {missing if gap else late.last_error or 'no attempt yet'}",
            owner=self.subscription.owner,
            subject=held.subject_of(name, arrival.event_id),
            transaction_ids=decoded_list(arrival.headers.get("ce-transactionids", "")),
            keys=keys_of(arrival),
            dedupe_key=f"gap:{name}:{arrival.tenant}:{arrival.aggregate}" if gap else f"held:{name}:{arrival.event_id}",
        )


def setback_of(arrival: Arrival, error: Exception) -> Setback:
    """When to try again. Who waits for something to be told is never parked, and looks again soon."""
    attempts = arrival.held.attempts if arrival.held else 0
    text = described(error)
    if isinstance(error, Waiting):
        return Setback("retry", text, min(FIRST_PAUSE * 2 ** min(attempts, 12), LONGEST_WAIT))
    if attempts + 1 >= ATTEMPTS:
        return Setback("parked", text, None)
    return Setback("retry", text, min(FIRST_PAUSE * 2 ** min(attempts, 12), LONGEST_PAUSE))


def described(error: Exception) -> str:
    """Reason code and, for an error of the trade, its sentence; for a bug the place: its text may hold anything."""
    code = reason_code(type(error))
    if isinstance(error, CrossdockError):
        return f"{code}: {error}"
    frames = extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{code}: {type(error).__name__}{place}"


def keys_of(arrival: Arrival) -> tuple[str, ...]:
    return decoded_list(arrival.headers.get("ce-keys", ""))
