"""The loop that gives back what was held too long. Any number of replicas may run it: each takes other rows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from crossdock_kit.clock import Clock
from crossdock_kit.context import caused_by
from crossdock_kit.errors import Conflict, Unavailable

from inventory.ports import UnitOfWork
from inventory.timers import timer_cause
from inventory.use_cases.reservations import LAPSED_AT_ONCE, expire_reservations

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Expiry:
    uow: UnitOfWork
    tenants: Sequence[str]
    clock: Clock
    seconds: float

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            if not await self._once():
                await asyncio.sleep(self.seconds)

    async def _once(self) -> bool:
        """Whether there may be more at once."""
        return any([await self._expire(tenant) == LAPSED_AT_ONCE for tenant in self.tenants])

    async def _expire(self, tenant: str) -> int:
        with caused_by(timer_cause("ExpireReservations", tenant, self.clock.now())):
            try:
                return await expire_reservations(tenant, self.uow)
            except (Unavailable, Conflict) as error:
                log.warning("lapsed reservations wait: %s", error)
                return 0
