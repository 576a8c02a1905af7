"""The model of storage and real PostgreSQL tell the same of each history, concurrent and crashed ones too."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from crossdock_kit.leases import PostgresLeaseStore
from crossdock_kit.reconcile import PostgresStreamBooks
from crossdock_kit.relay_store import PostgresRelayStore
from crossdock_kit.subscriptions.store import PostgresConsumerStore
from crossdock_kit.timer_loop import PostgresTimerStore
from crossdock_kit.unit_of_work import PostgresWorkStore
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from kit_schema import SCHEMA, create_tables
from simulation import virtual
from simulation.histories import history_of
from simulation.model_backend import ModelBackend
from simulation.operations import TENANT, Stores
from simulation.player import played
from simulation.stores import MemoryConsumerStore
from simulation.tables import Statement

SEEDS = (*range(16), 65, 171)
"""The last two are of sessions that took the same overdue messages."""
POSTGRES = Stores(
    PostgresRelayStore(),
    PostgresLeaseStore(),
    PostgresConsumerStore(),
    PostgresTimerStore(),
    PostgresWorkStore(),
    PostgresStreamBooks(),
)
# By one another: a vacuum that is in the way for a moment does not count.
_BLOCKED = "SELECT pid FROM unnest($1::int4[]) AS pid WHERE pg_blocking_pids(pid) && $2::int4[]"
_END = "SELECT pg_terminate_backend($1)"
_GONE = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)"


@dataclass(eq=False)
class PostgresBackend:
    """Plain sessions of the app role, and one that watches them."""

    url: str
    observer: Any
    stores: Stores = POSTGRES
    pids: dict[Any, int] = field(default_factory=dict)

    async def open(self) -> Any:
        settings = {"search_path": SCHEMA, "timezone": "UTC", "app.tenants": TENANT}
        driver = await asyncpg.connect(self.url, server_settings=settings)
        self.pids[driver] = driver.get_server_pid()
        return driver

    async def settle(self, tasks: Sequence[asyncio.Task[Any]], drivers: Sequence[Any]) -> None:
        async with asyncio.timeout(60):
            while True:
                await asyncio.sleep(0)
                asked = [self.pids[driver] for task, driver in zip(tasks, drivers, strict=True) if not task.done()]
                blocked = await self.observer.fetch(_BLOCKED, asked, list(self.pids.values())) if asked else []
                open_still = [self.pids[driver] for task, driver in zip(tasks, drivers, strict=True) if not task.done()]
                # One that ended while we looked may have let go those that the look still saw waiting.
                if open_still == asked and set(asked) == {row["pid"] for row in blocked}:
                    return
                await asyncio.sleep(0.002)

    async def crash(self, driver: Any) -> None:
        pid = self.pids.pop(driver)
        await self.observer.fetchval(_END, pid)
        async with asyncio.timeout(60):
            while not await self.observer.fetchval(_GONE, pid):
                await asyncio.sleep(0.002)
        driver.terminate()


@pytest.fixture(scope="module")
async def urls(servers: EmbeddedServers, database: str) -> ServiceUrls:
    found = await servers.add_service(database, SCHEMA)
    await create_tables(found)
    return found


@pytest.fixture
async def postgres(urls: ServiceUrls) -> AsyncIterator[PostgresBackend]:
    observer = await asyncpg.connect(urls.database, server_settings={"search_path": SCHEMA, "app.tenants": TENANT})
    await observer.execute("DELETE FROM pending")
    yield PostgresBackend(urls.database, observer)
    await observer.close()


def on_the_model(seed: int, backend: ModelBackend | None = None) -> list[Any]:
    outcomes, unheard = virtual.run(played(backend or ModelBackend(), seed))
    assert unheard == []
    return outcomes


@pytest.mark.parametrize("seed", SEEDS)
async def test_model_and_postgresql_agree_on_every_outcome(postgres: PostgresBackend, seed: int) -> None:
    real = await played(postgres, seed)
    model = await asyncio.to_thread(on_the_model, seed)
    for ours, theirs in zip(model, real, strict=True):
        assert ours == theirs
    assert len(model) > len(history_of(seed))


def test_the_histories_are_worth_comparing() -> None:
    """They block, crash, hold, park, fire and lose races: none of it never."""
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        for _, _, verb, outcome in on_the_model(seed):
            seen[verb] += 1
            seen["waits"] += outcome == "waits"
            seen["error"] += isinstance(outcome, str) and outcome.endswith("Error")
    wanted = {"commit", "rollback", "crash", "admit", "admit held", "settle", "fail", "due", "chain", "overdue"}
    wanted |= {
        "waits",
        "set timers",
        "cancel timers",
        "take timers",
        "put off",
        "record",
        "claim",
        "mark",
        "take",
        "leave",
        "compare",
        "publish again",
        "note",
        "noted",
    }
    assert [verb for verb in sorted(wanted) if not seen[verb]] == []


class Forgetful(MemoryConsumerStore):
    """A model that is wrong in one point: it does not lock what it admits."""

    async def admit(self, driver: Any, consumer: str, arrivals: Any) -> Any:
        async def body(s: Statement) -> None:
            s.writes.held.clear()

        found = await super().admit(driver, consumer, arrivals)
        for place in [place for place, holder in driver.database.locks.items() if holder is driver.writes]:
            del driver.database.locks[place]
        await driver.statement(body)
        return found


async def test_a_model_that_is_wrong_is_found_out(postgres: PostgresBackend) -> None:
    for seed in SEEDS:
        forgetful = ModelBackend()
        forgetful.stores = Stores(
            forgetful.stores.relay,
            forgetful.stores.leases,
            Forgetful(),
            forgetful.stores.timers,
            forgetful.stores.work,
            forgetful.stores.books,
        )
        await postgres.observer.execute("DELETE FROM pending")
        real = await played(postgres, 1000 + seed)
        if real != await asyncio.to_thread(on_the_model, 1000 + seed, forgetful):
            return
    pytest.fail("nothing told the model without locks from the real thing")
