"""The loop that gives back what was held too long. Any number of replicas may run it: each takes other rows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from crossdock_kit.clock import Clock
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.errors import Conflict, Unavailable

from inventory.ports import UnitOfWork
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
        with caused_by(self._cause(tenant)):
            try:
                return await expire_reservations(tenant, self.uow)
            except (Unavailable, Conflict) as error:
                log.warning("lapsed reservations wait: %s", error)
                return 0

    def _cause(self, tenant: str) -> Cause:
        identity = str(uuid4())
        return Cause(
            kind="timer",
            name="ExpireReservations",
            tenant=tenant,
            actor="inventory",
            correlation_id=identity,
            causation_id=identity,
            traceparent="",
            started_at=self.clock.now(),
        )
