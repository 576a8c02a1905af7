"""How urgent a channel's baskets are, as the policy table says, remembered for a while.

Every reservation asks, so the rules are read once in FRESH_SECONDS for all of them: a rule that begins or is added
counts that much later. It must not know what urgency does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crossdock_kit import policy
from crossdock_kit.clock import Clock
from crossdock_kit.database import Engine, transaction
from crossdock_kit.policy import PolicyBook, Scope

from inventory.domain.reserving import LEAST_URGENT

POLICY = "inventory.channel_priority"
"""Its value: {"priority": 2}. The partner of its scope is a sales channel."""

FRESH_SECONDS = 30.0


@dataclass(eq=False)
class ChannelPriorities:
    engine: Engine
    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    _read: dict[str, tuple[PolicyBook, float]] = field(default_factory=dict)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, tenant: str, business_unit: str, channel: str, *, otherwise: int) -> int:
        book = await self._rules(tenant)
        if not book.of(POLICY):
            return otherwise
        place = Scope(business_unit=business_unit, partner=channel)
        said = priority_of(book.decide(POLICY, place, self.clock.now(), None).value)
        return otherwise if said is None else said

    async def _rules(self, tenant: str) -> PolicyBook:
        if (found := self._fresh(tenant)) is not None:
            return found
        async with self._reading:
            # Those who waited meanwhile find what the first of them has read.
            if (found := self._fresh(tenant)) is None:
                at = self.monotonic()
                async with transaction(self.engine, (tenant,)) as tx:
                    found = await policy.read(tx.driver, tenant, [POLICY])
                self._read[tenant] = found, at
        return found

    def _fresh(self, tenant: str) -> PolicyBook | None:
        book, at = self._read.get(tenant, (None, 0.0))
        return book if book is not None and self.monotonic() - at < FRESH_SECONDS else None


def priority_of(value: Any) -> int | None:
    """A rule that says no priority of 0 to 9 says nothing."""
    said = value.get("priority") if isinstance(value, Mapping) else None
    if not isinstance(said, int) or isinstance(said, bool):
        return None
    return said if 0 <= said <= LEAST_URGENT else None
