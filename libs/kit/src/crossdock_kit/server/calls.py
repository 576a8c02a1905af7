"""One call under way: its metadata, its span, its cause. Made by the guard for every method alike."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import grpc

from crossdock_kit.context import Actor, Cause
from crossdock_kit.errors import Invalid
from crossdock_kit.server.methods import Method
from crossdock_kit.telemetry import metrics, names
from crossdock_kit.telemetry.spans import Span, SpanKind, current_span, exporting, parse_traceparent

# Codes with which a server says that it is at fault (semantic conventions); a refusal is no error of ours.
_OUR_FAULT = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
_LONGEST_ID = 128


def text_metadata(metadata: Iterable[tuple[str, str | bytes]] | None) -> dict[str, str]:
    """A call's metadata by name; of a name that is sent twice the last one counts. Binary ones are left out."""
    return {key: value for key, value in metadata or () if isinstance(value, str)}


def transactions_in(baggage: str | None) -> tuple[str, ...]:
    """The transaction id that a caller of ours put into the baggage."""
    for member in (baggage or "").split(","):
        name, _, value = member.strip().partition("=")
        if name == names.TRANSACTION_ID and 0 < len(value) <= _LONGEST_ID:
            return (value.split(";")[0],)
    return ()


@dataclass
class DeadlineMissing(Invalid):
    """A call that would wait for ever; what its answer took part in could be held as long."""

    method: str
    longest_seconds: float

    def __str__(self) -> str:
        return f"no deadline: send one with the call; {self.method} takes at most {self.longest_seconds:g} s"


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller that may, and why what follows is done."""

    actor: Actor
    cause: Cause


class CallUnderWay:
    """Opens the server span; `finish` closes it with the call's status, once and however the call ended."""

    __slots__ = ("_asked", "actor", "cause", "metadata", "method", "seconds", "span", "started")

    def __init__(self, method: Method, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        self.started = time.perf_counter()
        self.method = method
        self.metadata = text_metadata(context.invocation_metadata())
        self._asked = context.time_remaining()
        self.seconds = method.time_limit(self._asked)
        parent = parse_traceparent(self.metadata.get(names.TRACEPARENT))
        self.span = Span(method.name, SpanKind.SERVER, parent, transactions_in(self.metadata.get(names.BAGGAGE)))
        current_span.set(self.span)
        self.actor: Actor | None = None
        self.cause: Cause | None = None

    def demand_deadline(self) -> None:
        """Raises DeadlineMissing where the caller did not say how long it will wait."""
        if self._asked is None:
            raise DeadlineMissing(self.method.step, self.method.deadline_seconds)

    def admit(self, actor: Actor, tenant: str, request_id: str, now: datetime) -> Admitted:
        """Settles who calls for which tenant; what the call will do is caused by it."""
        correlation = self.metadata.get(names.CORRELATION_HEADER, "")[:_LONGEST_ID] or f"{self.span.trace_id:032x}"
        self.actor = actor
        self.cause = Cause(
            kind="call",
            name=self.method.step,
            tenant=tenant,
            actor=actor.partner or actor.subject,
            correlation_id=correlation,
            causation_id=self.metadata.get(names.CAUSATION_HEADER, "")[:_LONGEST_ID] or request_id or correlation,
            traceparent=str(self.span.place),
            started_at=now,
            transaction_ids=tuple(self.span.transaction_ids),
        )
        return Admitted(actor, self.cause)

    def finish(self, status: str, error_type: str = "") -> None:
        if status in _OUR_FAULT:
            self.span.fail(error_type or status)
        if exporting() and self.span.kept:
            self._describe(status)
        self.span.end()
        metrics.record_call(names.CALLS, self.method.name, status, time.perf_counter() - self.started)

    def _describe(self, status: str) -> None:
        told: Mapping[str, str] = {
            names.RPC_SYSTEM: "grpc",
            names.RPC_METHOD: self.method.name,
            names.RPC_STATUS: status,
            names.STEP: self.method.step,
        }
        self.span.attributes.update(told)
        if self.cause is not None:
            self.span.attributes[names.TENANT] = self.cause.tenant
            self.span.attributes[names.CORRELATION_ID] = self.cause.correlation_id
        if self.actor is not None and self.actor.partner:
            self.span.attributes[names.PARTNER] = self.actor.partner
