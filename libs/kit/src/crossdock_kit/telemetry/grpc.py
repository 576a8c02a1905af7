"""Client spans around calls of grpc.aio, without touching the call object.

The stock instrumentation waits inside an interceptor: client streams deadlock, cancelled calls and unread streams lose
their span. Here a span opens before the call and ends in the call's own done callback, however it ends.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import grpc

from crossdock_kit.telemetry import metrics, names
from crossdock_kit.telemetry.spans import Span, SpanKind, exporting, span

# For a client every status but OK is an error (semantic conventions).
_OK = "OK"
_ending: set[asyncio.Task[None]] = set()


def begin_client_span(method: str, address: str) -> tuple[Span, list[tuple[str, str]]]:
    """An open client span under the current one, and the metadata that carries it across."""
    opened = span(method, SpanKind.CLIENT)
    if exporting():
        host, _, port = address.rpartition(":")
        opened.attributes |= {names.RPC_SYSTEM: "grpc", names.RPC_METHOD: method, names.SERVER_ADDRESS: host}
        if port.isdigit():
            opened.attributes[names.SERVER_PORT] = int(port)
    metadata = [(names.TRACEPARENT, str(opened.place))]
    if opened.transaction_ids:
        metadata.append((names.BAGGAGE, f"{names.TRANSACTION_ID}={next(iter(opened.transaction_ids))}"))
    return opened, metadata


def end_with(call: Any, opened: Span) -> None:
    """Ends the span when the call is done. The status is known a moment after the callback, so a task waits for it."""

    def done(finished: Any) -> None:
        task = asyncio.get_running_loop().create_task(_end(finished, opened))
        _ending.add(task)
        task.add_done_callback(_ending.discard)

    call.add_done_callback(done)


async def _end(call: Any, opened: Span) -> None:
    status = _OK
    try:
        code: grpc.StatusCode = await call.code()
        status = code.name
    except asyncio.CancelledError:
        status = "CANCELLED"
    if status != _OK:
        opened.fail(status)
    opened.attributes[names.RPC_STATUS] = status
    opened.end()
    took = (time.time_ns() - opened.started_ns) / 1e9
    metrics.record_call(names.CLIENT_CALLS, opened.name, status, took)
