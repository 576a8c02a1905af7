"""Harms the link between one process and one server, and what the broker's link brings."""

from __future__ import annotations

import asyncio

from faults.broker_tricks import Tricks, deliveries
from faults.proxies import Toxic
from faults.schedule import Fault
from faults.stack import SERVERS
from faults.waits import NOTICED, WAITS
from faults.ways.scene import Injected, InLine, Scene


async def hole(scene: Scene, fault: Fault, injected: Injected) -> None:
    both = fault.detail == "both"
    toxic = Toxic(swallow_up=both or fault.detail == "up", swallow_down=both or fault.detail == "down")
    client, _, target = fault.target.partition(">")
    noticing = both and target in SERVERS and fault.seconds > WAITS[NOTICED]
    looking, line = asyncio.create_task(_noticed(scene, client, injected)) if noticing else None, InLine()
    await _poisoned(scene, fault, toxic)
    if looking is not None and not looking.done():
        looking.cancel()
        injected.waits[NOTICED], injected.starved = fault.seconds, line.share()


async def _noticed(scene: Scene, name: str, injected: Injected) -> None:
    """Until the process says itself that it is not to be sent work; a kill meanwhile says it as well."""
    began, line = asyncio.get_running_loop().time(), InLine()
    while await scene.serves(name):
        await asyncio.sleep(0.2)
    injected.waits[NOTICED], injected.starved = asyncio.get_running_loop().time() - began, line.share()


async def latency(scene: Scene, fault: Fault, injected: Injected) -> None:
    await _poisoned(scene, fault, Toxic(latency_seconds=0.2, jitter_seconds=0.1))


async def bandwidth(scene: Scene, fault: Fault, injected: Injected) -> None:
    await _poisoned(scene, fault, Toxic(bytes_per_second=8_000))


async def cut_in_slices(scene: Scene, fault: Fault, injected: Injected) -> None:
    await _poisoned(scene, fault, Toxic(slice_bytes=1))


async def corrupt(scene: Scene, fault: Fault, injected: Injected) -> None:
    await _poisoned(scene, fault, Toxic(corrupt_one_byte=True))
    # What was sent with a wrong byte is not to be believed any longer than the link.
    scene.stack.proxies.hops[fault.target].reset()


async def reset(scene: Scene, fault: Fault, injected: Injected) -> None:
    injected.done = scene.stack.proxies.hops[fault.target].reset() > 0


async def _poisoned(scene: Scene, fault: Fault, toxic: Toxic) -> None:
    hop = scene.stack.proxies.hops[fault.target]
    hop.toxic = toxic
    await asyncio.sleep(fault.seconds)
    hop.toxic = Toxic()


async def play_tricks(scene: Scene, fault: Fault, injected: Injected) -> None:
    hop = scene.stack.proxies.hops[fault.target]
    mine = hop.tricks = Tricks(scene.seed + len(scene.tricks))
    scene.tricks.append(mine)
    wanted = int(fault.detail or 0)

    async def played() -> bool:
        return await mine.played() and deliveries(scene.tricks) >= wanted

    await scene.patiently(fault.seconds, played)
    hop.tricks = None
