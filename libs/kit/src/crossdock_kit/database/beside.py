"""Long work of the processor while a transaction is open: in a thread, so that everybody else's calls go on, and with a
word to the database now and then, which would end a session that is silent for half a minute.

It must not know what the work is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from crossdock_kit.driver import Driver

T = TypeVar("T")

EVERY_SECONDS = 5.0
"""Some times within `idle_in_transaction_session_timeout`."""


async def beside(driver: Driver, work: Callable[[], T], *, every_seconds: float = EVERY_SECONDS) -> T:
    """What `work` returns or raises; it must not use the session. Who is cancelled, or loses the session, leaves the
    thread to its end and hears no more of it."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        while not running.done():
            done, _ = await asyncio.wait([running], timeout=every_seconds)
            if not done:
                await driver.execute("SELECT 1")
        return running.result()
    finally:
        running.cancel()
