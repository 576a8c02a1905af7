"""Fires a partner's steps once, when all that they wait for has been seen.

A trigger without a slash belongs to the step's own order: `order:1` of order 4711 is `4711/order:1`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from partners.day import Order, Step

Act = Callable[[Order, Step], Awaitable[None]]


def qualified(order: Order, trigger: str) -> str:
    return trigger if "/" in trigger else f"{order.number}/{trigger}"


class Script:
    """The steps of one partner. `act` does one step; its failure is kept and raised by `check`."""

    def __init__(self, steps: Iterable[tuple[Order, Step]], act: Act) -> None:
        self._waiting = [(order, step, {qualified(order, name) for name in step.on}) for order, step in steps]
        self._seen: set[str] = set()
        self._act = act
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []

    def saw(self, order: str, trigger: str) -> None:
        """Notes what the partner has seen and starts what now has all it waits for, in the order of the script."""
        self._seen.add(f"{order}/{trigger}")
        ready = [(owner, step) for owner, step, needs in self._waiting if needs <= self._seen]
        if not ready:
            return
        self._waiting = [row for row in self._waiting if not row[2] <= self._seen]
        task = asyncio.create_task(self._run(ready))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, ready: list[tuple[Order, Step]]) -> None:
        try:
            for order, step in ready:
                await self._act(order, step)
        except Exception as failure:  # noqa: BLE001 - kept for check(), which raises it
            self._failures.append(failure)

    def check(self) -> None:
        if self._failures:
            raise ExceptionGroup(
                "a partner could not do its part", [f for f in self._failures if isinstance(f, Exception)]
            )

    @property
    def unfinished(self) -> list[str]:
        """Steps that have not fired, with what they still wait for."""
        return [f"{o.number} {s.do}: waits for {sorted(n - self._seen)}" for o, s, n in self._waiting]

    @property
    def busy(self) -> bool:
        return bool(self._tasks)
