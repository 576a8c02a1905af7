"""What waits for a consumer at the broker is counted until it is acknowledged, whoever holds it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from crossdock_kit.broker import Broker, connect
from crossdock_local.servers.nats import Nats
from kit_schema import SCHEMA


@pytest.fixture(scope="module")
async def connected(broker: Nats) -> AsyncIterator[Broker]:
    made = await connect(broker.url(SCHEMA), "tests")
    await made.ensure_stream(SCHEMA)
    yield made
    await made.close()


async def publish(broker: Broker, slot: int, count: int) -> None:
    for _ in range(count):
        await broker.jetstream.publish(f"crossdock.{SCHEMA}.events.v1.Done.{slot:02d}", b"x")


async def test_events_count_for_each_consumer_until_they_are_acknowledged(connected: Broker) -> None:
    for consumer in ("inventory", "inventory_extra"):
        for slot in (3, 4):
            await connected.ensure_consumer(SCHEMA, consumer, slot)
    await publish(connected, 3, 2)
    await publish(connected, 4, 1)
    async with asyncio.timeout(10):
        # A message is acknowledged before the broker has told its consumers of it.
        while await connected.unprocessed(SCHEMA, "inventory") < 3:
            await asyncio.sleep(0.01)
    assert await connected.unprocessed(SCHEMA, "inventory") == 3
    pulled = await connected.jetstream.pull_subscribe_bind("inventory_03", f"{SCHEMA.upper()}")
    messages = await pulled.fetch(2, timeout=5)
    assert await connected.unprocessed(SCHEMA, "inventory") == 3, "given out is not processed"
    for message in messages:
        await message.ack_sync()
    assert await connected.unprocessed(SCHEMA, "inventory") == 1
    assert await connected.unprocessed(SCHEMA, "inventory_extra") == 3


async def test_nothing_waits_where_nothing_is_subscribed(connected: Broker) -> None:
    assert await connected.unprocessed(SCHEMA, "nobody") == 0
