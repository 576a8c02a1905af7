"""What is done to the processes and servers of a run, at instants that the seed draws; at the end all is healed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from simulation.facts import ORDERS, STOCK
from simulation.world import Process, World

SERVICES = (ORDERS, STOCK)


@dataclass(frozen=True, slots=True)
class Nemesis:
    world: World

    async def rage(self, seconds: float, blows: int) -> None:
        """So many blows within the time; each runs on its own."""
        dice = self.world.chance.dice
        at = sorted(dice.random() * seconds for _ in range(blows))
        async with asyncio.TaskGroup() as under_way:
            now = 0.0
            for instant in at:
                await asyncio.sleep(instant - now)
                now = instant
                name, blow = dice.choice(self._blows())
                self.world.chance.faults[name] += 1
                self.world.chance.tell("blow", name)
                under_way.create_task(blow())

    def _blows(self) -> list[tuple[str, Callable[[], Coroutine[Any, Any, None]]]]:
        return [
            ("kill", self._kill),
            ("kill", self._kill),
            ("stop", self._stop),
            ("stop", self._stop),
            ("end", self._end),
            ("cut off", self._cut),
            ("broker away", self._broker_away),
            ("tail forgotten", self._forget),
            ("tail forgotten", self._forget),
            ("database restarted", self._restart_database),
            ("sessions ended", self._end_sessions),
        ]

    def _victim(self) -> Process | None:
        alive = [process for process in self.world.processes if process.host.alive]
        victim = self.world.chance.dice.choice(alive) if alive else None
        self.world.chance.tell("strikes", victim.host.name if victim else "nobody")
        return victim

    async def _kill(self) -> None:
        victim = self._victim()
        if victim is not None:
            self.world.kill(victim)
            await asyncio.sleep(self.world.chance.dice.random() * 6)
            self.world.start(victim.service)

    async def _stop(self) -> None:
        victim = self._victim()
        if victim is not None and not victim.host.stopped:
            victim.host.stop()
            await asyncio.sleep(self.world.chance.dice.random() * 25)
            victim.host.go_on()

    async def _end(self) -> None:
        victim = self._victim()
        if victim is not None and not victim.host.stopped:
            self.world.start(victim.service)
            await self.world.end(victim)

    async def _cut(self) -> None:
        victim = self._victim()
        if victim is not None:
            victim.connection.cut()
            await asyncio.sleep(self.world.chance.dice.random() * 20)
            await victim.connection.mend()

    async def _broker_away(self) -> None:
        cut = list(self.world.processes)
        for process in cut:
            process.connection.cut()
        await asyncio.sleep(self.world.chance.dice.random() * 8)
        for process in cut:
            await process.connection.mend()

    async def _forget(self) -> None:
        context = self.world.chance.dice.choice(SERVICES)
        await self.world.forget_tail(context, self.world.chance.dice.randrange(1, 12))

    async def _restart_database(self) -> None:
        service = self.world.chance.dice.choice(SERVICES)
        self.world.restart_database(service)
        self.world.database_away.add(service)
        await asyncio.sleep(self.world.chance.dice.random() * 5)
        self.world.database_away.discard(service)

    async def _end_sessions(self) -> None:
        victim = self._victim()
        if victim is not None:
            for session in list(victim.host.sessions):
                if self.world.chance.dice.random() < 0.5:
                    session.break_off()
