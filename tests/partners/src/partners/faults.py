"""Knobs by which a partner misbehaves: late, twice, in another order, with errors, or not at all."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Send = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Faults:
    """All knobs at rest make a partner that behaves. Probabilities are 0 to 1, times are seconds."""

    delay_seconds: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    error: float = 0.0
    # Says nothing and answers nothing until it is lifted.
    silent: bool = False
    # What it is asked and never hears of, though its door was open: the caller is told to come again.
    lose: Callable[[Mapping[str, Any]], bool] = lambda document: False
    # How it answers instead of doing what it was asked for: wrong, redirect, drip, huge; nothing at rest.
    answer: str = ""
    seed: int = 7
    _random: random.Random = field(init=False, repr=False)
    _kept_back: list[Send] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def fails(self) -> bool:
        """Whether this request is answered with a server error."""
        return self.silent or self._random.random() < self.error

    async def deliver(self, send: Send) -> None:
        """Sends as a partner with these faults would: a document kept back goes out after the next one."""
        while self.silent:
            await asyncio.sleep(0.05)
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        if self._random.random() < self.reorder:
            self._kept_back.append(send)
            return
        await send()
        if self._random.random() < self.duplicate:
            await send()
        await self.flush()

    async def flush(self) -> None:
        kept, self._kept_back = self._kept_back, []
        for send in kept:
            await send()
