"""Long work lets short calls go first: they share one thread, and a call that waits at each of its turns for ten
milliseconds of somebody's hundred thousand lines takes ten times as long.

Whoever works on many rows says so before each piece of a millisecond or two. If anybody has called lately, it rests
for about as long as its piece took, in which a call that has just come can begin, and then waits until no other call
is under way, though not for ever: on a busy day there is always one. Where nobody calls, nothing waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 0.008
"""Some of a short call's turns. An order of 100,000 lines says some ten thousand times that it works on many rows."""
REST_SECONDS = 0.002
"""About what a piece takes, and what a call needs from its arrival until it is known to be under way."""
LATELY_SECONDS = 1.0
"""Who called so long ago is a sign that others call."""
MANY_ROWS = 50
"""What takes longer than a call's own turn does."""
PIECE = 40
"""Rows whose work takes a millisecond or two."""


@dataclass(slots=True, eq=False)
class _Call:
    is_short: bool = True


_current: ContextVar[_Call | None] = ContextVar("crossdock_call_of_courtesy", default=None)


@dataclass(eq=False)
class Courtesy:
    """One for each process. Waiters are futures of their own loop: a process of tests has many, one after the other."""

    patience_seconds: float = PATIENCE_SECONDS
    rest_seconds: float = REST_SECONDS
    _short: int = 0
    _last_short: float = float("-inf")
    _waiting: set[asyncio.Future[None]] = field(default_factory=set)

    @property
    def short_calls(self) -> int:
        """How many are under way."""
        return self._short

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around each call. It is short until it says something else."""
        mine = _Call()
        token = _current.set(mine)
        self._short += 1
        try:
            yield
        finally:
            self._gone(mine)
            _current.reset(token)

    async def others_first(self) -> None:
        """Before the next piece of long work, inside a call or not."""
        loop = asyncio.get_running_loop()
        if (mine := _current.get()) is not None and mine.is_short:
            # It has come as any other does, and is a sign of nobody else.
            before = self._last_short
            self._gone(mine)
            self._last_short = before
        if not self._short and not 0 <= loop.time() - self._last_short <= LATELY_SECONDS:
            await asyncio.sleep(0)
            return
        await asyncio.sleep(self.rest_seconds)
        if self._short:
            turn = loop.create_future()
            self._waiting.add(turn)
            try:
                await asyncio.wait([turn], timeout=self.patience_seconds)
            finally:
                # Who is cancelled meanwhile waits for nobody any more.
                self._waiting.discard(turn)

    def _gone(self, call: _Call) -> None:
        if call.is_short:
            call.is_short = False
            self._short -= 1
            self._last_short = asyncio.get_running_loop().time()
            if not self._short:
                waiting, self._waiting = self._waiting, set()
                for each in waiting:
                    if not each.done():
                        each.set_result(None)


COURTESY = Courtesy()


async def others_first(rows: int = MANY_ROWS) -> None:
    """Nothing is long that works on a few rows."""
    if rows >= MANY_ROWS:
        await COURTESY.others_first()


async def in_pieces(rows: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """All of them in their order, others first before each piece; a few are one piece."""
    if len(rows) < MANY_ROWS:
        yield rows
        return
    for first in range(0, len(rows), PIECE):
        await COURTESY.others_first()
        yield rows[first : first + PIECE]
