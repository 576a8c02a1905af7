"""How long calls stand in line before this process takes them in, measured by a call of its own that joins the line.

gRPC hands over one call for each turn of the event loop and keeps the others where no code of ours sees them: not how
many they are, nor since when. What a call has left of its time says nothing either, because nobody knows what it had.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import grpc

CALLS_BETWEEN = 32
"""A measurement costs about as much as a call: a thirtieth of what a busy process does, nothing for an idle one."""
_HOLDS_SECONDS, _PATIENCE_SECONDS = 1.0, 10.0
_CHECK = "/grpc.health.v1.Health/Check"


class Line:
    """The line before one server's door. Closed, or not yet open, it is taken to be empty."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._passed = 0
        self._channel: grpc.aio.Channel | None = None
        self._check: Any = None
        self._joined: float | None = None
        self._measured, self._measured_at = 0.0, float("-inf")
        self._task: asyncio.Task[None] | None = None

    @property
    def measuring(self) -> bool:
        return self._joined is not None

    @property
    def seconds(self) -> float:
        """The last measurement while it is fresh; if one is under way and has taken longer already, that long."""
        now = self._now()
        last = self._measured if now - self._measured_at < _HOLDS_SECONDS else 0.0
        return last if self._joined is None else max(last, now - self._joined)

    def open(self, address: str) -> None:
        """`address` of a server whose calls stand in the same line."""
        self._channel = grpc.aio.insecure_channel(address)
        self._check = self._channel.unary_unary(_CHECK)

    async def close(self) -> None:
        self._check = None
        if self._task is not None:
            self._task.cancel()
            # If it had not begun, nobody else would say that it is over.
            self._joined = None
        if self._channel is not None:
            await self._channel.close()

    def passed(self) -> None:
        """One more call has been taken in."""
        self._passed += 1
        if self._passed >= CALLS_BETWEEN and not self.measuring and self._check is not None:
            self._passed, self._joined = 0, self._now()
            self._task = asyncio.create_task(self._measure(self._joined))

    async def _measure(self, joined: float) -> None:
        try:
            # Whatever the answer, or none in all that time: it is the time that counts.
            await self._check(b"", timeout=_PATIENCE_SECONDS).code()
        finally:
            self._joined = None
            self._measured_at = self._now()
            self._measured = self._measured_at - joined
