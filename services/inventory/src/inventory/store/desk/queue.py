"""Where baskets wait for the owner of their shards: express first, with a guaranteed share for the rest."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from inventory.store.desk.batch import Pending

MOST_IN_BATCH = 256
QUIET_TURNS = 3
"""Turns of the event loop that a call may take from the wire to the queue."""
COMPANY, ENOUGH = 8, 32
"""Fewer are not made to wait for company, and so many need no more of it: what a batch costs by itself is spread."""
PATIENCE_SECONDS = 0.006
"""A fraction of what a batch and its answers take under such a load; it is waited for at most once in a batch."""
SHARE, FADES = 0.75, 0.95
"""Of a crowd, how much is worth waiting for, and what is left of its size with each batch that is smaller."""
EXPRESS_SHARE = MOST_IN_BATCH * 3 // 4
EXPRESS_UP_TO = 1


class Queue:
    def __init__(self) -> None:
        self._express: deque[Pending] = deque()
        self._standard: deque[Pending] = deque()
        self._filled = asyncio.Event()
        self._wanted = 0
        self._enough = asyncio.Event()
        self._crowd, self._latest = 0.0, 0

    def put(self, pending: Pending) -> None:
        (self._express if pending.basket.priority <= EXPRESS_UP_TO else self._standard).append(pending)
        self._filled.set()
        if len(self) >= self._wanted:
            self._enough.set()

    def __len__(self) -> int:
        return len(self._express) + len(self._standard)

    async def filled(self) -> None:
        """Waits for somebody, and then until the event loop turns without bringing more: a batch of thirty costs
        hardly more than one of three, and whoever is only just on its way would have to wait for the whole of it. Most
        of a crowd is waited for a moment longer: those whom the batch before has answered are coming again."""
        await self._filled.wait()
        quiet, before = 0, len(self)
        while quiet < QUIET_TURNS and before < MOST_IN_BATCH:
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(self) == before else 0
            before = len(self)
        if self._company > before:
            await self._grown(self._company)

    @property
    def _company(self) -> int:
        """How many are worth waiting for: most of those who come and go together, nobody if these are few."""
        most = int(self._crowd * SHARE)
        return min(most, ENOUGH) if most >= COMPANY else 0

    async def _grown(self, number: int) -> None:
        self._wanted = number
        self._enough.clear()
        patience = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._enough.set)
        try:
            await self._enough.wait()
        finally:
            patience.cancel()

    async def holds(self, number: int, before: asyncio.Future[None]) -> bool:
        """Waits for so many, but not beyond the end of something else."""
        if len(self) < number and not before.done():
            self._wanted = number
            self._enough.clear()
            either: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._enough.wait()), before]
            try:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            finally:
                either[0].cancel()
        return len(self) >= number

    def take_now(self, most: int = MOST_IN_BATCH) -> list[Pending]:
        """What is there, at most one batch of it."""
        most = min(most, MOST_IN_BATCH)
        found = _first(self._express, most * EXPRESS_SHARE // MOST_IN_BATCH)
        found += _first(self._standard, most - len(found))
        found += _first(self._express, most - len(found))
        if not self._express and not self._standard:
            self._filled.clear()
        # Those of the batch before have just been answered, and come and go with these.
        self._crowd = max(self._crowd * FADES, self._latest + len(found) + len(self))
        self._latest = len(found)
        return [each for each in found if each.is_open]


def _first(queue: deque[Pending], most: int) -> list[Pending]:
    return [queue.popleft() for _ in range(min(most, len(queue)))]
