"""What a unit of work writes at its end, and the timers that begin one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from crossdock_kit.events import Sealed
from crossdock_kit.exceptions import NewException
from crossdock_kit.ids import uuid7
from crossdock_kit.timers import DueTimer, NewTimer

from simulation.stores.consuming import MemoryConsumerStore
from simulation.stores.statement import on, statement_time, transaction_time
from simulation.tables import Statement
from simulation.virtual import BEGIN

NEVER = datetime.max.replace(tzinfo=BEGIN.tzinfo)


class MemoryTimerStore:
    """Timers by the database's clock."""

    async def due_kinds(self, driver: Any, kinds: Sequence[str]) -> list[tuple[str, str]]:
        async def body(s: Statement) -> list[tuple[str, str]]:
            now = transaction_time(s)
            return sorted(
                {(r["tenant"], r["kind"]) for _, r in s.scan("timer") if r["kind"] in kinds and r["due_at"] <= now}
            )

        return await on(driver, body)

    async def take_due(self, driver: Any, tenant: str, kind: str, limit: int) -> list[DueTimer]:
        async def body(s: Statement) -> list[DueTimer]:
            now = transaction_time(s)
            due = [(k, r) for k, r in s.scan("timer") if k[:2] == (tenant, kind) and r["due_at"] <= now]
            due.sort(key=lambda each: (each[1]["due_at"], each[1]["timer_id"]))
            taken: list[DueTimer] = []
            for _, row in due:
                if len(taken) == limit:
                    break
                running = (str(row["timer_id"]),)
                if s.database.free(s.writes, "running timer", running):
                    await s.database.lock(s.writes, "running timer", running)
                    taken.append(DueTimer(**row))
            return taken

        return await on(driver, body)

    async def remove(self, driver: Any, tenant: str, timers: Sequence[DueTimer]) -> bool:
        async def body(s: Statement) -> bool:
            removed = 0
            for timer in sorted(timers, key=lambda each: (each.kind, each.subject)):
                key = (tenant, timer.kind, timer.subject)
                if (s.read("timer", key) or {}).get("timer_id") != timer.timer_id:
                    continue
                row = await s.change("timer", key)
                if row is not None and row["timer_id"] == timer.timer_id:
                    s.write("timer", key, None)
                    removed += 1
            return removed == len(timers)

        return await on(driver, body)

    async def put_off(self, driver: Any, timer: DueTimer, seconds: float | None) -> bool:
        async def body(s: Statement) -> bool:
            key = (timer.tenant, timer.kind, timer.subject)
            row = await s.change("timer", key)
            if row is None or row["timer_id"] != timer.timer_id:
                return False
            due = NEVER if seconds is None else transaction_time(s) + timedelta(seconds=seconds)
            s.write("timer", key, {**row, "attempts": row["attempts"] + 1, "due_at": due})
            return True

        return await on(driver, body)

    async def raise_all(self, driver: Any, raised: Sequence[NewException], *, at: datetime) -> None:
        await raise_all(driver, raised)


CONSUMING = MemoryConsumerStore()


class MemoryWorkStore:
    """What a unit of work gathered, written at its end."""

    async def write(self, driver: Any, gathered: Any, at: datetime) -> None:
        if gathered.deliveries:
            raise NotImplementedError("the simulated services make no calls to the outside")
        await self.cancel_timers(driver, gathered.cancelled)
        await self.set_timers(driver, gathered.timers)
        await resolve_all(driver, gathered.resolved)
        await raise_all(driver, gathered.exceptions)
        for each in gathered.watermarks:
            await CONSUMING.advance(driver, each.consumer, {(each.tenant, each.aggregate): each.version})
        await self.record(driver, gathered.events)

    async def cancel_timers(self, driver: Any, cancelled: Sequence[tuple[str, str, str]]) -> None:
        async def body(s: Statement) -> None:
            for key in sorted(set(cancelled)):
                if await s.change("timer", key) is not None:
                    s.write("timer", key, None)

        if cancelled:
            await on(driver, body)

    async def set_timers(self, driver: Any, timers: Sequence[NewTimer]) -> None:
        latest = {(each.tenant, each.kind, each.subject): each for each in timers}

        async def body(s: Statement) -> None:
            for key, each in sorted(latest.items()):
                await s.database.lock(s.writes, "timer", key)
                s.write("timer", key, asdict(each) | {"timer_id": uuid7(), "attempts": 0})

        if latest:
            await on(driver, body)

    async def record(self, driver: Any, events: Sequence[Sealed]) -> None:
        async def body(s: Statement) -> None:
            now = statement_time()
            for event in events:
                row = event._asdict() | {"recorded_at": now}
                await s.insert_once("journal", (event.event_id,), row)
                position = s.database.next_position()
                waiting = {"position": position, "event_id": event.event_id, "slot": event.slot, "recorded_at": now}
                s.write("pending", (position,), waiting)

        if events:
            await on(driver, body)


async def raise_all(driver: Any, raised: Sequence[NewException]) -> None:
    """One open exception for each identity, counted up."""

    async def body(s: Statement) -> None:
        for each in sorted(raised, key=lambda one: (one.tenant, one.identity)):
            key = (each.tenant, each.identity)
            await s.database.lock(s.writes, "exception", key)
            row = s.latest("exception", key) or {"occurrences": 0, "subject": each.subject, "code": each.code}
            s.write("exception", key, {**row, "occurrences": row["occurrences"] + 1})

    if raised:
        await on(driver, body)


async def resolve_all(driver: Any, resolved: Sequence[Any]) -> None:
    """The model keeps open exceptions alone."""

    async def body(s: Statement) -> None:
        for key in sorted({(each.tenant, each.dedupe_key) for each in resolved}):
            if await s.change("exception", key) is not None:
                s.write("exception", key, None)

    if resolved:
        await on(driver, body)
