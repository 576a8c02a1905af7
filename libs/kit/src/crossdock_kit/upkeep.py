"""What has to be done now and then so that the tables stay as they should: months of the journal made ahead, rows
removed whose time has passed, exceptions escalated that nobody resolved in time.

Every process may do it at the same time; each statement is small. Knows no service.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from crossdock_kit import exception_history, journal, policy
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import CrossdockError
from crossdock_kit.policy import ANYWHERE
from crossdock_kit.subscriptions import inbox
from crossdock_kit.telemetry import metrics, names

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
class Ended:
    """Rows that have come to their end. Each tenant's policy `key` says for how many days they are kept after it.

    `statement` removes some of them: $1 tenant, $2 those that ended before, $3 ids made after that, $4 how many.
    """

    kind: str
    key: str
    statement: str
    days: int = 400


# Ids are ordered by the time of their making, so that the primary key finds the old ones. Deliveries take the ids of
# what they deliver; one that an open delivery waits for stays, because it is asked whether it is done.
ENDED = (
    Ended(
        "step",
        "timeline.retention_days",
        """
DELETE FROM step WHERE tenant = $1 AND step_id IN (
  SELECT step_id FROM step WHERE tenant = $1 AND step_id < $3 AND recorded_at < $2
  ORDER BY step_id LIMIT $4 FOR UPDATE SKIP LOCKED)
""",
    ),
    Ended(
        "exception",
        "exceptions.retention_days",
        """
DELETE FROM exception WHERE tenant = $1 AND exception_id IN (
  SELECT exception_id FROM exception WHERE tenant = $1 AND exception_id < $3 AND resolved_at < $2
  ORDER BY exception_id LIMIT $4 FOR UPDATE SKIP LOCKED)
""",
    ),
    Ended(
        "delivery",
        "deliveries.retention_days",
        """
DELETE FROM delivery WHERE tenant = $1 AND delivery_id IN (
  SELECT delivery_id FROM delivery WHERE tenant = $1 AND finished_at < $2 AND $3::uuid IS NOT NULL
    AND state IN ('delivered', 'suppressed', 'cancelled')
    AND delivery_id NOT IN (
      SELECT unnest(after) FROM delivery WHERE tenant = $1 AND state IN ('waiting', 'leased', 'dead'))
  ORDER BY delivery_id LIMIT $4 FOR UPDATE SKIP LOCKED)
""",
    ),
)
_CLOCKS_APART = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Keep `run` running; `once` does it all now."""

    engine: Engine
    tenants: Sequence[str]
    portion: int = PORTION

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
        for tenant in self.tenants:
            for ended in ENDED:
                await self._forget_ended(tenant, ended)
            await self._escalate(tenant)

    async def _escalate(self, tenant: str) -> None:
        escalated = self.portion
        while escalated >= self.portion:
            async with transaction(self.engine, (tenant,)) as tx:
                escalated = await exception_history.escalate_overdue(tx.driver, tenant, self.portion)
            if escalated:
                log.info("escalated %d exceptions of %s", escalated, tenant)

    async def _forget_inbox(self) -> int:
        async with transaction(self.engine, self.tenants) as tx:
            return _counted("inbox", await inbox.forget(tx.driver))

    async def _forget_answers(self) -> int:
        async with transaction(self.engine, self.tenants) as tx:
            done = await tx.driver.execute(_FORGET_ANSWERS, ANSWERS_KEPT)
        return _counted("idempotency", _removed(done))

    async def _forget_ended(self, tenant: str, ended: Ended) -> None:
        """Portion by portion, each in a transaction of its own, so that nobody waits for a long one."""
        before = await self._kept_from(tenant, ended)
        removed = self.portion
        while removed >= self.portion:
            async with transaction(self.engine, (tenant,)) as tx:
                done = await tx.driver.execute(
                    ended.statement, tenant, before, _first_id(before + _CLOCKS_APART), self.portion
                )
            removed = _counted(ended.kind, _removed(done))

    async def _kept_from(self, tenant: str, ended: Ended) -> datetime:
        async with transaction(self.engine, (tenant,)) as tx:
            now: datetime = await tx.driver.fetchval("SELECT now()")
            book = await policy.read(tx.driver, tenant, [ended.key])
        return now - timedelta(days=int(book.decide(ended.key, ANYWHERE, now, ended.days).value))


def _removed(done: str) -> int:
    return int(done.rpartition(" ")[2])


def _counted(kind: str, removed: int) -> int:
    metrics.count(names.FORGOTTEN, removed, {names.ROW_KIND: kind})
    return removed


def _first_id(at: datetime) -> UUID:
    """No time-ordered id of that instant or later is smaller."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
