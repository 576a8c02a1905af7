"""An event loop whose time jumps to the next thing that is due: hours pass in the time that the work itself takes.

Nothing in it waits for the machine and things that are due at one instant happen in the order in which they were asked
for, so the order of events is a function of the program and its seed.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
BEGIN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


class Stalled(Exception):
    """Everybody waits and nothing is due: in real time this would last for ever."""


class _Numbered(asyncio.Task[Any]):
    """A task whose place in a set does not depend on its address."""

    def __init__(self, number: int, coroutine: Coroutine[Any, Any, Any], **options: Any) -> None:
        self._number = number
        super().__init__(coroutine, **options)

    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.BaseEventLoop):
    """asyncio's own loop but for its clock and its choice of what comes next; it has no sockets and no threads."""

    _ready: deque[asyncio.Handle]

    def __init__(self) -> None:
        super().__init__()
        self.set_exception_handler(self._note)
        self.set_task_factory(self._numbered)
        self.unheard: list[str] = []
        self.ignored: tuple[type[BaseException], ...] = ()
        self._instant = 0.0
        self._asked = 0
        self._due: list[tuple[float, int, asyncio.TimerHandle]] = []

    def time(self) -> float:
        return self._instant

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._asked += 1
        heapq.heappush(self._due, (when, self._asked, timer))
        return timer

    def _run_once(self) -> None:
        """One turn: what is due now joins what is ready, and what is ready at its beginning runs."""
        ready, due = self._ready, self._due
        if not ready:
            while due and due[0][2]._cancelled:
                heapq.heappop(due)
            if not due:
                raise Stalled("nothing is due any more")
            self._instant = max(self._instant, due[0][0])
        while due and due[0][0] <= self._instant:
            ready.append(heapq.heappop(due)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector and needs to be woken."""

    def _numbered(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> _Numbered:
        self._asked += 1
        return _Numbered(self._asked, coroutine, loop=loop, **options)

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What nobody awaits is a finding of its own, but for what a killed process left behind."""
        if isinstance(context.get("exception"), self.ignored):
            return
        self.unheard.append(f"{context.get('message')}: {context.get('exception')!r}")


class VirtualClock:
    """The kit's Clock port on the loop's time."""

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=asyncio.get_running_loop().time())


def run(main: Coroutine[Any, Any, T], ignored: tuple[type[BaseException], ...] = ()) -> tuple[T, list[str]]:
    """Runs it in a loop of its own; its result, and what failed without being heard."""
    loop = VirtualLoop()
    loop.ignored = ignored
    collecting = gc.isenabled()
    # When garbage is collected depends on all that this interpreter has done before.
    gc.disable()
    try:
        result = loop.run_until_complete(main)
        loop.run_until_complete(loop.shutdown_asyncgens())
        return result, loop.unheard
    finally:
        loop.close()
        if collecting:
            gc.enable()
