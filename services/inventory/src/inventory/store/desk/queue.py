"""Where baskets wait for the owner of their shards: express first, with a guaranteed share for the rest."""

from __future__ import annotations

import asyncio
from collections import deque

from inventory.store.desk.batch import Pending

MOST_IN_BATCH = 256
QUIET_TURNS = 3
"""Turns of the event loop that a call may take from the wire to the queue."""
EXPRESS_SHARE = MOST_IN_BATCH * 3 // 4
EXPRESS_UP_TO = 1


class Queue:
    def __init__(self) -> None:
        self._express: deque[Pending] = deque()
        self._standard: deque[Pending] = deque()
        self._filled = asyncio.Event()

    def put(self, pending: Pending) -> None:
        (self._express if pending.basket.priority <= EXPRESS_UP_TO else self._standard).append(pending)
        self._filled.set()

    async def take(self, halved_from: int | None = None) -> list[Pending]:
        """At least one, waiting for it; those whose callers have gone are dropped. With `halved_from` half of what
        waits stays behind, if each half has so many: all at once would all be answered and come again at once, and
        whoever decides and whoever commits would take turns at waiting."""
        while True:
            await self._filled.wait()
            if halved_from is not None:
                await self.last_comers()
            half = len(self) // 2
            found = self.take_now(half if halved_from is not None and half >= halved_from else MOST_IN_BATCH)
            if found:
                return found

    async def last_comers(self) -> None:
        """Stays until the event loop turns without bringing anybody: a batch of thirty costs hardly more than one of
        three, and whoever is only just on its way would have to wait for the whole of it."""
        quiet, before = 0, len(self)
        while quiet < QUIET_TURNS and before < MOST_IN_BATCH:
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(self) == before else 0
            before = len(self)

    def __len__(self) -> int:
        return len(self._express) + len(self._standard)

    def take_now(self, most: int = MOST_IN_BATCH) -> list[Pending]:
        """What is there, at most one batch of it."""
        most = min(most, MOST_IN_BATCH)
        found = _first(self._express, most * EXPRESS_SHARE // MOST_IN_BATCH)
        found += _first(self._standard, most - len(found))
        found += _first(self._express, most - len(found))
        if not self._express and not self._standard:
            self._filled.clear()
        return [each for each in found if not each.answer.done()]


def _first(queue: deque[Pending], most: int) -> list[Pending]:
    return [queue.popleft() for _ in range(min(most, len(queue)))]
