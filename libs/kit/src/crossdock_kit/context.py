"""Who acts, why, and inside which open transaction: what flows beside the arguments of a use case.

Stdlib only. It must not know how a token is verified, how an event travels or what a transaction is made of: those
parts fill it in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from crossdock_kit.errors import Unauthenticated

CauseKind = Literal["call", "event", "document", "delivery", "timer"]


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated caller. `tenants` are those that its token names; nothing in a request body adds to them."""

    subject: str
    tenants: tuple[str, ...]
    permissions: frozenset[str]
    partner: str | None = None
    business_units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the work under way is done: it becomes the step in the timeline and the headers of outgoing events.

    `tenant` is empty when the work serves several. `caused_at` is when the cause itself came to be (an event's
    recording, a timer's due time); the time between it and `started_at` is the step's waiting time.
    """

    kind: CauseKind
    name: str
    tenant: str
    actor: str
    correlation_id: str
    causation_id: str
    traceparent: str
    started_at: datetime
    caused_at: datetime | None = None
    attempt: int = 1
    transaction_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class CallScope:
    """The one transaction of a mutating call. A unit of work opened inside it joins `work` instead of committing its
    own; the server commits it together with the answer. `work` is None where the method brings its own transactions
    (a request id per item, or a call that is naturally repeatable): the first of them that changes something writes
    `audit`, the call's audit row, and sets `audited`.
    """

    tenant: str
    work: Any = None
    audit: Any = None
    audited: bool = False


current_cause: ContextVar[Cause | None] = ContextVar("crossdock_cause", default=None)
current_actor: ContextVar[Actor | None] = ContextVar("crossdock_actor", default=None)
current_scope: ContextVar[CallScope | None] = ContextVar("crossdock_call_scope", default=None)
# When the call under way has to be over, by the event loop's clock; clients pass on what remains of it.
current_deadline: ContextVar[float | None] = ContextVar("crossdock_deadline", default=None)


def cause() -> Cause:
    """The cause of the work under way. Work without one is a bug: nothing happens for no reason."""
    found = current_cause.get()
    if found is None:
        raise LookupError("no cause is set: work starts from a call, an event, a document, a delivery or a timer")
    return found


def actor() -> Actor:
    """The authenticated caller; raises Unauthenticated where nobody calls."""
    found = current_actor.get()
    if found is None:
        raise Unauthenticated("no caller")
    return found


def tenant() -> str:
    """The tenant that the call works for, taken from the authenticated identity."""
    return cause().tenant


@contextmanager
def caused_by(reason: Cause) -> Iterator[Cause]:
    """Sets the cause for what runs inside."""
    token = current_cause.set(reason)
    try:
        yield reason
    finally:
        current_cause.reset(token)
