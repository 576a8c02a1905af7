"""A document as the cause of what follows from it, with a trace of its own; documents of a batch each have theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from crossdock_kit.context import Cause, caused_by
from crossdock_kit.telemetry.spans import Link, SpanKind, current_span, parse_traceparent, root_span

from connector.store.document import Document

NAME = "translate document"
_LONGEST_NAME = 120


class DocumentStep:
    def __init__(self, document: Document, now: datetime) -> None:
        self.document = document
        place = parse_traceparent(document.traceparent)
        self.span = root_span(
            NAME,
            SpanKind.INTERNAL,
            links=[Link(place)] if place else [],
            transaction_ids=document.transaction_ids,
        )
        self.because = Cause(
            kind="document",
            name=NAME,
            tenant=document.tenant,
            actor="connector",
            correlation_id=document.correlation_id or str(document.document_id),
            causation_id=str(document.document_id),
            traceparent=str(self.span.place),
            started_at=now,
            caused_at=min(document.received_at, now.astimezone(UTC)),
            attempt=document.generation + document.failures,
            transaction_ids=document.transaction_ids,
        )

    def is_of(self, kinds: Iterable[str]) -> None:
        """Its timeline says what it is, once that is known: "read x12.997 x12.855"."""
        if named := " ".join(dict.fromkeys(kind for kind in kinds if kind)):
            self.because = replace(self.because, name=f"read {named}"[:_LONGEST_NAME])

    @contextmanager
    def within(self) -> Iterator[None]:
        token = current_span.set(self.span)
        try:
            with caused_by(self.because):
                yield
        finally:
            current_span.reset(token)

    def end(self, error: BaseException | None = None) -> None:
        if error is not None:
            self.span.fail(type(error).__name__)
        self.span.end()
