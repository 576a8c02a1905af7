"""A child that is kept alive: started, watched, started again after it died, with growing pauses.

Knows how to start its child and nothing of what the child is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from crossdock_local.process import Child, Died
from crossdock_local.state import ProcessState

log = logging.getLogger(__name__)
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
# A process that lived this long has earned a fresh start of its pauses.
HEALTHY_SECONDS = 30.0
FIRST_TRIES = 3
# Seldom enough to cost nothing, often enough that nobody waits for a restart.
WATCH_SECONDS = 0.25


class Supervised:
    def __init__(
        self, child: Child, start: Callable[[], Awaitable[None]], state: ProcessState, changed: Callable[[], None]
    ) -> None:
        self.child = child
        self.state = state
        self._start = start
        self._changed = changed
        self._stopping = False
        self._watch: asyncio.Task[None] | None = None

    async def bring_up(self) -> None:
        """Starts it for the first time and watches it from then on.

        Raises:
            Died: it ended several times before it was ready.
        """
        for attempt in range(1, FIRST_TRIES + 1):
            try:
                await self._start_once()
            except Died:
                if attempt == FIRST_TRIES:
                    self._say("failed")
                    raise
                await asyncio.sleep(SHORTEST_PAUSE * attempt)
            else:
                break
        self._watch = asyncio.create_task(self._keep_alive(), name=f"watch {self.state.name}")

    async def stop(self) -> None:
        self._stopping = True
        self._say("stopping")
        if self._watch is not None:
            self._watch.cancel()
        await self.child.stop()
        self._say("stopped")

    async def _start_once(self) -> None:
        self._say("starting")
        await self._start()
        self._say("ready")

    async def _keep_alive(self) -> None:
        clock = asyncio.get_running_loop().time
        pause, started = SHORTEST_PAUSE, clock()
        while not self._stopping:
            await self.child.wait(WATCH_SECONDS)
            if clock() - started > HEALTHY_SECONDS:
                pause = SHORTEST_PAUSE
            log.warning("%s ended with code %s, again in %.1f s", self.state.name, self.child.exit_code, pause)
            self.state.restarts += 1
            self._say("restarting")
            await asyncio.sleep(pause)
            pause, started = min(pause * 2, LONGEST_PAUSE), clock()
            await self._start_again()

    async def _start_again(self) -> None:
        try:
            await self._start_once()
        except Died as death:
            log.warning("%s", death)
            await self.child.kill()

    def _say(self, state: str) -> None:
        self.state.state = state
        self.state.pid = self.child.pid if self.child.running else None
        self._changed()
