"""One service's deliveries as its carriers see them: lease under the partner's rate and breaker, hand back, expire.

The dispatcher uses it in-process, and an RPC for workers without a database uses it too. Reports are booked with
`report` inside the unit of work that also books their effects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries import leases
from crossdock_kit.deliveries.claim import Claim, claim, due_partners
from crossdock_kit.deliveries.model import Leased, PartnerLimits
from crossdock_kit.deliveries.report import LimitsOf
from crossdock_kit.rate_limit import RateLimiter

STANDARD_TURN = 5


def same_limits(limits: PartnerLimits) -> LimitsOf:
    """Every partner alike."""
    return lambda _tenant, _partner: limits


@dataclass(slots=True, eq=False)
class DeliveryQueue:
    """`limits_of` says what a partner bears; `tenants` are those that this process serves."""

    engine: Engine
    tenants: Sequence[str]
    limits_of: LimitsOf = field(default_factory=lambda: same_limits(PartnerLimits()))
    limiter: RateLimiter = field(default_factory=RateLimiter)
    _turn: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    async def lease(self, tenant: str, partner: str, kinds: Iterable[str], *, limit: int, worker: str) -> list[Leased]:
        """At most `limit` deliveries, each the first unfinished one of its ordering key; perhaps none.

        Tokens are taken before the transaction is opened and given back if there was nothing to spend them on.
        """
        limits = self.limits_of(tenant, partner)
        bucket = f"{tenant}/{partner}"
        granted = await self.limiter.take(bucket, limits.rate, limit)
        if granted.tokens < 1:
            return []
        wanted = Claim(
            tenant=tenant,
            partner=partner,
            kinds=tuple(kinds),
            limit=granted.tokens,
            worker=worker,
            standard_first=self._turn() % STANDARD_TURN == 0,
        )
        claimed: list[Leased] = []
        try:
            async with transaction(self.engine, (tenant,)) as tx:
                claimed = await claim(tx.driver, wanted, limits)
        finally:
            await self.limiter.give_back(bucket, limits.rate, granted.tokens - len(claimed))
        return claimed

    async def due(self, kinds: Iterable[str]) -> list[tuple[str, str]]:
        """Tenant and partner of whatever could be leased now, rate and breaker aside."""
        async with transaction(self.engine, self.tenants) as tx:
            return await due_partners(tx.driver, tuple(kinds))

    async def extend(self, held: Leased, lease: timedelta, recovery_point: str | None = None) -> None:
        """Keeps a lease and notes how far the call came. Raises LeaseLost."""
        async with transaction(self.engine, (held.tenant,)) as tx:
            await leases.extend(tx.driver, held, lease, recovery_point)

    async def expire(self) -> int:
        """Takes deliveries back from carriers that went silent."""
        async with transaction(self.engine, self.tenants) as tx:
            return await leases.expire(tx.driver, self.limits_of)
