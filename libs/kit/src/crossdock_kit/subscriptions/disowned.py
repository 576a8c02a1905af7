"""Held messages that the journal of their owner does not know: told by a history that a restore has taken back.

They were never applied, and take part in no order any more: the history that there is now flows past them. Somebody
looks at each exception and gives the message up, or lets it wait again because the owner was put forward once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from crossdock_kit.context import Cause
from crossdock_kit.database import Session
from crossdock_kit.database.transaction import transaction_on
from crossdock_kit.driver import Driver
from crossdock_kit.errors import FailureClass
from crossdock_kit.events import Handling, cause_of, decoded_list
from crossdock_kit.exceptions import NewException
from crossdock_kit.subscriptions import held
from crossdock_kit.subscriptions.batch import failed_key, gap_key
from crossdock_kit.subscriptions.model import Arrival, Subscription
from crossdock_kit.telemetry.spans import current_traceparent
from crossdock_kit.unit_of_work import UnitOfWork, Work

CODE = "HISTORY_LOST"
MOST = 5000


async def suspects(driver: Driver, consumer: str, since: datetime) -> set[UUID]:
    """Messages announced since then that wait for an earlier version or for an attempt."""
    arrivals = await held.waiting(driver, consumer, MOST)
    return {each.event_id for each in arrivals if each.announced_at >= since}


async def disown(
    session: Session, subscription: Subscription, uow: UnitOfWork, tenant: str, event_ids: Iterable[UUID]
) -> int:
    """Takes them out of their aggregates' order and opens an exception for each; how many were still there."""
    async with transaction_on(session, (tenant,)) as tx:
        work = uow.begin(tx)
        arrivals = await held.disown(tx.driver, subscription.consumer, list(event_ids), CODE)
        for arrival in arrivals:
            _raise(subscription, arrival, work)
        await _look_again(subscription, arrivals, work)
        await uow.finish(work)
    work.committed()
    return len(arrivals)


def _raise(subscription: Subscription, arrival: Arrival, work: Work) -> None:
    told = f"version {arrival.version} of {arrival.aggregate} is not in the journal of {subscription.source}"
    work.raise_exception(
        NewException(
            tenant=arrival.tenant,
            failure_class=FailureClass.BUG,
            code=CODE,
            summary=f"{subscription.consumer}: {told}, which was restored to a time before it",
            owner=subscription.owner,
            subject=held.subject_of(subscription.consumer, arrival.event_id),
            transaction_ids=decoded_list(arrival.headers.get("ce-transactionids", "")),
            keys=decoded_list(arrival.headers.get("ce-keys", "")),
            dedupe_key=failed_key(subscription, arrival),
        )
    )
    note = work.note(outcome="parked", reason=CODE, because=_cause(subscription, arrival, work))
    note.aggregate, note.event_version = arrival.aggregate, arrival.version


async def _look_again(subscription: Subscription, arrivals: Sequence[Arrival], work: Work) -> None:
    """What else waits in these aggregates may wait for nothing now: it is raised by itself if it goes on waiting."""
    keys = sorted({arrival.key for arrival in arrivals})
    await held.forget_raised(work.driver, subscription.consumer, keys)
    for arrival in arrivals:
        work.resolve_exception(gap_key(subscription, arrival), "its history is lost", tenant=arrival.tenant)


def _cause(subscription: Subscription, arrival: Arrival, work: Work) -> Cause:
    handling = Handling(
        actor=subscription.name, at=work.now, traceparent=current_traceparent(), attempt=arrival.attempt
    )
    return cause_of(arrival.headers, handling)
