"""Broken variants of the kit, each without one guard: the simulation must catch every one of them.

Where guards back each other up, they are removed together and `without` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crossdock_kit.ids import EXPRESS
from crossdock_kit.reconcile import Reconciler
from crossdock_kit.relay import Relay
from crossdock_kit.subscriptions import Consumer
from crossdock_kit.subscriptions.inbox import Admission, Key, Mark
from crossdock_kit.subscriptions.model import Arrival
from crossdock_kit.subscriptions.puller import Pulled
from crossdock_kit.timers import DueTimer

from simulation.runs import Result, run_seed
from simulation.stores import MemoryConsumerStore, MemoryRelayStore, MemoryTimerStore
from simulation.stores.statement import on
from simulation.tables import Database, Row, Statement, Writes
from simulation.tables import Key as TableKey
from simulation.world import Kit

CAUGHT_ENOUGH, MOST_SEEDS, PATIENCE_SECONDS = 2, 150, 200.0


class NoInbox(MemoryConsumerStore):
    """Each message is new, and whatever it is, it is the next one."""

    async def admit(self, driver: Any, consumer: str, arrivals: Sequence[Arrival]) -> Admission:
        marks: dict[Key, Mark] = {}
        for arrival in sorted(arrivals, key=lambda each: each.version):
            marks.setdefault(arrival.key, Mark(arrival.version - 1))
        return Admission(frozenset(arrival.event_id for arrival in arrivals), marks)


class NoVersions(MemoryConsumerStore):
    """What was never seen is applied, wherever its aggregate stands."""

    async def admit(self, driver: Any, consumer: str, arrivals: Sequence[Arrival]) -> Admission:
        found = await super().admit(driver, consumer, arrivals)
        marks = dict(found.marks)
        firsts: dict[Key, int] = {}
        for arrival in arrivals:
            if arrival.event_id in found.fresh:
                firsts[arrival.key] = min(arrival.version, firsts.get(arrival.key, arrival.version))
        for key, first in firsts.items():
            marks[key] = replace(marks[key], version=first - 1)
        return Admission(found.fresh, marks)


class CursorRelay(MemoryRelayStore):
    """Publishes what comes after the last position that it has seen."""

    async def turn(
        self, driver: Any, done: Sequence[int], owned: Iterable[int], limits: tuple[int, int], aside: Sequence[int]
    ) -> list[Row]:
        mine = frozenset(owned)

        async def body(s: Statement) -> list[Row]:
            cursor = s.read("cursor", ()) or {}
            for position in done:
                s.write("pending", (position,), None)
            found = sorted((row for _, row in s.scan("pending")), key=lambda row: row["position"])
            ahead = [
                row for row in found if row["slot"] % EXPRESS in mine and row["position"] > cursor.get(row["slot"], 0)
            ][: limits[0]]
            moved = dict(cursor) | {row["slot"]: row["position"] for row in ahead}
            s.write("cursor", (), moved)
            return [{**row, **(s.read("journal", (row["event_id"],)) or {})} for row in ahead]

        return await on(driver, body)


class MarkFirst(Relay):
    """Removes what it is about to publish."""

    async def _publish_all(self) -> None:
        while True:
            self._wake.clear()
            async with self.leases.hold() as (session, owned):
                rows = await self._claim(session, owned, [])
                if not rows:
                    return
                await self._claim(session, frozenset(), [row["position"] for row in rows])
                await self._publish(rows)


class AckFirst(Consumer):
    """Acknowledges before the effects are committed."""

    async def _settle_pulled(self, pulled: list[Pulled]) -> None:
        _, malformed = self._understood(pulled)
        await self._acknowledge(pulled, malformed)
        await super()._settle_pulled(pulled)


class GapsDropped(MemoryConsumerStore):
    """Acknowledges what comes too early, and keeps nothing of it."""

    async def put(self, driver: Any, consumer: str, messages: Sequence[tuple[Arrival, str]]) -> None:
        await super().put(driver, consumer, [each for each in messages if each[1] != "gap"])


class ReadThenWrite(Database):
    """Stock is read and written without a lock."""

    async def lock(self, writes: Writes, table: str, key: TableKey) -> bool:
        return False if table == "stock" else await super().lock(writes, table, key)


class TimerGone(MemoryTimerStore):
    """A timer is removed before what it starts is committed."""

    async def remove(self, driver: Any, tenant: str, timers: Sequence[DueTimer]) -> bool:
        for timer in timers:
            driver.database.table("timer").versions.pop((tenant, timer.kind, timer.subject), None)
        return True


class LatestOnly(Reconciler):
    """After a reconnect it asks for the latest message that this process published, whenever that was."""

    async def _investigate(self) -> None:
        last = self.relay.last or self._noted
        if last is not None and not await self._keeps(last):
            await self.compare(self.clock.now() - self.retention)
        self._suspicion.clear()


@dataclass(frozen=True, slots=True)
class Mutant:
    """`sound` is the kit in the same circumstances with its guard: it passes the seeds that catch the mutant."""

    without: str
    sound: Kit
    broken: Kit
    rare: bool = False
    """Needs so many seeds that only `make simulate MUTANTS=1` has the time."""


SOUND = Kit()
# Where nobody reconciles, the broker must not forget: the guard that is missing is then the only difference.
ALONE = Kit(reconciles=False, broker_forgets=False)
MUTANTS: Mapping[str, Mutant] = {
    "no-inbox": Mutant("inbox and version check removed", SOUND, replace(SOUND, consumer_store=NoInbox)),
    "no-version-check": Mutant("version check removed", SOUND, replace(SOUND, consumer_store=NoVersions)),
    "gaps-dropped": Mutant("what comes too early is not held", SOUND, replace(SOUND, consumer_store=GapsDropped)),
    "ack-before-commit": Mutant("acknowledged before the commit", SOUND, replace(SOUND, consumer=AckFirst)),
    "read-then-write": Mutant("stock read without a lock", SOUND, replace(SOUND, database=ReadThenWrite), rare=True),
    "timer-gone": Mutant("timers removed before their work", SOUND, replace(SOUND, timer_store=TimerGone)),
    "cursor-relay": Mutant(
        "pending rows read by a cursor; reconcile off", ALONE, replace(ALONE, relay_store=CursorRelay)
    ),
    "mark-before-publish": Mutant("marked, then published; reconcile off", ALONE, replace(ALONE, relay=MarkFirst)),
    "no-reconcile": Mutant("nobody looks for what the broker lost", SOUND, replace(SOUND, reconciles=False)),
    "latest-only": Mutant(
        "a lost tail under younger messages unseen", SOUND, replace(SOUND, reconciler=LatestOnly), rare=True
    ),
}


@dataclass(frozen=True, slots=True)
class Caught:
    """What a mutant did wrong, in seeds that the sound kit passes."""

    by: Sequence[Result]
    tried: int

    @property
    def enough(self) -> bool:
        return len(self.by) >= CAUGHT_ENOUGH


def hunt(mutant: Mutant, most: int = MOST_SEEDS) -> Caught:
    """Tries seed after seed until enough have caught it; broken and sound kit have the same time to become quiet."""
    by: list[Result] = []
    seed = 0
    while len(by) < CAUGHT_ENOUGH and seed < most:
        seed += 1
        broken = run_seed(seed, mutant.broken, quiet_seconds=PATIENCE_SECONDS)
        if broken.violations and not run_seed(seed, mutant.sound, quiet_seconds=PATIENCE_SECONDS).violations:
            by.append(broken)
    return Caught(by, seed)
