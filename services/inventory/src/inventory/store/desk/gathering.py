"""Baskets that no owner here decides: those that come while others are being decided are decided together next.

One transaction for each would cost the database ten times as much, and each would wait for the row locks of the others.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from inventory.store.desk.batch import Pending, fail
from inventory.store.desk.queue import Queue

MOST_TOGETHER = 64
"""Their row locks are held until all of them are decided, and owners wait for these."""


@dataclass(eq=False)
class Gathering:
    """`decide` gives each of a batch its answer or an error; what it raises is everybody's of the batch."""

    decide: Callable[[Sequence[Pending]], Awaitable[None]]
    _queue: Queue = field(default_factory=Queue)
    _at_work: asyncio.Task[None] | None = None

    def put(self, pendings: Sequence[Pending]) -> None:
        for each in pendings:
            self._queue.put(each)
        if self._at_work is None or self._at_work.done():
            # A batch belongs to all of its callers: the deadline and the span of the first are not the others'.
            self._at_work = asyncio.create_task(self._work(), context=contextvars.Context())

    async def _work(self) -> None:
        while len(self._queue):
            batch = self._queue.take_now(MOST_TOGETHER)
            try:
                await self.decide(batch)
            except Exception as error:  # noqa: BLE001  raised to each who waits; those after them go on
                for each in batch:
                    fail(each, error)
