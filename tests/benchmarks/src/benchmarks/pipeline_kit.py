"""The pipeline as the kit runs it: unit of work, relay, JetStream, consumer, effect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.inventory.events.v1.events_pb2 import AvailabilityChanged
from crossdock_kit.broker import connect
from crossdock_kit.context import Cause
from crossdock_kit.database import Engine, create_engine
from crossdock_kit.events import AnyReceived, NewEvent
from crossdock_kit.ids import uuid7
from crossdock_kit.relay import Relay
from crossdock_kit.subscriptions import Consumer, Subscription
from crossdock_kit.unit_of_work import UnitOfWork, Work
from crossdock_local.databases import ServiceUrls
from crossdock_local.servers.nats import Nats

TENANT = "acme"
STATE = "INSERT INTO state (tenant, id, amount) SELECT $1, * FROM unnest($2::uuid[], $3::int8[])"
EFFECT = "INSERT INTO effect (tenant, id, amount) SELECT $1, * FROM unnest($2::uuid[], $3::int8[])"


def because() -> Cause:
    return Cause(
        kind="call",
        name="ChangeAvailability",
        tenant=TENANT,
        actor="bench",
        correlation_id=str(uuid7()),
        causation_id=str(uuid7()),
        traceparent="",
        started_at=datetime.now(UTC),
    )


def event(name: str, amount: int) -> NewEvent:
    """A fact with a cause of its own, so that each leaves its step whether or not it shares a transaction."""
    quantity = values_pb2.Quantity(value=str(amount), unit="EA")
    message = AvailabilityChanged(sku=name, location_id="WH-EAST", available=quantity, as_of_version=1)
    return NewEvent(
        message=message,
        tenant=TENANT,
        business_unit="EU01",
        aggregate_type="availability",
        aggregate_id=name,
        version=1,
        subject=name,
        keys=(f"sku:{name}",),
        transaction_ids=(name,),
        occurred_at=datetime.now(UTC),
        because=because(),
    )


@dataclass(eq=False)
class KitPipeline:
    """A producing and a consuming service in this process. `latencies` holds seconds from call to committed effect."""

    engine: Engine
    uow: UnitOfWork
    applied: int = 0
    started: dict[str, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def produce(self, count: int = 1) -> None:
        """One transaction with so many changes and their events."""
        names = [str(uuid7()) for _ in range(count)]
        began = time.perf_counter()
        self.started.update(dict.fromkeys(names, began))
        async with self.uow(tenants=(TENANT,)) as work:
            await work.driver.execute(STATE, TENANT, names, [1] * count)
            for name in names:
                work.record(event(name, 1))

    async def take(self, events: Sequence[AnyReceived], work: Work) -> None:
        names = [each.aggregate_id for each in events]
        await work.driver.execute(EFFECT, TENANT, names, [1] * len(names))
        work.after_commit(lambda: self._committed(names))

    def check(self) -> None:
        raise_ended(self.tasks)

    def _committed(self, names: list[str]) -> None:
        now = time.perf_counter()
        self.applied += len(names)
        self.latencies.extend(now - self.started.pop(name) for name in names)


@asynccontextmanager
async def kit_pipeline(producer: ServiceUrls, consumer: ServiceUrls, nats: Nats) -> AsyncIterator[KitPipeline]:
    """Both services run until the block ends."""
    engine, other = create_engine(producer.database, "inventory"), create_engine(consumer.database, "connector")
    sending, taking = (
        await connect(nats.url("inventory"), "inventory"),
        await connect(nats.url("connector"), "connector"),
    )
    await sending.ensure_stream("inventory")
    relay = Relay(engine, sending, "inventory", (TENANT,))
    pipeline = KitPipeline(engine, UnitOfWork(engine, relay.hint))
    subscription = Subscription(name="bench", source="inventory", handlers={AvailabilityChanged: pipeline.take})
    listening = Consumer(subscription, other, taking, UnitOfWork(other, lambda: None), (TENANT,))
    tasks = pipeline.tasks
    tasks += [asyncio.create_task(relay.run()), asyncio.create_task(listening.run())]
    try:
        yield pipeline
    finally:
        await ended(tasks)
        for broker in (sending, taking):
            await broker.close()
        for each in (engine, other):
            await each.stop()


def raise_ended(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """A part of a pipeline that ended by itself has failed; waiting for the others would take for ever."""
    for task in tasks:
        if task.done():
            task.result()
            raise RuntimeError("a part of the pipeline has ended")


async def ended(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
