"""Harms the cache, of which nothing may depend: emptied, stopped, filled with values of another type."""

from __future__ import annotations

from faults.schedule import Fault
from faults.ways.scene import Injected, Scene


async def flush(scene: Scene, fault: Fault, injected: Injected) -> None:
    injected.done = await scene.stack.flush_cache()


async def spoil(scene: Scene, fault: Fault, injected: Injected) -> None:
    injected.done = await scene.stack.spoil_cache()
