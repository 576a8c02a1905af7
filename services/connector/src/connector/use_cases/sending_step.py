"""An attempt to send a document as a step with a trace of its own, however many of them one report of a worker told of.

Its span begins and ends with the report: how long the call to the partner took is the worker's to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import asyncpg
from crossdock_kit.context import Cause, cause, caused_by
from crossdock_kit.telemetry import names
from crossdock_kit.telemetry.links import step_span
from crossdock_kit.telemetry.spans import SpanKind, current_span


class SendingStep:
    """Linked to the step that decided the sending and to the last attempt; `delivery` is its row."""

    def __init__(self, delivery: asyncpg.Record, tenant: str, partner: str, now: datetime) -> None:
        attempt, transaction_ids = max(1, delivery["attempts"]), tuple(delivery["transaction_ids"])
        last, by = delivery["last_traceparent"], delivery["redriven_by"]
        self.span = step_span(f"deliver {delivery['kind']}", SpanKind.CLIENT, delivery["traceparent"], last, by)
        self.span.serves(transaction_ids)
        self.span.attempt = attempt
        self.span.attributes |= {names.PARTNER: partner, names.TENANT: tenant, names.ATTEMPT: attempt}
        self.because = Cause(
            kind="delivery",
            name=delivery["kind"],
            tenant=tenant,
            actor=partner,
            correlation_id=delivery["correlation_id"] or cause().correlation_id,
            causation_id=delivery["causation_id"] or str(delivery["delivery_id"]),
            traceparent=str(self.span.place),
            started_at=now,
            caused_at=delivery["created_at"],
            attempt=attempt,
            transaction_ids=transaction_ids,
        )

    @contextmanager
    def within(self) -> Iterator[None]:
        """What is noted inside belongs to this attempt."""
        token = current_span.set(self.span)
        try:
            with caused_by(self.because):
                yield
        finally:
            current_span.reset(token)

    def end(self, failure: str) -> None:
        if failure:
            self.span.fail(failure)
        self.span.end()
