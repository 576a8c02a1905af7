"""How much each partner bears, from its profile, as the queue of deliveries asks for it: without the database.

A copy of all profiles, renewed on every change in this process and now and then for changes made by another replica.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from crossdock.connector.v1 import partner_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.breaker import BreakerPolicy
from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries import SERVICE_LIMITS, PartnerLimits
from crossdock_kit.errors import Unavailable
from crossdock_kit.rate_limit import Rate

from connector.store import partners
from connector.use_cases.commanding import PEERS

log = logging.getLogger(__name__)

_RENEW_SECONDS = 5.0
_DEFAULT = PartnerLimits(owner="integration")


@dataclass(eq=False)
class ProfileLimits:
    engine: Engine
    tenants: Sequence[str]
    _limits: dict[tuple[str, str], PartnerLimits] = field(default_factory=dict)

    def __call__(self, tenant: str, partner: str) -> PartnerLimits:
        return SERVICE_LIMITS if partner in PEERS else self._limits.get((tenant, partner), _DEFAULT)

    async def renew(self) -> None:
        async with transaction(self.engine, self.tenants) as tx:
            stored = await partners.all_of(tx.driver)
        self._limits = {(each.tenant, each.profile.partner): limits_of(each.profile) for each in stored}

    async def run(self) -> None:
        while True:
            try:
                await self.renew()
            except Unavailable as error:
                log.warning("profiles are not renewed: %s", error.code)
            await asyncio.sleep(_RENEW_SECONDS)


def limits_of(profile: partner_pb2.PartnerProfile) -> PartnerLimits:
    """What a profile does not say stays at the kit's defaults."""
    rate, retry = profile.rate_limit, profile.retry
    default = _DEFAULT
    per_second = float(rate.per_second or default.rate.per_second)
    return PartnerLimits(
        rate=Rate(per_second, rate.burst or int(per_second) or 1),
        concurrency=default.concurrency,
        attempts=retry.attempts or default.attempts,
        backoff_first=retry.first.ToTimedelta() or default.backoff_first,
        backoff_longest=retry.longest.ToTimedelta() or default.backoff_longest,
        breaker=_breaker(retry, default.breaker),
        owner="supplier-desk" if profile.role == options_pb2.ROLE_SUPPLIER else "integration",
    )


def _breaker(retry: partner_pb2.Retry, default: BreakerPolicy) -> BreakerPolicy:
    pause = retry.breaker_pause.ToTimedelta() or default.pause
    return BreakerPolicy(
        failures=retry.breaker_failures or default.failures,
        pause=pause,
        longest=max(pause, retry.longest.ToTimedelta() or default.longest),
    )
