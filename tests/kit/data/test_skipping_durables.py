"""A broker that lost a stream's tail while a reader had some of it in hand, and gives its sequences out again."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from crossdock_kit.broker import Broker, stream_name
from crossdock_kit.database import Engine, transaction
from crossdock_kit.events import AnyReceived
from crossdock_kit.subscriptions import consumer
from crossdock_kit.unit_of_work import Work
from crossdock_local.servers.nats import Nats
from kit_events import CONTEXT
from kit_repairs import TENANTS, Scene, record, running, until

pytestmark = pytest.mark.lasting(15)


class Gated(Scene):
    """Its consumer stops in the middle of a batch for as long as the gate is shut."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.gate, self.waits = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self._once = False

    def lets_through_one(self) -> None:
        """The batch that stands before the gate; the next one stops there."""
        self._once = True
        self.waits.clear()
        self.gate.set()

    async def handle(self, events: Sequence[AnyReceived], work: Work) -> None:
        if not self.gate.is_set():
            self.waits.set()
        await self.gate.wait()
        if self._once:
            self._once = False
            self.gate.clear()
        await super().handle(events, work)


async def test_an_acknowledgment_from_before_a_crash_does_not_count_for_what_has_its_sequence_now(
    engine: Engine, nats: Broker, broker: Nats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would end the server's care for a message that its reader has not done yet, and may never do."""
    monkeypatch.setattr(consumer, "STOP_SECONDS", 0.5)
    scene = Gated(engine, nats)
    async with running(scene.consumer.run(), scene.watcher.relay.run()):
        crate = await record(scene.uow, 5)
        await until(lambda: len(scene.versions(crate)) == 5)
    await broker.child.kill()
    await asyncio.to_thread(shutil.copytree, _stream(broker) / "msgs", tmp_path / "msgs")
    await broker.start()
    async with running(scene.watcher.relay.run()):
        await record(scene.uow, 15, crate, first=6)
        await until(lambda: _published(scene))
    scene.gate.clear()
    async with running(scene.consumer.run(), scene.watcher.relay.run()):
        await scene.waits.wait()
        await broker.child.kill()
        await asyncio.to_thread(shutil.rmtree, _stream(broker) / "msgs")
        await asyncio.to_thread(shutil.copytree, tmp_path / "msgs", _stream(broker) / "msgs")
        await broker.start()
        await record(scene.uow, 25, crate, first=16)
        await until(lambda: _given_out(scene, 10))
        scene.lets_through_one()
        await scene.waits.wait()
        assert scene.versions(crate) == list(range(1, 16)), "all that is acknowledged now has lost its place"
    scene.gate.set()
    async with running(scene.consumer.run(), scene.watcher.relay.run()):
        await until(lambda: scene.versions(crate) == list(range(1, 26)))


def _stream(broker: Nats) -> Path:
    [found] = broker._folder.rglob(f"streams/{stream_name(CONTEXT)}")
    return found


async def _published(scene: Scene) -> bool:
    async with transaction(scene.engine, TENANTS) as tx:
        return not await tx.driver.fetchval("SELECT EXISTS (SELECT FROM pending)")


async def _given_out(scene: Scene, number: int) -> bool:
    """Whether a reader has so many messages in hand."""
    if not scene.nats.connection.is_connected:
        return False
    found = await scene.nats.jetstream.consumers_info(stream_name(CONTEXT))
    mine = [each for each in found if each.name.startswith(scene.consumer.subscription.name)]
    return sum(each.num_ack_pending or 0 for each in mine) >= number
