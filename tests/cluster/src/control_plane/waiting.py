"""Waiting for a condition under a generous cap: no test judges by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

CAP_SECONDS = 120.0


async def until(holds: Callable[[], Awaitable[bool]], *, cap: float = CAP_SECONDS, every: float = 0.1) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(cap):
        while not await holds():
            await asyncio.sleep(every)
