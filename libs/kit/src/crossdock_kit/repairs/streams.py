"""Compares what stands in different books: journal with stream by message ids, source's journal with own inbox.

What the broker lost is published again under the same id; what a consumer never saw is applied by its own way, inbox
and version check included, so that a late original is a duplicate. Each consumer does it by itself once an hour.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from crossdock_kit.database import transaction
from crossdock_kit.errors import CrossdockError
from crossdock_kit.journal import Extract
from crossdock_kit.reconcile import Reconciler
from crossdock_kit.subscriptions import Consumer, disowned, inbox
from crossdock_kit.subscriptions.catch_up import LEADER, past_arrival
from crossdock_kit.subscriptions.model import Arrival

log = logging.getLogger(__name__)

EXAMPLES = 10
GRACE = timedelta(minutes=1)
"""What was recorded just now may still be on its way."""
EVERY_SECONDS, LOOKED_BACK, FURTHEST = 3600.0, timedelta(hours=2), timedelta(days=14)
DOUBT_SECONDS = 20.0
"""So long after a doubt: what is on its way meanwhile need not be read from the journal."""
REST = 3
"""After a comparison it rests so many times as long as it took: doubts that never end must not keep it busy."""


@dataclass(slots=True)
class Finding:
    """One comparison. `effect` says what was done about what was missing."""

    what: str
    compared: int = 0
    missing: int = 0
    unknown: int = 0
    """Held messages that the source's journal does not know."""
    examples: list[str] = field(default_factory=list)
    effect: str = ""

    def lacks(self, event_ids: Sequence[UUID]) -> None:
        self.missing += len(event_ids)
        self.examples += [str(each) for each in event_ids[: EXAMPLES - len(self.examples)]]


@dataclass(frozen=True, slots=True)
class Books:
    """What one service can compare: its own stream, and the inboxes of its consumers."""

    reconciler: Reconciler | None = None
    consumers: Sequence[Consumer] = ()

    async def compare(self, tenant: str, since: datetime, *, repair: bool) -> list[Finding]:
        """Raises Unavailable when database or broker are away."""
        found = [await self._stream(tenant, since, repair)] if self.reconciler else []
        return found + [await inbox_against_journal(each, tenant, since, repair=repair) for each in self.consumers]

    async def _stream(self, tenant: str, since: datetime, repair: bool) -> Finding:
        if self.reconciler is None:
            raise LookupError("this service has no stream")
        finding = Finding(f"stream {self.reconciler.relay.context}")
        async for page in self.reconciler.compared(since, (tenant,)):
            finding.compared += page.compared
            finding.lacks([event_id for event_id, _ in page.missing])
            if repair and page.missing:
                await self.reconciler.publish_again(page.missing, (tenant,))
        if finding.missing:
            finding.effect = "they are published again" if repair else "they would be published again"
        return finding


async def inbox_against_journal(
    consumer: Consumer, tenant: str, since: datetime, until: datetime | None = None, *, repair: bool
) -> Finding:
    """Reads the source's journal by RPC and looks for what this consumer neither admitted nor passed. Up to now it also
    looks for what waits here and the journal does not know."""
    finding = Finding(f"inbox {consumer.subscription.consumer}")
    if consumer.journal is None:
        finding.effect = f"there is no way to the journal of {consumer.subscription.source}"
        return finding
    untold = set() if until else await _suspects(consumer, tenant, since)
    settled = datetime.now(UTC) - GRACE
    extract = Extract((tenant,), recorded_from=since, recorded_to=until)
    async for entries in consumer.journal.read(consumer.subscription.source, extract):
        arrivals = [past_arrival(entry) for entry in entries]
        untold -= {arrival.event_id for arrival in arrivals}
        missing = await _unseen(consumer, tenant, arrivals)
        finding.compared += len(arrivals)
        finding.lacks([arrival.event_id for arrival in missing if arrival.announced_at < settled])
        if repair and missing:
            # With those that may be on their way: they are duplicates when they arrive.
            await consumer.apply_past(missing)
    finding.unknown = await consumer.disown(tenant, untold) if repair and untold else len(untold)
    finding.effect = _effect(finding, repair)
    return finding


def _effect(finding: Finding, repair: bool) -> str:
    parts = []
    if finding.missing:
        parts.append("they are applied" if repair else "they would be applied")
    if finding.unknown:
        wait = f"{finding.unknown} that wait here are unknown to the journal"
        parts.append(f"{wait}, an exception for each" if repair else wait)
    return "; ".join(parts)


async def _suspects(consumer: Consumer, tenant: str, since: datetime) -> set[UUID]:
    """Held messages of the time that is about to be read: what was published stands in the journal already."""
    async with transaction(consumer.engine, (tenant,)) as tx:
        return await disowned.suspects(tx.driver, consumer.subscription.consumer, since)


async def _unseen(consumer: Consumer, tenant: str, arrivals: list[Arrival]) -> list[Arrival]:
    name = consumer.subscription.consumer
    async with transaction(consumer.engine, (tenant,)) as tx:
        seen = await inbox.seen(tx.driver, name, [arrival.event_id for arrival in arrivals])
        rest = [arrival for arrival in arrivals if arrival.event_id not in seen]
        reached = await inbox.reached(tx.driver, name, {arrival.key for arrival in rest}) if rest else {}
    return [arrival for arrival in rest if arrival.version > reached.get(arrival.key, 0)]


async def watch_inbox(consumer: Consumer) -> None:
    """Once an hour, in the process that owns the consumer's first partition, and in whichever has a doubt; until
    cancelled."""
    doubts = consumer.puller.doubts
    while True:
        doubted = await _doubted(doubts)
        if not doubted and LEADER not in consumer.leases.owned:
            continue
        doubts.clear()
        began = asyncio.get_running_loop().time()
        try:
            for tenant in consumer.tenants:
                await brought_up(consumer, tenant)
        except CrossdockError as error:
            log.warning("comparing %s waits: %s", consumer.subscription.consumer, error)
            if doubted:
                doubts.set()
        await asyncio.sleep(REST * (asyncio.get_running_loop().time() - began))


async def _doubted(doubts: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(EVERY_SECONDS):
            await doubts.wait()
    except TimeoutError:
        return False
    await asyncio.sleep(DOUBT_SECONDS)
    return True


async def brought_up(consumer: Consumer, tenant: str) -> None:
    """Applies what the consumer lacks of the last hours, and goes on further back for as long as it lacks some."""
    now = datetime.now(UTC)
    since, until = now - LOOKED_BACK, None
    while True:
        found = await inbox_against_journal(consumer, tenant, since, until, repair=True)
        if found.missing or found.unknown:
            log.error("%s lacked %d events: %s", found.what, found.missing, found.effect)
        if not found.missing or since <= now - FURTHEST:
            return
        since, until = max(now - FURTHEST, now - 2 * (now - since)), since
