"""Structured logs: a JSON object per line, with the ids that join it to a trace and a transaction.

Only what the code itself logs: no request bodies, no headers. Knows no exporter.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from crossdock_kit.context import current_cause
from crossdock_kit.telemetry.spans import current_span

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def _circumstances() -> dict[str, Any]:
    found: dict[str, Any] = {}
    span, cause = current_span.get(), current_cause.get()
    if span is not None:
        found["trace_id"], found["span_id"] = f"{span.trace_id:032x}", f"{span.span_id:016x}"
        if span.transaction_ids:
            found["transaction_ids"] = list(span.transaction_ids)
    if cause is not None:
        found |= {"step": cause.name, "kind": cause.kind, "attempt": cause.attempt, "actor": cause.actor}
        found |= {"tenant": cause.tenant, "correlation_id": cause.correlation_id}
    return found


class JsonFormatter(logging.Formatter):
    """One line of JSON; what a log call gives as `extra` becomes fields."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= _circumstances()
        line |= {name: value for name, value in record.__dict__.items() if name not in _OWN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def configure_logs(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Sends every logger's lines to `stream` (standard error) as JSON."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # A library's warning is a line like any other.
    logging.captureWarnings(capture=True)
