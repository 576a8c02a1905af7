"""Events from a producer's transaction to a consumer's committed effect: the kit beside the naive way.

Figures: events per second with one transaction per event and with group commit, and the time an event takes at a
steady rate that both can keep.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median, quantiles
from typing import Protocol

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from crossdock_kit import heap
from crossdock_kit.database import migrations
from crossdock_kit.database.engine import alchemy_engine
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from sqlalchemy import Connection

from benchmarks.figures import Figure, interleaved
from benchmarks.pipeline_kit import kit_pipeline
from benchmarks.pipeline_naive import naive_pipeline

ROUNDS = 3
WRITERS = 32
EVENTS, GROUPED_EVENTS, GROUP = 3_000, 12_000, 50
RATE, SECONDS = 400, 5.0


class Pipeline(Protocol):
    applied: int
    latencies: list[float]

    async def produce(self, count: int = 1) -> None: ...

    def check(self) -> None: ...


async def run(servers: EmbeddedServers) -> Sequence[Figure]:
    database = await servers.create_database()
    urls = [await _schema(servers, database, name) for name in ("inventory", "connector")]
    async with AsyncExitStack() as stack:
        kit = await stack.enter_async_context(kit_pipeline(urls[0], urls[1], servers.nats))
        await _warm(kit)
        hand_database = await servers.create_database()
        hand_urls = [await _schema(servers, hand_database, name) for name in ("inventory", "connector")]
        hand = await stack.enter_async_context(naive_pipeline(hand_urls[0], hand_urls[1], servers.nats))
        await _warm(hand)
        # As every service does once it has started; both ways live in this process.
        heap.settle()
        single = await interleaved(ROUNDS, lambda: throughput(kit, EVENTS), lambda: throughput(hand, EVENTS))
        grouped = await interleaved(
            ROUNDS, lambda: throughput(kit, GROUPED_EVENTS, GROUP), lambda: throughput(hand, EVENTS)
        )
        steady = await interleaved(ROUNDS, lambda: p50(kit, RATE), lambda: p50(hand, RATE))
        fast = await latencies(kit, 1_000)
    return [
        Figure("pipeline, one transaction per event", single[0], "events/s", single[1], "naive", floor=3),
        Figure(f"pipeline, {GROUP} events per transaction", grouped[0], "events/s", grouped[1], "naive", floor=10),
        Figure(f"p50 at {RATE} events/s", steady[0], "ms", steady[1], "naive", floor=10, less_is_better=True),
        Figure("p50 at 1,000 events/s", median(fast) * 1000, "ms"),
        Figure("p99 at 1,000 events/s", quantiles(fast, n=100)[98] * 1000, "ms"),
    ]


async def _schema(servers: EmbeddedServers, database: str, name: str) -> ServiceUrls:
    """The kit's tables, a table of state and one of effects."""
    urls = await servers.add_service(database, name)

    def create(connection: Connection) -> None:
        op = Operations(MigrationContext.configure(connection))
        migrations.create_kit_tables(op)
        for table in ("state", "effect"):
            op.execute(f"CREATE TABLE {table} (tenant text, id uuid, amount bigint, PRIMARY KEY (tenant, id))")
            migrations.protect(op, table)
        migrations.grant(op, name, f"{name}_app")

    engine = alchemy_engine(urls.migration, name, "bench", migrations.MIGRATION_SETTINGS)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        await connection.run_sync(create)
        await connection.commit()
    await engine.dispose()
    return urls


async def _warm(pipeline: Pipeline) -> None:
    await throughput(pipeline, 200)


async def throughput(pipeline: Pipeline, events: int, group: int = 1) -> float:
    """Events per second from the first transaction to the last effect."""
    target, left = pipeline.applied + events, iter(range(events // group))
    began = time.perf_counter()

    async def writer() -> None:
        for _ in left:
            await pipeline.produce(group)

    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    while pipeline.applied < target:
        pipeline.check()
        await asyncio.sleep(0.001)
    return events / (time.perf_counter() - began)


async def latencies(pipeline: Pipeline, rate: int) -> list[float]:
    """Seconds that each event took while so many per second are produced, whatever became of those before."""
    pipeline.latencies.clear()
    target = pipeline.applied + int(rate * SECONDS)
    began, tasks = time.perf_counter(), []
    for number in range(int(rate * SECONDS)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(pipeline.produce()))
    await asyncio.gather(*tasks)
    while pipeline.applied < target:
        pipeline.check()
        await asyncio.sleep(0.001)
    return list(pipeline.latencies)


async def p50(pipeline: Pipeline, rate: int) -> float:
    """Milliseconds."""
    return median(await latencies(pipeline, rate)) * 1000
