"""Harms what the broker has on disk: put back to an earlier time, a byte turned, a file cut short, a stream gone."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import nats
from nats.errors import Error as NatsError

from faults.schedule import Fault
from faults.ways.scene import Injected, Scene

FILES = {"message": "msgs/*.blk", "index": "msgs/index.db", "stream's name": "meta.inf"}
SHORTEST_BYTES = 64


async def roll_back(scene: Scene, fault: Fault, injected: Injected) -> None:
    """The disk as it was some seconds and at least one message ago, as after a loss of power. The first kill only makes
    the copy whole."""
    store, copy = scene.stack.store, scene.folder / "nats-before"
    await _exchange(scene, lambda: _copy(store, copy), injected)
    before = await _stored(scene) or 0

    async def grown() -> bool:
        return (await _stored(scene) or 0) > before

    await scene.patiently(fault.seconds, grown)
    await _exchange(scene, lambda: _replace(store, copy), injected)


async def _stored(scene: Scene) -> int | None:
    """How many messages the broker has ever taken, as it says; None while it is away."""
    try:
        client = await nats.connect(scene.stack.admin_broker, connect_timeout=3, allow_reconnect=False)
    except (NatsError, OSError):
        return None
    try:
        return sum(stream.state.last_seq for stream in await client.jetstream(timeout=5).streams_info())
    except (NatsError, OSError):
        return None
    finally:
        await client.close()


async def flip_byte(scene: Scene, fault: Fault, injected: Injected) -> None:
    """One byte of one file of one stream."""
    await _exchange(scene, lambda: _harm(scene, fault, injected, _flip), injected)


async def truncate(scene: Scene, fault: Fault, injected: Injected) -> None:
    """The last tenth of one file of one stream."""
    await _exchange(scene, lambda: _harm(scene, fault, injected, _cut), injected)


async def _exchange(scene: Scene, work: Callable[[], None], injected: Injected) -> None:
    gate = scene.stack.gates["nats"]
    gate.clear()
    former = scene.stack.pid("nats")
    await scene.stack.processes["nats"].child.kill()
    try:
        await asyncio.to_thread(work)
    finally:
        gate.set()
    await scene.back("nats", injected, former)


def _harm(scene: Scene, fault: Fault, injected: Injected, how: Callable[[Path, random.Random], None]) -> None:
    found = scene.stack.store.glob(f"jetstream/*/streams/*/{FILES[fault.detail]}")
    files = sorted(file for file in found if file.stat().st_size >= SHORTEST_BYTES)
    injected.done = bool(files)
    if files:
        how(scene.chance.choice(files), scene.chance)


def _flip(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)


def _cut(file: Path, chance: random.Random) -> None:
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.truncate(size - chance.randint(1, max(1, size // 10)))


def _copy(store: Path, copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(store, copy)


def _replace(store: Path, copy: Path) -> None:
    # The folder itself stays: it may be a mount.
    for inside in store.iterdir():
        shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
    shutil.copytree(copy, store, dirs_exist_ok=True)
