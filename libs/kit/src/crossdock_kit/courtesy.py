"""Long work lets short calls go first: they share one thread, and a call that waits at each of its turns for ten
milliseconds of somebody's hundred thousand lines takes ten times as long.

Whoever works on many rows says so before each piece of some milliseconds. Then it waits until no other call is under
way, though not for ever: on a busy day there is always one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

PATIENCE_SECONDS = 0.03
"""About what a short call takes. A long order of 100,000 lines says a few thousand times that it works on many rows."""
MANY_ROWS = 50
"""What takes longer than a call's own turn does."""


@dataclass(slots=True, eq=False)
class _Call:
    is_short: bool = True


_current: ContextVar[_Call | None] = ContextVar("crossdock_call_of_courtesy", default=None)


@dataclass(eq=False)
class Courtesy:
    """One for each process. Waiters are futures of their own loop: a process of tests has many, one after the other."""

    patience_seconds: float = PATIENCE_SECONDS
    _short: int = 0
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
        if (mine := _current.get()) is not None:
            self._gone(mine)
        if self._short:
            turn = asyncio.get_running_loop().create_future()
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
