"""Listens to another context's events for as long as the process runs.

Takes what has come for the partitions it owns, applies it in one transaction, acknowledges it in one write. A batch
that fails is taken apart until the failing message stands alone; a database or broker that is away is waited for.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from crossdock_kit import crash_points
from crossdock_kit.broker import Broker
from crossdock_kit.database import Engine, Session
from crossdock_kit.database.failures import translated
from crossdock_kit.database.transaction import tenant_list, transaction_on
from crossdock_kit.errors import Conflict, CrossdockError, Invalid, Unavailable
from crossdock_kit.ids import EXPRESS
from crossdock_kit.jobs import finished, together
from crossdock_kit.leases import POSTGRES_LEASES, PartitionLeases
from crossdock_kit.storage import ConsumerStore, LeaseStore
from crossdock_kit.subscriptions.aside import Aside
from crossdock_kit.subscriptions.batch import Applied, Batches, HandlerFailed
from crossdock_kit.subscriptions.catch_up import CatchUp, JournalReader
from crossdock_kit.subscriptions.disowned import disown
from crossdock_kit.subscriptions.inbox import Key
from crossdock_kit.subscriptions.model import Arrival, Subscription, arrival_of
from crossdock_kit.subscriptions.puller import Pulled, Puller
from crossdock_kit.subscriptions.store import POSTGRES
from crossdock_kit.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
OVERDUE_SECONDS = 15.0
CHAIN = 500
STOP_SECONDS = 15.0
"""How long a batch under way may take when the process is told to stop."""
FEW, GATHERED, GATHER_SECONDS = 8, 64, 0.002
"""Between these a moment's wait makes one transaction of several; fewer are not made to wait for company."""
PATIENCE = 5
"""Attempts of a whole batch before a failure that looks like the database's is looked for in a single message."""
COUNTERS = ("applied", "redelivered", "duplicate_dropped", "held", "parked", "refused", "retried", "malformed")


@dataclass(eq=False)
class Consumer:
    """One subscription at work. `counters` count since the process started."""

    subscription: Subscription
    engine: Engine
    broker: Broker
    uow: UnitOfWork
    tenants: Sequence[str]
    journal: JournalReader | None = None
    store: ConsumerStore = POSTGRES
    lease_store: LeaseStore = POSTGRES_LEASES
    leases: PartitionLeases = field(init=False)
    puller: Puller = field(init=False)
    counters: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    _batches: Batches = field(init=False)
    _aside: Aside = field(init=False)
    _next_sweep: float = 0.0
    _next_overdue: float = 0.0

    def __post_init__(self) -> None:
        name = self.subscription.name
        self.puller = Puller(self.broker, self.subscription.source, name)
        group = f"consumer {self.subscription.consumer}"
        self.leases = PartitionLeases(self.engine, group, changed=self.puller.want, store=self.lease_store)
        self._batches = Batches(self.subscription, self.uow, self.store)
        self._aside = Aside(self.subscription, self.uow, self.store)

    async def run(self) -> None:
        """Until cancelled; a batch under way is finished first. A failure that nobody here understands ends it."""
        await together(self._turns(), self._catch_up(), self.puller.run(), self.leases.run())

    async def _turns(self) -> None:
        pause = 0.1
        while True:
            try:
                await self.leases.wait_owner()
                await self.puller.arrived(SWEEP_SECONDS)
                pulled = self.puller.take(self.subscription.batch)
                if pulled:
                    await finished(self._settle_pulled(pulled), STOP_SECONDS)
                if FEW < len(pulled) < GATHERED:
                    await asyncio.sleep(GATHER_SECONDS)
                await self._sweep()
                pause = 0.1
            except CrossdockError as error:
                log.warning("%s waits: %s", self.subscription.consumer, error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 5.0)

    async def _catch_up(self) -> None:
        """Reads the source's journal once, if this consumer came later than the data."""
        if self.journal is not None:
            await CatchUp(self.subscription, self.engine, self.broker, self.journal, self.apply_past).run(self.leases)
        await asyncio.Event().wait()

    async def apply_past(self, arrivals: list[Arrival]) -> None:
        """Events that did not come by the stream, of whichever partition."""
        async with self.leases.hold() as (session, _):
            loosened = await self._settle(session, arrivals)
        while loosened:
            loosened = await self._release(loosened)

    async def disown(self, tenant: str, event_ids: Collection[UUID]) -> int:
        """Takes held messages out of their order that the source's journal does not know; how many."""
        async with self.leases.hold() as (session, _):
            return await disown(session, self.subscription, self.uow, tenant, event_ids)

    async def _settle_pulled(self, pulled: list[Pulled]) -> None:
        """Settles a batch and acknowledges it; whoever is no longer the owner does neither."""
        arrivals, malformed = self._understood(pulled)
        try:
            loosened = await self._persist(arrivals)
        except Unavailable:
            await self.puller.give_back(pulled)
            raise
        crash_points.reached(crash_points.AFTER_EFFECT)
        await self._acknowledge(pulled, malformed)
        while loosened:
            loosened = await self._release(loosened)

    def _understood(self, pulled: list[Pulled]) -> tuple[list[Arrival], set[bytes]]:
        arrivals: list[Arrival] = []
        malformed: set[bytes] = set()
        for each in pulled:
            try:
                arrivals.append(arrival_of(each.durable.slot, each.reply, each.body, each.block))
            except Invalid:
                # Nobody but the source may publish here, and its envelope refuses what lacks a header.
                log.exception("a message that is no event on the stream of %s", self.subscription.source)
                malformed.add(each.reply)
        self.counters["malformed"] += len(malformed)
        self.counters["redelivered"] += sum(arrival.delivered > 1 for arrival in arrivals)
        return arrivals, malformed

    async def _persist(self, arrivals: list[Arrival]) -> list[Key]:
        """Repeats until the batch is settled or its partitions are lost. What was settled already is a duplicate."""
        attempt = 0
        while True:
            attempt += 1
            async with self.leases.hold() as (session, owned):
                mine = [arrival for arrival in arrivals if arrival.partition in owned]
                if len(mine) < len(arrivals):
                    raise Unavailable("partitions moved to another owner")
                try:
                    return await self._settle(session, mine, apart=attempt > PATIENCE)
                except (Unavailable, Conflict) as error:
                    log.warning("%s, attempt %d: %s", self.subscription.consumer, attempt, error)
            await asyncio.sleep(min(0.05 * 2**attempt, 5.0))

    async def _settle(self, session: Session, arrivals: list[Arrival], *, apart: bool = False) -> list[Key]:
        """Applies what can be applied and sets aside what fails alone; aggregates that may have more to apply."""
        parts: deque[list[Arrival]] = deque([arrivals] if arrivals else [])
        loosened: list[Key] = []
        while parts:
            part = parts.popleft()
            try:
                loosened += self._counted(await self._batches.apply(session, part)).loosened
            except HandlerFailed as failure:
                if len(part) > 1:
                    parts.extendleft(reversed(_taken_apart(part, failure)))
                else:
                    await self._set_aside(session, part[0], failure.error)
            except (Unavailable, Conflict) as error:
                if not apart or session.lost:
                    raise
                if len(part) > 1:
                    parts.extendleft(reversed(_halves(part)))
                else:
                    await self._set_aside(session, part[0], error)
        return loosened

    async def _set_aside(self, session: Session, arrival: Arrival, error: Exception) -> None:
        outcome = await self._aside.take(session, arrival, error)
        log.warning("%s of %s: %s, %s", arrival.type, arrival.aggregate, outcome, type(error).__name__, exc_info=error)
        counter = {"retry": "retried", "duplicate": "duplicate_dropped"}.get(outcome, outcome)
        self.counters[counter] += 1

    async def _acknowledge(self, pulled: list[Pulled], malformed: set[bytes]) -> None:
        acks = [
            b"PUB %b %d\r\n%b\r\n" % (each.reply, 5, b"+TERM")
            if each.reply in malformed
            else b"PUB %b 4\r\n+ACK\r\n" % each.reply
            for each in self.puller.answerable(pulled)
        ]
        try:
            await self.broker.connection.write(b"".join(acks))
        except Unavailable:
            log.warning("%d messages will come again: the broker is away", len(acks))

    async def _release(self, keys: list[Key]) -> list[Key]:
        """Applies held messages of aggregates that have just moved."""
        async with self.leases.hold() as (session, _):
            async with transaction_on(session, tenant_list(tenant for tenant, _ in keys)) as tx:
                following = await self.store.chain(tx.driver, self.subscription.consumer, keys, CHAIN)
            return await self._settle(session, following)

    async def _sweep(self) -> None:
        """Looks after held messages: those whose next attempt is due, and those that nobody has looked at for long."""
        now = asyncio.get_running_loop().time()
        if now < self._next_sweep:
            return
        self._next_sweep = now + SWEEP_SECONDS
        async with self.leases.hold() as (session, owned):
            slots = [*owned, *(partition + EXPRESS for partition in owned)]
            async with transaction_on(session, tenant_list(self.tenants)) as tx:
                due = await self.store.due(tx.driver, self.subscription.consumer, slots, self.subscription.batch)
            loosened = await self._settle(session, due)
            if now >= self._next_overdue:
                self._next_overdue = now + OVERDUE_SECONDS
                with translated():
                    if await self._aside.raise_overdue(session, tenant_list(self.tenants), slots):
                        self.puller.doubts.set()
        while loosened:
            loosened = await self._release(loosened)

    def _counted(self, applied: Applied) -> Applied:
        self.counters["applied"] += applied.applied
        self.counters["duplicate_dropped"] += applied.duplicates
        self.counters["held"] += applied.held
        return applied


def _taken_apart(part: list[Arrival], failure: HandlerFailed) -> list[list[Arrival]]:
    """Around the culprit where it is known, else in halves."""
    place = next((i for i, arrival in enumerate(part) if arrival.event_id == failure.culprit), None)
    if place is None:
        return _halves(part)
    return [piece for piece in (part[:place], part[place : place + 1], part[place + 1 :]) if piece]


def _halves(part: list[Arrival]) -> list[list[Arrival]]:
    middle = len(part) // 2
    return [part[:middle], part[middle:]]
