"""One run from its seed to its verdict: load and faults together, then calm until all is quiet, then the checks."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast
from unittest.mock import patch

from crossdock_kit import ids, leases
from crossdock_kit.context import caused_by
from crossdock_kit.errors import CrossdockError

from simulation import stores, virtual
from simulation.chance import Chance
from simulation.checks import INITIAL_STOCK, Verdict, judge
from simulation.clients import SKUS, Clients, call_to
from simulation.facts import STOCK
from simulation.nemesis import SERVICES, Nemesis
from simulation.sessions import Dead
from simulation.streams import ACK_WAIT_SECONDS
from simulation.tables import Database, Row
from simulation.trade import TENANT
from simulation.world import REPLICAS, Kit, World

LOAD_SECONDS, CLIENTS = 45.0, 3
QUIET_SECONDS, PARKED_SECONDS = 1500.0, 400.0


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to. `story` is a digest of all that happened, in order: a seed always tells the same."""

    seed: int
    violations: list[str]
    story: str
    steps: int
    virtual_seconds: float
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    counters: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    timeline: list[tuple[float, str]] = field(default_factory=list)


def run_seed(
    seed: int, kit: Kit | None = None, *, quiet_seconds: float = QUIET_SECONDS, timeline: bool = False
) -> Result:
    """Runs it in a loop of its own, with the kit's sources of chance tied to the seed."""
    began = time.perf_counter()
    chance = Chance(seed, timeline=[] if timeline else None)
    with _seeded(chance):
        result, unheard = virtual.run(_Run(World(chance, kit or Kit()), quiet_seconds).whole(), (Dead,))
    gc.collect()
    violations = [*result.violations, *(f"unheard: {each}" for each in unheard)]
    return replace(result, violations=violations, seconds=time.perf_counter() - began)


@contextmanager
def _seeded(chance: Chance) -> Iterator[None]:
    """Ids and draws of the kit come from the seed."""
    level = logging.getLogger("crossdock_kit").level
    logging.getLogger("crossdock_kit").setLevel(logging.CRITICAL + 1)
    try:
        with patch.object(ids, "_time_ordered", chance), patch.object(leases, "secrets", chance):
            yield
    finally:
        logging.getLogger("crossdock_kit").setLevel(level)


@dataclass(eq=False)
class _Run:
    world: World
    quiet_seconds: float
    clients: Clients = field(init=False)

    def __post_init__(self) -> None:
        self.clients = Clients(self.world)

    async def whole(self) -> Result:
        self._stock_up()
        for service in SERVICES:
            for _ in range(REPLICAS):
                self.world.start(service)
        await asyncio.sleep(1.0)
        async with asyncio.TaskGroup() as tasks:
            for number in range(CLIENTS):
                tasks.create_task(self.clients.run(number))
            tasks.create_task(Nemesis(self.world).rage(LOAD_SECONDS, self.world.chance.dice.randrange(3, 14)))
        await self._heal()
        quiet = await self._became_quiet()
        for process in list(self.world.processes):
            await self.world.end(process)
        return self._result(quiet)

    def _stock_up(self) -> None:
        table = self.world.databases[STOCK].table("stock")
        for sku in SKUS:
            table.versions[sku,] = [(0, {"available": INITIAL_STOCK, "issued": 0})]

    async def _heal(self) -> None:
        """No more faults, every replica runs; bugs are mended once they have parked what they had to."""
        self.world.chance.calm = True
        self.world.chance.tell("calm")
        self.world.database_away.clear()
        for process in self.world.processes:
            process.host.go_on()
            await process.connection.mend()
        for service in SERVICES:
            for _ in range(REPLICAS - len(self.world.of(service))):
                self.world.start(service)
        await self._wait_for_parks()
        self.world.bugs.mended = True

    async def _wait_for_parks(self) -> None:
        """A bug that strikes for ever ends in a park, after the last of its attempts."""
        deadline = asyncio.get_running_loop().time() + PARKED_SECONDS
        while self.world.bugs.stubborn and asyncio.get_running_loop().time() < deadline:
            if any(_parked(database) for database in self.world.databases.values()):
                return
            await asyncio.sleep(5.0)

    async def _became_quiet(self) -> bool:
        """Operators lift what is parked until nothing is wrong any more, or for so long."""
        deadline = asyncio.get_running_loop().time() + self.quiet_seconds
        while asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(2.0)
            for service, database in self.world.databases.items():
                for consumer, aggregate in _parked(database):
                    await self._lift(service, consumer, aggregate, database.committed("held"))
            if not self._verdict().violations:
                # What was handed out and never acknowledged comes once more, and must change nothing.
                await asyncio.sleep(ACK_WAIT_SECONDS + 5.0)
                return not self._verdict().violations
        return False

    async def _lift(self, service: str, consumer: str, aggregate: str, held: dict[Any, Row]) -> None:
        first = min(
            (row for (of, _), row in held.items() if (of, row["aggregate"]) == (consumer, aggregate)),
            key=lambda row: row["version"],
        )
        process = self.world.of(service)[0]
        with suppress(CrossdockError), caused_by(call_to(process)):
            async with process.uow(tenants=(TENANT,)) as work:
                await stores.MemoryConsumerStore().try_again(cast(Any, work.driver), consumer, first["event_id"])
        self.world.chance.faults["park lifted"] += 1
        self.world.chance.tell("park lifted", consumer, aggregate)

    def _verdict(self) -> Verdict:
        return judge(self.world, frozenset(self.clients.accepted))

    def _result(self, quiet: bool) -> Result:
        verdict, chance = self._verdict(), self.world.chance
        rows = [row for database in self.world.databases.values() for row in database.committed("journal").values()]
        return Result(
            chance.seed,
            verdict.violations if quiet else [*verdict.violations, "it did not become quiet"],
            chance.story,
            chance.steps,
            asyncio.get_running_loop().time(),
            faults=chance.faults,
            counters=Counter(self.world.counters),
            events=Counter(row["type"].rpartition(".")[2] for row in rows),
            checked=verdict.checked,
            timeline=chance.timeline or [],
        )


def _parked(database: Database) -> list[tuple[str, str]]:
    """Consumer and aggregate of what stands parked."""
    marks = database.committed("watermark").items()
    return sorted((consumer, aggregate) for (consumer, _, aggregate), row in marks if row["parked_at"] is not None)
