"""Fills the small disk of a server, or that of the partners' folders, to its last byte. Needs a stack in which they
stand on file systems of their own."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from faults.schedule import Fault
from faults.stack import DISKS, SERVERS
from faults.ways.scene import Injected, Scene

FILLER = "filler"
CHUNK = b"\0" * 65536


async def fill(scene: Scene, fault: Fault, injected: Injected) -> None:
    folder = scene.stack.disk_of(fault.target)
    injected.done = os.path.ismount(folder)
    if not injected.done:
        return
    # Whatever the server gives back meanwhile is taken too.
    until = asyncio.get_running_loop().time() + fault.seconds
    while asyncio.get_running_loop().time() < until:
        await asyncio.to_thread(_fill, folder / FILLER)
        await asyncio.sleep(0.2)
    make_room(scene)
    if fault.target not in SERVERS:
        return
    former = None
    if fault.target == "nats":
        former = scene.stack.pid("nats")
        # As docs/runbooks/disk-full.md says: JetStream writes to no file again that it could not write to once.
        scene.send("nats", signal.SIGTERM)
    await scene.back(fault.target, injected, former)


def make_room(scene: Scene) -> None:
    for name in DISKS:
        (scene.stack.disk_of(name) / FILLER).unlink(missing_ok=True)


def _fill(file: Path) -> None:
    try:
        with file.open("ab", buffering=0) as opened:
            while opened.write(CHUNK):
                pass
    except OSError as error:
        if error.errno != 28:
            raise
