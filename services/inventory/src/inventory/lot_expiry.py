"""The loop that takes lots out of what may be sold when their day is over.

What has expired is looked for when a day begins and when the service starts, and now and then besides, for goods that
were put away or released late. Any number of replicas may run it: what one has put on hold the other does not find.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from time import monotonic

from crossdock_kit.clock import Clock
from crossdock_kit.context import caused_by
from crossdock_kit.errors import Conflict, Unavailable

from inventory.ports import UnitOfWork
from inventory.timers import timer_cause
from inventory.use_cases.expiring import expire_lots

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
AGAIN_SECONDS = 60.0


@dataclass(slots=True, eq=False)
class LotExpiry:
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
        """How many lots were put on hold."""
        today, started = self.clock.now().date(), self.monotonic()
        day, at = self._looked.get(tenant, (date.min, started))
        if day == today and started - at < AGAIN_SECONDS:
            return 0
        with caused_by(timer_cause("ExpireLots", tenant, self.clock.now())):
            try:
                held = await expire_lots(tenant, self.uow)
            except (Unavailable, Conflict) as error:
                log.warning("expired lots wait: %s", error)
                return 0
        self._looked[tenant] = today, started
        return held
