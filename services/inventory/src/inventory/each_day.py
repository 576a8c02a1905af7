"""The loop of what is due because a day is over: lots that have expired, transfers that have not come.

It looks when a day begins and when the service starts, and now and then besides, for what was reported late. Any number
of replicas may run it: what one has done the other does not find.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from time import monotonic

from crossdock_kit.clock import Clock
from crossdock_kit.context import caused_by
from crossdock_kit.errors import Conflict, Unavailable

from inventory.ports import UnitOfWork
from inventory.timers import timer_cause

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
AGAIN_SECONDS = 60.0


@dataclass(slots=True, eq=False)
class EachDay:
    """`does` what is due for a tenant and gives how much it was; `name` stands in the steps that it makes."""

    name: str
    does: Callable[[str, UnitOfWork], Awaitable[int]]
    uow: UnitOfWork
    tenants: Sequence[str]
    clock: Clock
    monotonic: Callable[[], float] = monotonic
    _looked: dict[str, tuple[date, float]] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            for tenant in self.tenants:
                await self.follow(tenant)
            await asyncio.sleep(EVERY_SECONDS)

    async def follow(self, tenant: str) -> int:
        """How much was done."""
        today, started = self.clock.now().date(), self.monotonic()
        day, at = self._looked.get(tenant, (date.min, started))
        if day == today and started - at < AGAIN_SECONDS:
            return 0
        with caused_by(timer_cause(self.name, tenant, self.clock.now())):
            try:
                done = await self.does(tenant, self.uow)
            except (Unavailable, Conflict) as error:
                log.warning("%s waits: %s", self.name, error)
                return 0
        self._looked[tenant] = today, started
        return done
