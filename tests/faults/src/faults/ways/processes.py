"""Ends, stops and crashes processes, and puts the clock of one of them wrong."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from faults.schedule import Fault
from faults.waits import GONE, WAITS
from faults.ways.scene import Injected, Scene

POINT_SECONDS = 6.0


async def kill(scene: Scene, fault: Fault, injected: Injected) -> None:
    gate = scene.stack.gates[fault.target]
    gate.clear()
    former = scene.stack.pid(fault.target)
    injected.done = scene.send(fault.target, signal.SIGKILL)
    await asyncio.sleep(fault.seconds)
    gate.set()
    await scene.back(fault.target, injected, former)


async def terminate(scene: Scene, fault: Fault, injected: Injected) -> None:
    former, clock = scene.stack.pid(fault.target), asyncio.get_running_loop().time
    began = clock()
    injected.done = scene.send(fault.target, signal.SIGTERM)
    while injected.done and scene.stack.pid(fault.target) == former and clock() - began < 2 * WAITS[GONE]:
        await asyncio.sleep(0.05)
    injected.waits[GONE] = clock() - began
    await scene.back(fault.target, injected, former)


async def stop(scene: Scene, fault: Fault, injected: Injected) -> None:
    injected.done = scene.send_to_all(fault.target, signal.SIGSTOP)
    await asyncio.sleep(fault.seconds)
    scene.send_to_all(fault.target, signal.SIGCONT)


async def crash(scene: Scene, fault: Fault, injected: Injected) -> None:
    """Armed until somebody reaches the point; one that nobody reaches in time is no fault."""
    armed = scene.stack.crash_folder(fault.target) / fault.detail
    former = scene.stack.pid(fault.target)
    armed.touch()
    for _ in range(int(POINT_SECONDS / 0.05)):
        await asyncio.sleep(0.05)
        if not armed.exists():
            await scene.back(fault.target, injected, former)
            return
    with suppress(FileNotFoundError):
        armed.unlink()
        injected.done = False
        return
    await scene.back(fault.target, injected, former)


async def step_clock(scene: Scene, fault: Fault, injected: Injected) -> None:
    """The process believes another time than everybody else, and is told the right one again."""
    file = scene.stack.clock_file(fault.target)
    file.write_text(fault.detail)
    await asyncio.sleep(fault.seconds)
    file.unlink(missing_ok=True)
