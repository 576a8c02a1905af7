"""Partners that misbehave at their doors, and events that poison every consumer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from partners.faults import Faults

from faults import world
from faults.schedule import SERVICES, Fault
from faults.ways.scene import Injected, Scene

PARKED = "SELECT " + " + ".join(f"(SELECT count(*) FROM {name}.step WHERE outcome = 'parked')" for name in SERVICES)
ANSWERS = ("wrong", "redirect", "drip", "huge")


async def silent(scene: Scene, fault: Fault, injected: Injected) -> None:
    await _misbehaving(scene, fault, lambda knobs, on: setattr(knobs, "silent", on))


async def errors(scene: Scene, fault: Fault, injected: Injected) -> None:
    await _misbehaving(scene, fault, lambda knobs, on: setattr(knobs, "error", 0.7 if on else 0.0))


async def slow(scene: Scene, fault: Fault, injected: Injected) -> None:
    await _misbehaving(scene, fault, lambda knobs, on: setattr(knobs, "delay_seconds", 1.0 if on else 0.0))


async def answer(scene: Scene, fault: Fault, injected: Injected) -> None:
    """One of ANSWERS to every request."""
    await _misbehaving(scene, fault, lambda knobs, on: setattr(knobs, "answer", fault.detail if on else ""))


async def _misbehaving(scene: Scene, fault: Fault, turn: Callable[[Faults, bool], None]) -> None:
    knobs = knobs_of(scene)[fault.target]
    turn(knobs, True)
    await asyncio.sleep(fault.seconds)
    turn(knobs, False)


def knobs_of(scene: Scene) -> dict[str, Faults]:
    cast = scene.cast
    doors = {world.ERP: cast.erp.faults, world.TMS: cast.tms.faults}
    doors |= {name: each.faults for name, each in cast.suppliers.items()}
    return doors | {each.partner: each.faults for each in cast.warehouses.values()}


def behave(scene: Scene) -> None:
    for knobs in knobs_of(scene).values():
        knobs.silent, knobs.error, knobs.delay_seconds, knobs.answer = False, 0.0, 0.0, ""


async def poison(scene: Scene, fault: Fault, injected: Injected) -> None:
    """Until something was given up and parked: eight attempts take their time."""
    before = await scene.number(PARKED) or 0

    async def parked() -> bool:
        return (await scene.number(PARKED) or 0) > before

    scene.stack.poison.write_text(fault.detail)
    await scene.patiently(fault.seconds, parked)
    scene.stack.poison.unlink(missing_ok=True)
