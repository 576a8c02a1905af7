"""What has to be done now and then so that the tables stay as they should: months of the journal made ahead, rows
removed whose time has passed.

Every process may do it at the same time; each statement is small. Knows no service.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from crossdock_kit import journal
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import CrossdockError
from crossdock_kit.subscriptions import inbox

log = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
MONTHS_AHEAD = 3
ANSWERS_KEPT = timedelta(days=7)
"""How long a repeated request id gets its recorded answer."""
PORTION = 5000

_FORGET_ANSWERS = """
DELETE FROM idempotency WHERE (tenant, method, request_id) IN (
  SELECT tenant, method, request_id FROM idempotency WHERE created_at < now() - $1::interval
  ORDER BY created_at LIMIT 5000)
"""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Keep `run` running; `once` does it all now."""

    engine: Engine
    tenants: Sequence[str]

    async def run(self) -> None:
        while True:
            try:
                await self.once()
            except CrossdockError as error:
                log.warning("upkeep waits: %s", error)
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> None:
        made = await journal.make_partitions(self.engine, self.tenants, MONTHS_AHEAD)
        if made:
            log.info("made %d months of the journal ahead", made)
        forgotten = PORTION
        while forgotten >= PORTION:
            forgotten = max(await self._forget_inbox(), await self._forget_answers())

    async def _forget_inbox(self) -> int:
        async with transaction(self.engine, self.tenants) as tx:
            return await inbox.forget(tx.driver)

    async def _forget_answers(self) -> int:
        async with transaction(self.engine, self.tenants) as tx:
            done = await tx.driver.execute(_FORGET_ANSWERS, ANSWERS_KEPT)
        return int(done.rpartition(" ")[2])
