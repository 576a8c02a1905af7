"""Ends the time for which raw documents are kept: drops the keys of months that are over, partner by partner.

Before that, keys that a former master key wrapped are wrapped with the current one, so that the former may go.

How long is the tenant's policy `documents.retention_days`, by default 400 days. What was dropped stays as a row without
its key, and the documents keep their hash. It must not know a document.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crossdock_kit import crypto, policy
from crossdock_kit.crypto import DocumentVault, MasterKeyFlawed
from crossdock_kit.database import Engine, transaction
from crossdock_kit.driver import Driver
from crossdock_kit.errors import Unavailable
from crossdock_kit.policy import Scope

log = logging.getLogger(__name__)

POLICY = "documents.retention_days"
DEFAULT_DAYS = 400
EVERY_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Retention:
    """Keep `run` running, in any number of replicas: a key that is gone is gone."""

    engine: Engine
    tenants: Sequence[str]
    vault: DocumentVault

    async def run(self) -> None:
        """Until cancelled. A database that is away is waited for."""
        while True:
            try:
                await self.once()
            except Unavailable as error:
                log.warning("retention waits: %s", error.code)
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> int:
        """Wraps anew and drops what is due now; the number of dropped keys."""
        for tenant in self.tenants:
            await self._rewrap(tenant)
        return sum([await self._of(tenant) for tenant in self.tenants])

    async def _rewrap(self, tenant: str) -> None:
        """A key whose master key is not there is not ours to mend; its documents say so when they are opened."""
        try:
            async with transaction(self.engine, (tenant,)) as tx:
                wrapped = await self.vault.rewrap(tx.driver, tenant)
        except MasterKeyFlawed as error:
            log.error("the keys of %s stay with the master keys that they have: %s", tenant, error)  # noqa: TRY400
            return
        if wrapped:
            log.info("%d keys of %s are wrapped with the current master key", wrapped, tenant)

    async def _of(self, tenant: str) -> int:
        async with transaction(self.engine, (tenant,)) as tx:
            now: datetime = await tx.driver.fetchval("SELECT now()")
            book = await policy.read(tx.driver, tenant, [POLICY])
            dropped = 0
            for partner in await _partners(tx.driver, tenant):
                kept = book.decide(POLICY, Scope(partner=partner), now, DEFAULT_DAYS)
                before = (now - timedelta(days=int(kept.value))).date()
                dropped += await crypto.drop_keys(tx.driver, tenant, partner, before=before)
        if dropped:
            log.info("retention of %s: %d keys of raw documents dropped", tenant, dropped)
        return dropped


async def _partners(driver: Driver, tenant: str) -> list[str]:
    """Those that have a key left."""
    rows = await driver.fetch(
        "SELECT DISTINCT partner FROM data_key WHERE tenant = $1 AND wrapped IS NOT NULL ORDER BY partner", tenant
    )
    return [row["partner"] for row in rows]
