"""Ends the time of raw documents: the keys of months that are long over are dropped, hashes and histories stay."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from crossdock_kit import crypto
from crossdock_kit.clock import Clock
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import Unavailable

from connector.store import partners

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Retention:
    """Several replicas may run it: dropping a key twice is dropping it."""

    engine: Engine
    tenants: tuple[str, ...]
    clock: Clock
    keep: timedelta

    async def run(self) -> None:
        while True:
            try:
                await self.round()
            except Unavailable as error:
                log.warning("raw documents are kept longer: %s", error.code)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def round(self) -> int:
        """How many keys were dropped."""
        before = (self.clock.now() - self.keep).date()
        dropped = 0
        async with transaction(self.engine, self.tenants) as tx:
            for each in await partners.all_of(tx.driver):
                dropped += await crypto.drop_keys(tx.driver, each.tenant, each.profile.partner, before=before)
        if dropped:
            log.info("raw documents of %d months and partners ended", dropped)
        return dropped
