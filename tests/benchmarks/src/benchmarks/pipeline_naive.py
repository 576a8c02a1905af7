"""The pipeline as people write it by hand: a poller, one publish at a time, one transaction per message.

It writes the same rows as the kit's (journal, pending, step; inbox, watermark, effect, step), one by one, on the same
servers. It is not slowed down anywhere: asyncpg, prepared statements, a pool.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import nats
from crossdock_kit.ids import uuid7
from crossdock_local.databases import ServiceUrls
from crossdock_local.servers.nats import Nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from benchmarks.pipeline_kit import TENANT, ended, event, raise_ended

POLL_SECONDS = 0.05
SUBJECT = "crossdock.naive.events"
_TENANTS = "SELECT set_config('app.tenants', $1, true)"
_STATE = "INSERT INTO state (tenant, id, amount) VALUES ($1, $2, 1)"
_JOURNAL = """
INSERT INTO journal (event_id, tenant, slot, type, aggregate, version, headers, body)
VALUES ($1, $2, 0, 'AvailabilityChanged', $3, 1, $4, $5) RETURNING recorded_at
"""
_PENDING = "INSERT INTO pending (tenant, slot, event_id, recorded_at) VALUES ($1, 0, $2, $3)"
_STEP = """
INSERT INTO step (tenant, step_id, kind, name, transaction_ids, keys, at, actor, outcome, correlation_id, causation_id)
VALUES ($1, $2, $3, 'ChangeAvailability', $4, $5, $6, 'bench', 'advanced', $7, $7)
"""
_KEY = "INSERT INTO transaction_key (tenant, key, transaction_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_WAITING = """
SELECT p.position, p.event_id, j.aggregate, j.body FROM pending p
JOIN journal j ON j.event_id = p.event_id AND j.recorded_at = p.recorded_at ORDER BY p.position LIMIT 100
"""
_SENT = "DELETE FROM pending WHERE position = $1"
_SEEN = "INSERT INTO inbox (consumer, event_id, tenant) VALUES ('naive', $1, $2) ON CONFLICT DO NOTHING RETURNING 1"
_VERSION = "SELECT version FROM watermark WHERE consumer = 'naive' AND tenant = $1 AND aggregate = $2 FOR UPDATE"
_WATERMARK = """
INSERT INTO watermark (consumer, tenant, aggregate, version) VALUES ('naive', $1, $2, 1)
ON CONFLICT (consumer, tenant, aggregate) DO UPDATE SET version = excluded.version
"""
_EFFECT = "INSERT INTO effect (tenant, id, amount) VALUES ($1, $2, 1)"


@dataclass(eq=False)
class NaivePipeline:
    producer: asyncpg.Pool[Any]
    consumer: asyncpg.Pool[Any]
    jetstream: JetStreamContext
    applied: int = 0
    started: dict[str, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def produce(self, count: int = 1) -> None:
        """One transaction per event, whatever the count: nobody groups by hand."""
        for _ in range(count):
            await self._produce_one()

    async def _produce_one(self) -> None:
        made = event(str(uuid7()), 1)
        name, body, headers = made.aggregate_id, made.message.SerializeToString(), f"ce-id: {made.aggregate_id}" * 8
        self.started[name] = time.perf_counter()
        async with self.producer.acquire() as connection, connection.transaction():
            await connection.execute(_TENANTS, TENANT)
            await connection.execute(_STATE, TENANT, UUID(name))
            recorded = await connection.fetchval(_JOURNAL, UUID(name), TENANT, f"availability/{name}", headers, body)
            await connection.execute(_PENDING, TENANT, UUID(name), recorded)
            await self._step(connection, "call", name)

    async def _step(self, connection: Any, kind: str, name: str) -> None:
        keys, now = [f"sku:{name}"], datetime.now(UTC)
        await connection.execute(_STEP, TENANT, uuid7(), kind, [name], keys, now, name)
        await connection.execute(_KEY, TENANT, keys[0], name)

    async def relay(self) -> None:
        while True:
            async with self.producer.acquire() as connection, connection.transaction():
                await connection.execute(_TENANTS, TENANT)
                rows = await connection.fetch(_WAITING)
            for row in rows:
                await self._publish(row)
            if not rows:
                await asyncio.sleep(POLL_SECONDS)

    async def _publish(self, row: asyncpg.Record) -> None:
        headers = {"Nats-Msg-Id": str(row["event_id"])}
        await self.jetstream.publish(SUBJECT, row["body"], headers=headers)
        async with self.producer.acquire() as connection, connection.transaction():
            await connection.execute(_TENANTS, TENANT)
            await connection.execute(_SENT, row["position"])

    async def consume(self) -> None:
        subscription = await self.jetstream.pull_subscribe(SUBJECT, durable="naive")
        while True:
            try:
                messages = await subscription.fetch(100, timeout=1)
            except (TimeoutError, nats.errors.Error):
                # Nothing there within the second, or a request that the broker let go: asked again, as people do.
                continue
            for message in messages:
                await self._take(message)

    async def _take(self, message: Msg) -> None:
        name = (message.headers or {})["Nats-Msg-Id"]
        async with self.consumer.acquire() as connection, connection.transaction():
            await connection.execute(_TENANTS, TENANT)
            new = await connection.fetchval(_SEEN, UUID(name), TENANT)
            if new:
                await connection.fetchval(_VERSION, TENANT, f"availability/{name}")
                await connection.execute(_WATERMARK, TENANT, f"availability/{name}")
                await connection.execute(_EFFECT, TENANT, UUID(name))
                await self._step(connection, "event", name)
        await message.ack()
        if new:
            self.applied += 1
            self.latencies.append(time.perf_counter() - self.started.pop(name))

    def check(self) -> None:
        raise_ended(self.tasks)


@asynccontextmanager
async def naive_pipeline(producer: ServiceUrls, consumer: ServiceUrls, server: Nats) -> AsyncIterator[NaivePipeline]:
    async def pool(url: str, schema: str) -> Any:
        return await asyncpg.create_pool(
            url, min_size=4, max_size=16, server_settings={"search_path": f"{schema},public"}
        )

    connection = await nats.connect(server.url())
    jetstream = connection.jetstream()
    await jetstream.add_stream(name="NAIVE", subjects=[SUBJECT])
    pools = await pool(producer.database, "inventory"), await pool(consumer.database, "connector")
    pipeline = NaivePipeline(*pools, jetstream)
    tasks = pipeline.tasks
    tasks += [asyncio.create_task(pipeline.relay()), asyncio.create_task(pipeline.consume())]
    try:
        yield pipeline
    finally:
        await ended(tasks)
        await connection.close()
        for each in pools:
            await each.close()
