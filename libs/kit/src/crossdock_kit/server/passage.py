"""A call's way in and out: its time runs here, and however it ends, its span ends and its caller gets a clear word."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Any

import grpc
from grpc.aio import AbortError

from crossdock_kit.errors import BUG, kind_of
from crossdock_kit.server.calls import CallUnderWay
from crossdock_kit.server.methods import Method
from crossdock_kit.server.refusals import STATUSES, Late, RecordedRefusal, abort, status_of, surface

log = logging.getLogger(__name__)


class Passage:
    """Async context manager around one call."""

    __slots__ = ("_call", "_context", "_domain", "_limit")

    def __init__(self, method: Method, context: grpc.aio.ServicerContext[Any, Any], domain: str) -> None:
        self._context = context
        self._domain = domain
        self._call = CallUnderWay(method, context)
        self._limit = asyncio.timeout(self._call.seconds)

    async def __aenter__(self) -> CallUnderWay:
        await self._limit.__aenter__()
        return self._call

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            error = Late()
        if error is None:
            self._call.finish("OK")
        elif isinstance(error, AbortError):
            self._call.finish(_status_name(self._context.code()))
        elif isinstance(error, Exception):
            await self._refuse(error)
        else:
            # Cancelled by the caller or by its deadline, or a stream that nobody reads to its end.
            remaining = self._context.time_remaining()
            self._call.finish("CANCELLED" if remaining is None or remaining > 0 else "DEADLINE_EXCEEDED")

    async def _refuse(self, error: Exception) -> None:
        error = surface(error) if not isinstance(error, Late | RecordedRefusal) else error
        status = error.status if isinstance(error, RecordedRefusal) else status_of(error, self._domain)
        if kind_of(error) is BUG and not isinstance(error, Late | RecordedRefusal):
            log.error("%s failed", self._call.method.name, exc_info=error)
        self._call.finish(_status_name(status.code), type(error).__name__)
        await abort(self._context, status, self._call.span.trace_id)


def _status_name(code: Any) -> str:
    return STATUSES[code if isinstance(code, int) else code.value[0]].name
