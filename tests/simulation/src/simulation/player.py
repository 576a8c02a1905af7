"""Plays a history on a storage and notes every outcome in the order in which it became known."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from simulation.histories import SESSIONS, Step, history_of
from simulation.operations import Memory, Operations, Stores

ENDS = frozenset({"commit", "rollback", "crash"})
Outcome = tuple[int, int, str, Any]
"""Place in the history, session, verb, and what came of it."""


class Backend(Protocol):
    """A storage under test."""

    stores: Stores

    async def open(self) -> Any: ...
    async def settle(self, tasks: Sequence[asyncio.Task[Any]], drivers: Sequence[Any]) -> None:
        """Returns when each of the tasks is done, or its driver waits for a lock."""
        ...

    async def crash(self, driver: Any) -> None: ...


@dataclass(eq=False)
class Actor:
    """One session, what it is about to do, and what it is doing."""

    memory: Memory
    task: asyncio.Task[Any] | None = None
    doing: tuple[int, str] = (0, "")
    queue: deque[tuple[int, Step]] = field(default_factory=deque)

    @property
    def number(self) -> int:
        return self.memory.number


@dataclass(eq=False)
class Player:
    backend: Backend
    operations: Operations
    outcomes: list[Outcome] = field(default_factory=list)
    _actors: list[Actor] = field(default_factory=list)

    async def play(self, steps: Sequence[Step]) -> None:
        self._actors = [Actor(await self._fresh(number)) for number in range(SESSIONS)]
        for place, step in enumerate(steps):
            await self._step(place, step)
        for actor in sorted(self._actors, key=lambda each: each.task is None):
            await self._crash(len(steps), actor)

    async def _fresh(self, number: int) -> Memory:
        memory = Memory(number, await self.backend.open())
        await self.operations.serve(memory)
        return memory

    async def _step(self, place: int, step: Step) -> None:
        actor = self._actors[step.session]
        if step.verb in ENDS:
            await self._leave_one_waiting(place, actor)
        if step.verb == "crash":
            await self._replace(place, actor)
        else:
            actor.queue.append((place, step))
            if actor.task is not None:
                self.outcomes.append((place, actor.number, step.verb, "waits"))
        await self._harvest()

    async def _leave_one_waiting(self, place: int, ending: Actor) -> None:
        """Two that wait for one end race for what it held, and either may win: the second one crashes before."""
        for actor in [each for each in self._actors if each.task is not None and each is not ending][1:]:
            await self._replace(place, actor)

    async def _replace(self, place: int, actor: Actor) -> None:
        await self._crash(place, actor)
        actor.memory = await self._fresh(actor.number)

    async def _crash(self, place: int, actor: Actor) -> None:
        actor.queue.clear()
        await self.backend.crash(actor.memory.driver)
        if actor.task is not None:
            await asyncio.wait([actor.task])
            actor.task.exception()
            actor.task = None
        self.outcomes.append((place, actor.number, "crash", "gone"))
        await self._harvest()

    async def _harvest(self) -> None:
        """Goes on until every session has ended its steps or waits for a lock; notes what ended, in order."""
        await self._collect()
        while ready := [actor for actor in self._actors if actor.queue and actor.task is None]:
            actor = ready[0]
            place, step = actor.queue.popleft()
            actor.doing = (place, step.verb)
            actor.task = asyncio.ensure_future(self.operations.do(actor.memory, step.verb, step.values))
            await self._collect()

    async def _collect(self) -> None:
        waiting = [actor for actor in self._actors if actor.task is not None]
        tasks = [actor.task for actor in waiting if actor.task is not None]
        await self.backend.settle(tasks, [actor.memory.driver for actor in waiting])
        for actor in sorted(waiting, key=lambda each: each.doing):
            if actor.task is not None and actor.task.done():
                self.outcomes.append((actor.doing[0], actor.number, actor.doing[1], _outcome(actor.task)))
                actor.task = None


def _outcome(task: asyncio.Task[Any]) -> Any:
    error = task.exception()
    return type(error).__name__ if error is not None else task.result()


async def played(backend: Backend, seed: int) -> list[Outcome]:
    """Every outcome of a seed's history on a backend, and what it left to whoever comes next."""
    player = Player(backend, Operations(backend.stores, seed))
    await player.play(history_of(seed))
    last = Memory(0, await backend.open())
    left = await player.operations.left(last)
    await backend.crash(last.driver)
    return [*player.outcomes, (len(player.outcomes), 0, "left", left)]
