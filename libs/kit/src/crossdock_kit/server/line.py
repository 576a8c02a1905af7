"""How long calls stand in line before this process takes them in, measured by a call of its own that joins the line.

gRPC hands over one call for each turn of the event loop and keeps the others where no code of ours sees them: not how
many they are, nor since when. What a call has left of its time says nothing either, because nobody knows what it had.
A turn lasts as long as the work that is done in it, so while the line is long, work is begun when nobody else comes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import grpc

CALLS_BETWEEN = 32
"""A measurement costs about as much as a call: a thirtieth of what a busy process does, nothing for an idle one."""
LONG_SECONDS = 0.25
"""Longer than any hiccup of a healthy process, and a fraction of what the quickest methods are given."""
MOST_HELD_SECONDS, _COMES_SECONDS = 0.1, 0.002
"""How long work may be held for the line, and how soon the next call is taken in if one waits."""
_HOLDS_SECONDS, _PATIENCE_SECONDS = 1.0, 10.0
_CHECK = "/grpc.health.v1.Health/Check"


class Line:
    """The line before one server's door. Closed, or not yet open, it is taken to be empty."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._passed = self._taken_in = 0
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

    @property
    def is_long(self) -> bool:
        return self.seconds > LONG_SECONDS

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
        self._taken_in += 1
        self._passed += 1
        if self._passed >= CALLS_BETWEEN and not self.measuring and self._check is not None:
            self._passed, self._joined = 0, self._now()
            self._task = asyncio.create_task(self._measure())

    async def gone(self) -> None:
        """Waits while the line is long and moves: whoever is turned away takes a turn of microseconds, work many."""
        until, taken_in = self._now() + MOST_HELD_SECONDS, -1
        while self.is_long and taken_in != self._taken_in and self._now() < until:
            taken_in = self._taken_in
            await asyncio.sleep(_COMES_SECONDS)

    async def _measure(self) -> None:
        """Once, or until the line is short again: then each takes so long that they cost nothing."""
        try:
            while self._joined is not None:
                # Whatever the answer, or none in all that time: it is the time that counts.
                await self._check(b"", timeout=_PATIENCE_SECONDS).code()
                self._measured_at = self._now()
                self._measured = self._measured_at - self._joined
                self._joined = self._measured_at if self._measured > LONG_SECONDS else None
        finally:
            self._joined = None
