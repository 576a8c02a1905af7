"""The database's clock, as a process without a turn to the database knows it: read now and then, carried on between.

All replicas agree on it, and a machine whose own clock is stepped does not: what it would date an hour ahead would
otherwise be due in an hour, and a deadline set meanwhile would come that much late.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crossdock_kit.clock import Clock, SystemClock
from crossdock_kit.database.engine import Engine
from crossdock_kit.database.failures import translated
from crossdock_kit.errors import Unavailable

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0


@dataclass(eq=False)
class DatabaseClock:
    """Never ahead of the database's time, and behind it by no more than an answer's way. Until the database has
    answered once it is the `machine`'s clock."""

    engine: Engine
    machine: Clock = field(default_factory=SystemClock)
    monotonic: Callable[[], float] = time.monotonic
    _read: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        if self._read is None:
            return self.machine.now()
        told, at = self._read
        return told + timedelta(seconds=self.monotonic() - at)

    async def look(self) -> None:
        """Reads the database's clock. Raises Unavailable."""
        with translated():
            session = await self.engine.checkout()
            try:
                told: datetime = await session.driver.fetchval("SELECT clock_timestamp()")
                self._read = told, self.monotonic()
            finally:
                self.engine.checkin(session)

    async def look_if_it_answers(self) -> None:
        """The same; while the database is away the time goes on by itself."""
        try:
            await self.look()
        except Unavailable as error:
            log.warning("the database's clock cannot be read: %s", error)

    async def run(self) -> None:
        """Looks every few seconds until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look_if_it_answers()
