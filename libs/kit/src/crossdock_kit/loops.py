"""The work of a process beside its calls: named loops that run until they are told to stop and survive their failures.

Knows no loop's purpose. A loop that fails is started again with growing pauses, and readiness says so meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

Loop = Callable[[], Awaitable[None]]
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
# A loop that ran this long has earned a fresh start of its pauses.
HEALTHY_SECONDS = 60.0


class Loops:
    """Loops that are started together and stopped together."""

    def __init__(self) -> None:
        self._loops: dict[str, Loop] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._pausing: dict[str, str] = {}

    def add(self, name: str, loop: Loop) -> None:
        if name in self._loops:
            raise ValueError(f"two loops are named {name}")
        self._loops[name] = loop

    def start(self) -> None:
        self._tasks += [asyncio.create_task(self._keep(name, loop), name=name) for name, loop in self._loops.items()]

    async def check(self) -> None:
        """Raises while a loop that failed waits to be started again: a health check."""
        if self._pausing:
            raise RuntimeError("; ".join(f"{name}: {why}" for name, why in self._pausing.items()))

    async def stop(self, grace_seconds: float) -> None:
        """Cancels them; each may finish what it holds within the grace."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace_seconds)
            for task in late:
                log.warning("%s did not stop in time", task.get_name())
        self._tasks.clear()

    async def _keep(self, name: str, loop: Loop) -> None:
        clock = asyncio.get_running_loop().time
        pause = SHORTEST_PAUSE
        while True:
            started = clock()
            try:
                await loop()
                return
            except Exception as error:
                log.exception("%s failed", name)
                self._pausing[name] = type(error).__name__
            if clock() - started > HEALTHY_SECONDS:
                pause = SHORTEST_PAUSE
            await asyncio.sleep(pause)
            self._pausing.pop(name, None)
            pause = min(2 * pause, LONGEST_PAUSE)
