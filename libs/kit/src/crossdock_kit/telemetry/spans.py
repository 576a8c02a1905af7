"""A step's span: cheap to open, judged for sampling when it ends, handed to the exporter only then.

Ids are always made, because the timeline, the logs and the headers of events name the trace even where nobody collects
traces. Knows no exporter: `telemetry.setup` registers one, and without it ending a span does nothing.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from enum import IntEnum
from types import TracebackType
from typing import Self

from crossdock_kit.telemetry.sampling import Sampling

Value = str | int | float | bool


class SpanKind(IntEnum):
    """The numbers of the OpenTelemetry API's SpanKind."""

    INTERNAL = 0
    SERVER = 1
    CLIENT = 2
    PRODUCER = 3
    CONSUMER = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a trace, as it travels in a traceparent."""

    trace_id: int
    span_id: int
    sampled: bool

    def __str__(self) -> str:
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{1 if self.sampled else 0:02x}"


@dataclass(frozen=True, slots=True)
class Link:
    """Why another span belongs to this one, although it is in another trace."""

    place: Place
    attributes: Mapping[str, Value] = field(default_factory=dict)


def parse_traceparent(text: str | None) -> Place | None:
    """The place that a W3C traceparent names, or None for anything malformed. Only bit 0 of the flags is read."""
    parts = (text or "").split("-")
    if len(parts) < 4 or [len(part) for part in parts[:4]] != [2, 32, 16, 2] or parts[0] == "ff":
        return None
    try:
        trace_id, span_id, flags = (int(part, 16) for part in parts[1:4])
    except ValueError:
        return None
    return Place(trace_id, span_id, bool(flags & 1)) if trace_id and span_id else None


class Span:
    """One span. Use as a context manager; an exception that escapes marks it as failed."""

    __slots__ = (
        "_token",
        "attempt",
        "attributes",
        "ended_ns",
        "error",
        "kind",
        "links",
        "name",
        "parent",
        "span_id",
        "started_ns",
        "trace_id",
        "transaction_ids",
    )

    def __init__(
        self,
        name: str,
        kind: SpanKind,
        parent: Place | None,
        transaction_ids: Iterable[str] = (),
        links: Iterable[Link] = (),
    ) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent
        self.trace_id = parent.trace_id if parent else random.getrandbits(128) or 1
        self.span_id = random.getrandbits(64) or 1
        self.links = tuple(links)
        self.transaction_ids = dict.fromkeys(transaction_ids)
        self.attributes: dict[str, Value] = {}
        self.attempt = 1
        self.error = ""
        self.started_ns = time.time_ns()
        self.ended_ns = 0
        self._token: Token[Span | None] | None = None

    @property
    def sampled(self) -> bool:
        """Whether the transactions known by now are kept; where none is known, the caller's word or the trace id."""
        if self.transaction_ids:
            return _recorder.sampling.keeps(self.transaction_ids)
        return self.parent.sampled if self.parent else _recorder.sampling.keeps_trace(self.trace_id)

    @property
    def kept(self) -> bool:
        """Whether the ended span is exported: failures and retries always are."""
        return bool(self.error) or self.attempt > 1 or self.sampled

    @property
    def place(self) -> Place:
        return Place(self.trace_id, self.span_id, self.sampled)

    def serves(self, transaction_ids: Iterable[str]) -> None:
        """Adds transactions that turned out to be served by this step."""
        self.transaction_ids.update(dict.fromkeys(transaction_ids))

    def fail(self, error_type: str) -> None:
        self.error = error_type

    def end(self) -> None:
        """Ends the span once; later calls change nothing."""
        if self.ended_ns:
            return
        self.ended_ns = time.time_ns()
        export = _recorder.export
        if export is not None and self.kept:
            export(self)

    def __enter__(self) -> Self:
        self._token = current_span.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            current_span.reset(self._token)
        if kind is not None and not self.error:
            self.fail(kind.__name__)
        self.end()


class _Recorder:
    """Where ended spans go, and which are kept. One per process, set by telemetry.setup."""

    __slots__ = ("export", "follow_causes", "sampling")

    def __init__(self) -> None:
        self.export: Callable[[Span], None] | None = None
        self.sampling = Sampling()
        self.follow_causes = False


_recorder = _Recorder()
current_span: ContextVar[Span | None] = ContextVar("crossdock_span", default=None)


def record_with(export: Callable[[Span], None] | None, sampling: Sampling | None = None) -> None:
    """Registers what ended spans are given to; None stops recording."""
    _recorder.export, _recorder.sampling = export, sampling or Sampling()


def follow_causes(on: bool) -> None:
    """Puts a step into the trace of what caused it, for a demonstration; a transaction then is one long trace."""
    _recorder.follow_causes = on


def exporting() -> bool:
    """False where nobody collects traces, so that callers may save the work of describing a span."""
    return _recorder.export is not None


def span(name: str, kind: SpanKind = SpanKind.INTERNAL) -> Span:
    """A span under the current one, for work that is synchronous under a step."""
    above = current_span.get()
    return Span(name, kind, above.place if above else None, above.transaction_ids if above else ())


def root_span(name: str, kind: SpanKind, *, links: Iterable[Link] = (), transaction_ids: Iterable[str] = ()) -> Span:
    """A step of its own: a new trace that links to what caused it."""
    causes = tuple(links)
    parent = causes[0].place if _recorder.follow_causes and len(causes) == 1 else None
    return Span(name, kind, parent, transaction_ids, causes)


def current_traceparent() -> str:
    """The traceparent of the current span; empty outside of any."""
    found = current_span.get()
    return str(found.place) if found else ""


def note_transactions(transaction_ids: Iterable[str]) -> None:
    """Tells the current span which transactions it serves; sampling goes by them."""
    found = current_span.get()
    if found is not None:
        found.serves(transaction_ids)
