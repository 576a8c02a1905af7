"""The model of storage as the conformance suite plays on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from simulation import stores
from simulation.chance import Chance
from simulation.operations import Stores
from simulation.sessions import Host, MemoryDriver
from simulation.tables import Database

MODEL = Stores(
    stores.MemoryRelayStore(),
    stores.MemoryLeaseStore(),
    stores.MemoryConsumerStore(),
    stores.MemoryTimerStore(),
    stores.MemoryWorkStore(),
    stores.MemoryBooks(),
)


@dataclass(eq=False)
class ModelBackend:
    """Calm: nothing goes wrong but what the history says."""

    stores: Stores = MODEL
    database: Database = field(default_factory=lambda: Database(lock_seconds=1e9))
    host: Host = field(default_factory=lambda: Host("model", Chance(0, calm=True)))

    async def open(self) -> MemoryDriver:
        driver = MemoryDriver(self.database, self.host)
        self.host.sessions.append(driver)
        return driver

    async def settle(self, tasks: Sequence[asyncio.Task[Any]], drivers: Sequence[Any]) -> None:
        """A second of virtual time: what is not done by then waits for a lock."""
        await asyncio.sleep(1.0)

    async def crash(self, driver: Any) -> None:
        driver.break_off()
        await asyncio.sleep(0.1)
