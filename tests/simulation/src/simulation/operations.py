"""Every operation of the storage ports as a step of a history, with an outcome that is the same wherever it is true.

Ids, positions and instants differ between two storages: outcomes name events by what they are instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from crossdock_kit.events import Sealed
from crossdock_kit.storage import ConsumerStore, LeaseStore, RelayStore, StreamBooks, TimerStore, WorkStore
from crossdock_kit.subscriptions.held import Setback
from crossdock_kit.subscriptions.model import Arrival
from crossdock_kit.subscriptions.plan import Plan, plan_of
from crossdock_kit.timers import NewTimer
from crossdock_kit.unit_of_work import Gathered

from simulation.histories import AGGREGATES, VERSIONS

TENANT = "acme"
SPACE = UUID("5d1ad3e0-52a1-4d5b-9c51-1b2f0c0a7e11")
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


@dataclass(eq=False)
class Memory:
    """A session and what it remembers between its steps."""

    number: int
    driver: Any
    arrivals: list[Arrival] = field(default_factory=list)
    found: list[Arrival] = field(default_factory=list)
    plan: Plan | None = None
    claimed: list[int] = field(default_factory=list)
    recorded: list[tuple[UUID, datetime]] = field(default_factory=list)
    joined: bool = False


@dataclass(eq=False)
class Operations:
    """The verbs of a history on one storage. Names of consumers, aggregates and timers are the seed's own."""

    stores: Stores
    seed: int
    _names: dict[UUID, str] = field(default_factory=dict)
    _copies: int = 0

    @property
    def consumer(self) -> str:
        return f"c{self.seed}/x"

    async def do(self, memory: Memory, verb: str, values: tuple[Any, ...]) -> Any:
        return await getattr(self, verb.replace(" ", "_"))(memory, *([values] if values else []))

    async def serve(self, memory: Memory) -> None:
        await self.stores.relay.serve(memory.driver, (TENANT,))

    # --- transactions

    async def begin(self, memory: Memory) -> str:
        await memory.driver.execute(BEGIN)
        return "begun"

    async def commit(self, memory: Memory) -> str:
        return await self._finish(memory, "COMMIT")

    async def rollback(self, memory: Memory) -> str:
        return await self._finish(memory, "ROLLBACK")

    async def _finish(self, memory: Memory, word: str) -> str:
        memory.plan = None
        return str(await memory.driver.execute(word))

    # --- consumers

    async def admit(self, memory: Memory, events: Sequence[tuple[int, int]]) -> Any:
        return await self._admitted(memory, [self._arrival(*event) for event in events])

    async def admit_held(self, memory: Memory) -> Any:
        found, memory.found = memory.found, []
        return await self._admitted(memory, found) if found else "none"

    async def _admitted(self, memory: Memory, arrivals: list[Arrival]) -> Any:
        store = self.stores.consumer
        admission = await store.admit(memory.driver, self.consumer, arrivals)
        memory.arrivals, memory.plan = arrivals, plan_of(arrivals, admission)
        marks = [(key[1], mark.version, mark.parked, mark.holding) for key, mark in sorted(admission.marks.items())]
        return sorted(self._names[each] for each in admission.fresh), marks

    async def settle(self, memory: Memory, *_: Any) -> Any:
        plan, store = memory.plan, self.stores.consumer
        if plan is None:
            return "none"
        await store.advance(memory.driver, self.consumer, plan.versions)
        new = [(arrival, why) for arrival, why in plan.hold if arrival.held is None]
        if new:
            await store.put(memory.driver, self.consumer, new)
        done = [arrival.event_id for arrival in (*plan.apply, *plan.duplicates) if arrival.held is not None]
        removed = await store.remove(memory.driver, self.consumer, done) if done else 0
        return [self._named(arrival) for arrival in plan.apply], sorted(self._named(each[0]) for each in new), removed

    async def fail(self, memory: Memory, how: Sequence[str]) -> Any:
        """The first message that would be applied fails instead."""
        plan, store = memory.plan, self.stores.consumer
        if plan is None or not plan.apply:
            return "none"
        arrival = plan.apply[0]
        if arrival.held is None:
            await store.put(memory.driver, self.consumer, [(arrival, "retry")])
        pause = {"retry": timedelta(hours=1), "now": timedelta(0)}.get(how[0])
        await store.set_back(memory.driver, self.consumer, arrival, Setback(how[0], "no", pause))
        if pause is None:
            await store.park(memory.driver, self.consumer, arrival.key, "no")
        return self._named(arrival)

    async def due(self, memory: Memory) -> Any:
        memory.found = await self.stores.consumer.due(memory.driver, self.consumer, range(AGGREGATES), 100)
        return sorted(self._named(arrival) for arrival in memory.found)

    async def chain(self, memory: Memory) -> Any:
        keys = [(TENANT, self._aggregate(number)) for number in range(AGGREGATES)]
        memory.found = await self.stores.consumer.chain(memory.driver, self.consumer, keys, 100)
        return [self._named(arrival) for arrival in memory.found]

    async def overdue(self, memory: Memory) -> Any:
        store = self.stores.consumer
        late = await store.take_overdue(memory.driver, self.consumer, range(AGGREGATES), timedelta(0))
        return [(self._named(each.arrival), each.reached, each.behind) for each in late]

    # --- timers

    async def set_timers(self, memory: Memory, subjects: Sequence[tuple[int, bool]]) -> None:
        timers = [
            NewTimer(tenant=TENANT, kind=self._kind, subject=str(number), due_at=self._when(number, past))
            for number, past in subjects
        ]
        await self.stores.work.write(memory.driver, Gathered(timers=timers), LONG_AGO)

    async def cancel_timers(self, memory: Memory, subjects: Sequence[tuple[int, bool]]) -> None:
        cancelled = [(TENANT, self._kind, str(number)) for number, _ in subjects]
        await self.stores.work.write(memory.driver, Gathered(cancelled=cancelled), LONG_AGO)

    async def take_timers(self, memory: Memory, subjects: Sequence[tuple[int, bool]]) -> Any:
        store = self.stores.timers
        kinds = await store.due_kinds(memory.driver, [self._kind])
        taken = await store.take_due(memory.driver, TENANT, self._kind, len(subjects))
        removed = await store.remove(memory.driver, TENANT, taken) if taken else "none"
        return len(kinds), [(timer.subject, timer.attempts) for timer in taken], removed

    async def put_off(self, memory: Memory, subjects: Sequence[tuple[int, bool]]) -> Any:
        """As after a handler that failed: the timers were taken, that was undone, now they are moved."""
        store = self.stores.timers
        await memory.driver.execute("ROLLBACK")
        await memory.driver.execute(BEGIN)
        taken = await store.take_due(memory.driver, TENANT, self._kind, 1)
        await memory.driver.execute("ROLLBACK")
        await memory.driver.execute(BEGIN)
        later = 3600.0 if subjects[0][1] else None
        return [(timer.subject, await store.put_off(memory.driver, timer, later)) for timer in taken]

    # --- commands, relay, leases

    async def record(self, memory: Memory, events: Sequence[tuple[int, int]]) -> None:
        sealed = []
        for aggregate, version in events:
            self._copies += 1
            event_id = uuid5(SPACE, f"{self.seed}/{self._copies}")
            self._names[event_id] = f"r{self._copies}"
            sealed.append(
                Sealed(event_id, TENANT, aggregate, "crossdock.x.Y", self._aggregate(aggregate), version, "", b"")
            )
        await self.stores.work.write(memory.driver, Gathered(events=sealed), LONG_AGO)

    async def claim(self, memory: Memory, values: Sequence[Any]) -> Any:
        return await self._turned(memory, values[0])

    async def mark(self, memory: Memory, values: Sequence[Any]) -> Any:
        """The next one of what was claimed is passed over."""
        done, aside = memory.claimed[: values[1]], memory.claimed[values[1] : values[1] + 1]
        return await self._turned(memory, values[0], done, aside)

    async def _turned(
        self, memory: Memory, owned: Sequence[int], done: Sequence[int] = (), aside: Sequence[int] = ()
    ) -> Any:
        rows = await self.stores.relay.turn(memory.driver, done, owned, (8, 4), aside)
        memory.claimed = [row["position"] for row in rows]
        return [self._names[row["event_id"]] for row in rows]

    async def join(self, memory: Memory, numbers: Sequence[int]) -> None:
        if not memory.joined:
            memory.joined = True
            await self.stores.leases.join(memory.driver, self._group, 1_000 + memory.number)

    async def take(self, memory: Memory, numbers: Sequence[int]) -> Any:
        return list(await self.stores.leases.take(memory.driver, self._group, numbers, 2))

    async def leave(self, memory: Memory, numbers: Sequence[int]) -> None:
        await self.stores.leases.leave(memory.driver, self._group, numbers)

    async def members(self, memory: Memory, numbers: Sequence[int]) -> int:
        return await self.stores.leases.members(memory.driver, self._group, 1_000)

    # --- the reconciler's books

    async def compare(self, memory: Memory) -> Any:
        books = self.stores.books
        rows = await books.recorded(memory.driver, (LONG_AGO, UUID(int=0)), FAR_AWAY, 100_000)
        memory.recorded = [row for row in rows if row[0] in self._names]
        waiting = await books.waiting(memory.driver, LONG_AGO)
        recorded = sorted(self._names[event_id] for event_id, _ in memory.recorded)
        return recorded, sorted(self._names[UUID(bytes=each)] for each in waiting)

    async def publish_again(self, memory: Memory) -> None:
        await self.stores.books.again(memory.driver, memory.recorded)

    async def note(self, memory: Memory, values: Sequence[int]) -> None:
        await self.stores.books.note(memory.driver, self._stream, values[0], uuid5(SPACE, str(values[0])))

    async def noted(self, memory: Memory, values: Sequence[int]) -> Any:
        mark = await self.stores.books.mark_of(memory.driver, self._stream)
        return mark and (mark[0], mark[1] == uuid5(SPACE, str(mark[0])))

    # --- names

    @property
    def _stream(self) -> str:
        return f"S{self.seed}"

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

    # --- what is left at the end

    async def left(self, memory: Memory) -> dict[str, Any]:
        """What a fresh session finds."""
        await self.serve(memory)
        await self.begin(memory)
        return {
            "watermarks": await self.admit(memory, [(number, VERSIONS + 1) for number in range(AGGREGATES)]),
            "held": await self.due(memory),
            "overdue": await self.overdue(memory),
            "timers": await self.take_timers(memory, ((0, True),) * 10),
            "recorded": await self.compare(memory),
            "pending": await self._turned(memory, range(AGGREGATES)),
            "noted": await self.noted(memory, (0,)),
        }
