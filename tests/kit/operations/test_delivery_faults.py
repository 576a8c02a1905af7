"""Connections are cut again and again while deliveries run: each is made in order, each effect comes about once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from crossdock_kit.database import Engine
from crossdock_kit.deliveries import Delivered, Leased, Outcome
from crossdock_kit.deliveries.dispatcher import Carrier, Dispatcher
from crossdock_kit.deliveries.settling import Ended
from crossdock_kit.errors import CrossdockError, FailureClass
from crossdock_kit.exceptions import NewException
from crossdock_kit.unit_of_work import UnitOfWork, Work
from crossdock_local.embedded import EmbeddedServers
from kit_schema.outbound import QUICK, Partner

KEYS, PER_KEY, CUTS = 12, 8, 12
LIMITS = replace(QUICK, attempts=1000, lease=timedelta(seconds=2), concurrency=6)


class Receiver:
    """The other system: it keeps what came, and recognises a repetition by its key."""

    def __init__(self) -> None:
        self.effects: dict[str, list[str]] = defaultdict(list)
        self.seen: set[str] = set()
        self.busy = asyncio.Event()

    async def carry(self, leased: Leased) -> Outcome:
        if leased.idempotency_key not in self.seen:
            self.seen.add(leased.idempotency_key)
            self.effects[leased.ordering_key].append(leased.idempotency_key)
        self.busy.set()
        await asyncio.sleep(0.02)
        self.busy.clear()
        return Delivered(f"N-{leased.idempotency_key}")


async def settle(ended: Sequence[Ended], work: Work) -> None:
    """An effect that would be counted twice if it were booked twice."""
    for leased in (each.leased for each in ended):
        work.raise_exception(
            NewException(
                failure_class=FailureClass.BUSINESS,
                code="BOOKED",
                summary=leased.idempotency_key,
                owner="tests",
                subject=f"{leased.partner}/{leased.idempotency_key}",
            )
        )


async def _cut_connections(admin: asyncpg.Connection[asyncpg.Record]) -> None:
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename <> current_user"
    )


async def _finished(partner: Partner) -> bool:
    unfinished = "SELECT count(*) FROM delivery WHERE partner = $1 AND state <> 'delivered'"
    with suppress(CrossdockError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return bool(await partner.fetch(unfinished) == 0)
    return False


class Crew:
    """Dispatchers as the service's loops keep them; one may be killed with its calls under way."""

    def __init__(self, make: Callable[[str], Dispatcher]) -> None:
        self._make = make
        self._born = 0
        self.tasks: list[asyncio.Task[None]] = []
        self.hire()
        self.hire()

    def hire(self) -> None:
        self._born += 1
        self.tasks.append(asyncio.create_task(_kept(self._make(f"d{self._born}"))))

    async def kill(self) -> None:
        task = self.tasks.pop(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _kept(dispatcher: Dispatcher) -> None:
    """What failed is started again."""
    while True:
        try:
            await dispatcher.run()
        except (CrossdockError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await asyncio.sleep(0.05)


@pytest.mark.feature("F220")
async def test_cut_connections_and_killed_dispatchers_lose_double_and_reorder_nothing(
    engine: Engine, servers: EmbeddedServers, database: str
) -> None:
    partner, receiver = Partner.with_own_kind(engine, LIMITS), Receiver()
    await partner.write(*(partner.new(f"K{k}", f"{k:02d}-{n}") for n in range(PER_KEY) for k in range(KEYS)))
    uow, carriers = UnitOfWork(engine, lambda: None), {partner.kind: Carrier(receiver.carry, settle)}
    crew = Crew(lambda name: Dispatcher(partner.queue, uow, carriers, worker=name, poll_seconds=0.1, grace_seconds=0.0))
    admin = await asyncpg.connect(servers.postgres.url(database))
    async with asyncio.timeout(120):
        for cut in range(CUTS):
            await asyncio.sleep(0.05)
            await _cut_connections(admin)
            if cut % 3 == 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(receiver.busy.wait(), 5)
                await crew.kill()
                crew.hire()
        while not await _finished(partner):
            await asyncio.sleep(0.1)
    while crew.tasks:
        await crew.kill()
    await admin.close()
    assert dict(receiver.effects) == {f"K{k}": [f"{k:02d}-{n}" for n in range(PER_KEY)] for k in range(KEYS)}
    booked = "SELECT count(*) FROM exception WHERE subject LIKE $1 || '/%' AND occurrences = 1"
    assert await partner.fetch(booked) == KEYS * PER_KEY
    attempts = await partner.fetch("SELECT sum(attempts) FROM delivery WHERE partner = $1")
    assert attempts > KEYS * PER_KEY, "no call was made again: the test showed nothing"
