"""Generated histories for the conformance suite: what several sessions do at once, step by step, and who crashes when.

A history says nothing about the storage that it runs on. A backend opens sessions, says whether one is blocked, and
ends one from outside; the ports' operations are the same for all.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid5

from crossdock_kit.events import Sealed
from crossdock_kit.storage import ConsumerStore, LeaseStore, RelayStore, StreamBooks, TimerStore, WorkStore
from crossdock_kit.subscriptions.held import Setback
from crossdock_kit.subscriptions.model import Arrival
from crossdock_kit.subscriptions.plan import Plan, plan_of
from crossdock_kit.timers import NewTimer
from crossdock_kit.unit_of_work import Gathered

TENANT = "acme"
SPACE = UUID("5d1ad3e0-52a1-4d5b-9c51-1b2f0c0a7e11")
AGGREGATES, VERSIONS, SESSIONS, STEPS = 3, 4, 3, 60
BEGIN = f"BEGIN; SET LOCAL app.tenants = '{TENANT}'"
LONG_AGO, FAR_AWAY = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
KIND = "conformance"
GROUP = 77


@dataclass(frozen=True, slots=True)
class Stores:
    relay: RelayStore
    leases: LeaseStore
    consumer: ConsumerStore
    timers: TimerStore
    work: WorkStore
    books: StreamBooks


class Backend(Protocol):
    """A storage under test."""

    stores: Stores

    async def open(self) -> Any: ...
    async def settle(self, tasks: Sequence[asyncio.Task[Any]], drivers: Sequence[Any]) -> None:
        """Returns when each of the tasks is done, or its driver waits for a lock."""
        ...

    async def crash(self, driver: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Step:
    session: int
    verb: str
    values: tuple[Any, ...] = ()


def history_of(seed: int) -> list[Step]:
    """Transactions of consumers, timers and commands, claims and leases, interleaved; some end in a crash."""
    dice = random.Random(seed)
    scripts = [_script(dice, session) for session in range(SESSIONS)]
    steps: list[Step] = []
    while any(scripts) and len(steps) < STEPS:
        script = dice.choice([script for script in scripts if script])
        steps.append(script.pop(0))
    return steps


def _script(dice: random.Random, session: int) -> list[Step]:
    steps: list[Step] = []
    while len(steps) < STEPS // 2:
        steps += dice.choice([_consuming, _consuming, _again, _timing, _recording, _relaying, _leasing])(dice, session)
        if dice.random() < 0.08:
            steps.append(Step(session, "crash"))
    return steps


def _events(dice: random.Random) -> tuple[tuple[int, int], ...]:
    return tuple((dice.randrange(AGGREGATES), dice.randrange(1, VERSIONS + 1)) for _ in range(dice.randrange(1, 6)))


def _ended(dice: random.Random, session: int, *inside: Step) -> list[Step]:
    end = dice.choices(("commit", "rollback", "crash"), (8, 1, 1))[0]
    return [Step(session, "begin"), *inside, Step(session, end)]


def _consuming(dice: random.Random, session: int) -> list[Step]:
    verb = dice.choice(("settle", "settle", "settle", "fail"))
    settled = Step(session, verb, (dice.choice(("retry", "now", "park")),))
    return _ended(dice, session, Step(session, "admit", _events(dice)), settled)


def _again(dice: random.Random, session: int) -> list[Step]:
    found = Step(session, dice.choice(("due", "chain")))
    overdue = [Step(session, "overdue")] if dice.random() < 0.3 else []
    held = Step(session, "admit held")
    return [*_ended(dice, session, found, *overdue), *_ended(dice, session, held, Step(session, "settle"))]


def _timing(dice: random.Random, session: int) -> list[Step]:
    subjects = tuple((dice.randrange(4), dice.random() < 0.7) for _ in range(dice.randrange(1, 4)))
    verb = dice.choice(("set timers", "set timers", "cancel timers", "take timers", "take timers", "put off"))
    return _ended(dice, session, Step(session, verb, subjects))


def _recording(dice: random.Random, session: int) -> list[Step]:
    return _ended(dice, session, Step(session, "record", _events(dice)))


def _relaying(dice: random.Random, session: int) -> list[Step]:
    owned = tuple(sorted(dice.sample(range(AGGREGATES), dice.randrange(1, AGGREGATES + 1))))
    return [Step(session, "claim", (owned,)), Step(session, "mark", (owned, dice.randrange(4)))]


def _leasing(dice: random.Random, session: int) -> list[Step]:
    verb = dice.choice(("join", "take", "take", "leave", "members"))
    return [Step(session, verb, tuple(dice.sample(range(6), 3)))]


@dataclass(eq=False)
class Actor:
    """One session and what it remembers between its steps."""

    number: int
    driver: Any
    task: asyncio.Task[Any] | None = None
    queue: deque[tuple[int, Step]] = field(default_factory=deque)
    arrivals: list[Arrival] = field(default_factory=list)
    found: list[Arrival] = field(default_factory=list)
    plan: Plan | None = None
    claimed: list[int] = field(default_factory=list)
    joined: int = 0


@dataclass(eq=False)
class Player:
    """Plays a history on a backend and notes every outcome in the order in which it became known."""

    backend: Backend
    seed: int
    outcomes: list[tuple[int, int, str, Any]] = field(default_factory=list)
    _actors: list[Actor] = field(default_factory=list)
    _running: dict[int, tuple[int, str]] = field(default_factory=dict)
    _names: dict[UUID, str] = field(default_factory=dict)
    _copies: int = 0

    @property
    def consumer(self) -> str:
        return f"c{self.seed}/x"

    async def play(self, steps: Sequence[Step]) -> None:
        self._actors = [Actor(number, await self.backend.open()) for number in range(SESSIONS)]
        for actor in self._actors:
            await self.backend.stores.relay.serve(actor.driver, (TENANT,))
        for place, step in enumerate(steps):
            await self._step(place, step)
        for actor in self._actors:
            await self._crash(len(steps), actor)

    async def _step(self, place: int, step: Step) -> None:
        actor = self._actors[step.session]
        if step.verb == "crash":
            await self._crash(place, actor)
            actor.driver = await self.backend.open()
            await self.backend.stores.relay.serve(actor.driver, (TENANT,))
        else:
            actor.queue.append((place, step))
            if actor.task is not None:
                self.outcomes.append((place, actor.number, step.verb, "waits"))
        await self._harvest()

    async def _crash(self, place: int, actor: Actor) -> None:
        actor.queue.clear()
        await self.backend.crash(actor.driver)
        if actor.task is not None:
            await asyncio.wait([actor.task])
            actor.task.exception()
            actor.task = None
        self.outcomes.append((place, actor.number, "crash", "gone"))
        actor.arrivals, actor.found, actor.plan, actor.claimed, actor.joined = [], [], None, [], 0
        await self._harvest()

    async def _harvest(self) -> None:
        """Goes on until every session has ended its steps or waits for a lock; notes what ended, in order."""
        await self._collect()
        while ready := [actor for actor in self._actors if actor.queue and actor.task is None]:
            place, step = ready[0].queue.popleft()
            self._running[ready[0].number] = (place, step.verb)
            ready[0].task = asyncio.ensure_future(self._do(ready[0], step))
            await self._collect()

    async def _collect(self) -> None:
        waiting = [actor for actor in self._actors if actor.task is not None]
        tasks = [actor.task for actor in waiting if actor.task is not None]
        await self.backend.settle(tasks, [actor.driver for actor in waiting])
        for actor in sorted(waiting, key=lambda each: self._running[each.number]):
            if actor.task is not None and actor.task.done():
                place, verb = self._running[actor.number]
                self.outcomes.append((place, actor.number, verb, self._outcome(actor.task)))
                actor.task = None

    def _outcome(self, task: asyncio.Task[Any]) -> Any:
        error = task.exception()
        return type(error).__name__ if error is not None else task.result()

    async def _do(self, actor: Actor, step: Step) -> Any:
        verb = getattr(self, f"_{step.verb.replace(' ', '_')}")
        return await verb(actor, *([step.values] if step.values else []))

    # --- transactions

    async def _begin(self, actor: Actor) -> str:
        await actor.driver.execute(BEGIN)
        return "begun"

    async def _commit(self, actor: Actor) -> str:
        return await self._finish(actor, "COMMIT")

    async def _rollback(self, actor: Actor) -> str:
        return await self._finish(actor, "ROLLBACK")

    async def _finish(self, actor: Actor, word: str) -> str:
        actor.plan = None
        return str(await actor.driver.execute(word))

    # --- consumers

    async def _admit(self, actor: Actor, events: Sequence[tuple[int, int]]) -> Any:
        return await self._admitted(actor, [self._arrival(*event) for event in events])

    async def _admit_held(self, actor: Actor) -> Any:
        found, actor.found = actor.found, []
        return await self._admitted(actor, found) if found else "none"

    async def _admitted(self, actor: Actor, arrivals: list[Arrival]) -> Any:
        store = self.backend.stores.consumer
        admission = await store.admit(actor.driver, self.consumer, arrivals)
        actor.arrivals, actor.plan = arrivals, plan_of(arrivals, admission)
        marks = [(key[1], mark.version, mark.parked, mark.holding) for key, mark in sorted(admission.marks.items())]
        return sorted(self._names[each] for each in admission.fresh), marks

    async def _settle(self, actor: Actor, *_: Any) -> Any:
        plan, store = actor.plan, self.backend.stores.consumer
        if plan is None:
            return "none"
        await store.advance(actor.driver, self.consumer, plan.versions)
        new = [(arrival, why) for arrival, why in plan.hold if arrival.held is None]
        if new:
            await store.put(actor.driver, self.consumer, new)
        done = [arrival.event_id for arrival in (*plan.apply, *plan.duplicates) if arrival.held is not None]
        removed = await store.remove(actor.driver, self.consumer, done) if done else 0
        return [self._named(arrival) for arrival in plan.apply], sorted(self._named(each[0]) for each in new), removed

    async def _fail(self, actor: Actor, how: Sequence[str]) -> Any:
        """The first message that would be applied fails instead."""
        plan, store = actor.plan, self.backend.stores.consumer
        if plan is None or not plan.apply:
            return "none"
        arrival = plan.apply[0]
        if arrival.held is None:
            await store.put(actor.driver, self.consumer, [(arrival, "retry")])
        pause = {"retry": timedelta(hours=1), "now": timedelta(0)}.get(how[0])
        await store.set_back(actor.driver, self.consumer, arrival, Setback(how[0], "no", pause))
        if pause is None:
            await store.park(actor.driver, self.consumer, arrival.key, "no")
        return self._named(arrival)

    async def _due(self, actor: Actor) -> Any:
        actor.found = await self.backend.stores.consumer.due(actor.driver, self.consumer, range(AGGREGATES), 100)
        return sorted(self._named(arrival) for arrival in actor.found)

    async def _chain(self, actor: Actor) -> Any:
        keys = [(TENANT, self._aggregate(number)) for number in range(AGGREGATES)]
        actor.found = await self.backend.stores.consumer.chain(actor.driver, self.consumer, keys, 100)
        return [self._named(arrival) for arrival in actor.found]

    async def _overdue(self, actor: Actor) -> Any:
        store = self.backend.stores.consumer
        late = await store.take_overdue(actor.driver, self.consumer, range(AGGREGATES), timedelta(0))
        return [(self._named(each.arrival), each.reached, each.behind) for each in late]

    # --- timers

    async def _set_timers(self, actor: Actor, subjects: Sequence[tuple[int, bool]]) -> None:
        timers = [
            NewTimer(tenant=TENANT, kind=self._kind, subject=str(number), due_at=self._when(number, past))
            for number, past in subjects
        ]
        await self.backend.stores.work.write(actor.driver, Gathered(timers=timers), LONG_AGO)

    async def _cancel_timers(self, actor: Actor, subjects: Sequence[tuple[int, bool]]) -> None:
        cancelled = [(TENANT, self._kind, str(number)) for number, _ in subjects]
        await self.backend.stores.work.write(actor.driver, Gathered(cancelled=cancelled), LONG_AGO)

    async def _take_timers(self, actor: Actor, subjects: Sequence[tuple[int, bool]]) -> Any:
        store = self.backend.stores.timers
        kinds = await store.due_kinds(actor.driver, [self._kind])
        taken = await store.take_due(actor.driver, TENANT, self._kind, len(subjects))
        return len(kinds), [(timer.subject, timer.attempts) for timer in taken]

    async def _put_off(self, actor: Actor, subjects: Sequence[tuple[int, bool]]) -> Any:
        """As after a handler that failed: the timers were taken, that was undone, now they are moved."""
        store = self.backend.stores.timers
        await actor.driver.execute("ROLLBACK")
        await actor.driver.execute(BEGIN)
        taken = await store.take_due(actor.driver, TENANT, self._kind, 1)
        await actor.driver.execute("ROLLBACK")
        await actor.driver.execute(BEGIN)
        later = 3600.0 if subjects[0][1] else None
        return [(timer.subject, await store.put_off(actor.driver, timer, later)) for timer in taken]

    # --- commands, relay, leases

    async def _record(self, actor: Actor, events: Sequence[tuple[int, int]]) -> None:
        sealed = []
        for aggregate, version in events:
            self._copies += 1
            event_id = uuid5(SPACE, f"{self.seed}/{self._copies}")
            self._names[event_id] = f"r{self._copies}"
            sealed.append(
                Sealed(event_id, TENANT, aggregate, "crossdock.x.Y", self._aggregate(aggregate), version, "", b"")
            )
        await self.backend.stores.work.write(actor.driver, Gathered(events=sealed), LONG_AGO)

    async def _claim(self, actor: Actor, values: Sequence[Any]) -> Any:
        return await self._turned(actor, [], values[0])

    async def _mark(self, actor: Actor, values: Sequence[Any]) -> Any:
        return await self._turned(actor, actor.claimed[: values[1]], values[0])

    async def _turned(self, actor: Actor, done: list[int], owned: Sequence[int]) -> Any:
        rows = await self.backend.stores.relay.turn(actor.driver, done, owned, (8, 4))
        actor.claimed = [row["position"] for row in rows]
        return [self._names[row["event_id"]] for row in rows]

    async def _join(self, actor: Actor, numbers: Sequence[int]) -> None:
        if not actor.joined:
            actor.joined = 1
            await self.backend.stores.leases.join(actor.driver, self._group, 1_000 + actor.number)

    async def _take(self, actor: Actor, numbers: Sequence[int]) -> Any:
        return list(await self.backend.stores.leases.take(actor.driver, self._group, numbers, 2))

    async def _leave(self, actor: Actor, numbers: Sequence[int]) -> None:
        await self.backend.stores.leases.leave(actor.driver, self._group, numbers)

    async def _members(self, actor: Actor, numbers: Sequence[int]) -> int:
        return await self.backend.stores.leases.members(actor.driver, self._group, 1_000)

    # --- names

    @property
    def _kind(self) -> str:
        return f"{KIND}-{self.seed}"

    @property
    def _group(self) -> int:
        return GROUP + self.seed

    def _aggregate(self, number: int) -> str:
        return f"thing/{self.seed}-{number}"

    def _when(self, number: int, past: bool) -> datetime:
        return (LONG_AGO if past else FAR_AWAY) + timedelta(days=number)

    def _named(self, arrival: Arrival) -> str:
        return self._names[arrival.event_id]

    def _arrival(self, aggregate: int, version: int) -> Arrival:
        event_id = uuid5(SPACE, f"{self.seed}/{aggregate}/{version}")
        self._names[event_id] = f"{aggregate}.{version}"
        return Arrival(
            event_id=event_id,
            tenant=TENANT,
            aggregate=self._aggregate(aggregate),
            version=version,
            type="crossdock.x.Y",
            slot=aggregate,
            headers={},
            block="ce-x: y\r\n",
            body=b"",
        )


async def played(backend: Backend, seed: int) -> list[tuple[int, int, str, Any]]:
    """Every outcome of a seed's history on a backend; a consumer that is fresh then sees what is left."""
    player = Player(backend, seed)
    await player.play(history_of(seed))
    last = Actor(0, await backend.open())
    await backend.stores.relay.serve(last.driver, (TENANT,))
    await last.driver.execute(BEGIN)
    left = {
        "watermarks": await player._admit(last, [(number, VERSIONS + 1) for number in range(AGGREGATES)]),
        "held": await player._due(last),
        "overdue": await player._overdue(last),
        "timers": await player._take_timers(last, ((0, True),) * 10),
        "pending": await player._turned(last, [], range(AGGREGATES)),
    }
    await backend.crash(last.driver)
    return [*player.outcomes, (len(player.outcomes), 0, "left", left)]
