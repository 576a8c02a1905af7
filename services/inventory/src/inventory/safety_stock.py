"""The loop that lets stock rows keep what the policy says: rules begin and end by their dates, without an event.

It looks at all rows when other rules are in force than before and when an item changed, and now and then besides, for a
row that was made while the rules changed. Any number of replicas may run it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from crossdock_kit.clock import Clock
from crossdock_kit.context import caused_by
from crossdock_kit.errors import Conflict, Unavailable

from inventory.ports import UnitOfWork
from inventory.timers import timer_cause
from inventory.use_cases.hold_back import hold_back_stock, rules_in_force

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
AGAIN_SECONDS = 60.0


@dataclass(slots=True, eq=False)
class SafetyStock:
    uow: UnitOfWork
    tenants: Sequence[str]
    clock: Clock
    monotonic: Callable[[], float] = monotonic
    _followed: dict[str, tuple[tuple[int, ...], float]] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            for tenant in self.tenants:
                with caused_by(timer_cause("HoldBackStock", tenant, self.clock.now())):
                    await self.follow(tenant)
            await asyncio.sleep(EVERY_SECONDS)

    async def follow(self, tenant: str) -> int:
        """How many rows keep something else than before."""
        try:
            rules = await rules_in_force(tenant, self.uow)
            if rules is None or not self._anew(tenant, rules):
                return 0
            started, changed = self.monotonic(), await hold_back_stock(tenant, self.uow)
        except (Unavailable, Conflict) as error:
            log.warning("safety stock waits: %s", error)
            return 0
        self._followed[tenant] = rules, started
        return changed

    def look_again(self) -> None:
        """Items may have changed their category."""
        self._followed.clear()

    def _anew(self, tenant: str, rules: tuple[int, ...]) -> bool:
        before, at = self._followed.get(tenant, ((), -AGAIN_SECONDS))
        return before != rules or self.monotonic() - at >= AGAIN_SECONDS
