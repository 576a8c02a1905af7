"""What a consumer keeps: its inbox, its watermarks, and the messages that it could not apply yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crossdock_kit.events import parsed_headers
from crossdock_kit.subscriptions.held import Overdue, Setback
from crossdock_kit.subscriptions.inbox import Admission, Key, Mark
from crossdock_kit.subscriptions.model import Arrival, HeldFacts
from crossdock_kit.subscriptions.plan import CONTRADICTION

from simulation.stores.statement import on, transaction_time
from simulation.tables import Row, Statement


class MemoryConsumerStore:
    """Inbox, watermarks and held messages."""

    async def admit(self, driver: Any, consumer: str, arrivals: Sequence[Arrival]) -> Admission:
        new = sorted({a.event_id: a for a in arrivals if a.held is None}.values(), key=lambda a: a.event_id.int)
        keys = sorted({a.key for a in arrivals})

        async def body(s: Statement) -> Admission:
            holding = {(row["tenant"], row["aggregate"]) for (of, _), row in s.scan("held") if of == consumer}
            fresh = []
            for arrival in new:
                row = {"tenant": arrival.tenant, "seen_at": transaction_time(s)}
                if await s.insert_once("inbox", (consumer, arrival.event_id), row):
                    fresh.append(arrival.event_id)
            marks = {}
            for key in keys:
                mark = await s.change("watermark", (consumer, *key)) or {"version": 0, "parked_at": None}
                marks[key] = Mark(mark["version"], mark["parked_at"] is not None, key in holding)
            return Admission(frozenset(fresh), marks)

        return await on(driver, body)

    async def advance(self, driver: Any, consumer: str, versions: Mapping[Key, int]) -> None:
        async def body(s: Statement) -> None:
            for key, version in sorted(versions.items()):
                place = (consumer, *key)
                await s.database.lock(s.writes, "watermark", place)
                row = s.latest("watermark", place)
                if row is None:
                    s.write("watermark", place, {"version": version, "parked_at": None})
                elif row["version"] < version:
                    s.write("watermark", place, {**row, "version": version})

        if versions:
            await on(driver, body)

    async def put(self, driver: Any, consumer: str, messages: Sequence[tuple[Arrival, str]]) -> None:
        async def body(s: Statement) -> None:
            for arrival, why in messages:
                await s.insert_once("held", (consumer, arrival.event_id), _held(arrival, why, transaction_time(s)))

        await on(driver, body)

    async def remove(self, driver: Any, consumer: str, event_ids: Sequence[UUID]) -> int:
        async def body(s: Statement) -> int:
            removed = 0
            for event_id in event_ids:
                if await s.change("held", (consumer, event_id)) is not None:
                    s.write("held", (consumer, event_id), None)
                    removed += 1
            return removed

        return await on(driver, body)

    async def set_back(self, driver: Any, consumer: str, arrival: Arrival, setback: Setback) -> None:
        async def body(s: Statement) -> None:
            row = await s.change("held", (consumer, arrival.event_id))
            if row is None:
                return
            now = transaction_time(s)
            changed = {"why": setback.why, "attempts": row["attempts"] + 1, "last_error": setback.error}
            due = now + setback.pause if setback.pause is not None else None
            raised = now if setback.pause is None else row["raised_at"]
            fresh = {**row, **changed, "next_attempt_at": due, "raised_at": raised}
            s.write("held", (consumer, arrival.event_id), fresh)

        await on(driver, body)

    async def park(self, driver: Any, consumer: str, key: Key, reason: str) -> None:
        async def body(s: Statement) -> None:
            place = (consumer, *key)
            await s.database.lock(s.writes, "watermark", place)
            row = s.latest("watermark", place) or {"version": 0}
            s.write("watermark", place, {**row, "parked_at": transaction_time(s)})

        await on(driver, body)

    async def due(self, driver: Any, consumer: str, slots: Iterable[int], limit: int) -> list[Arrival]:
        mine = frozenset(slots)

        async def body(s: Statement) -> list[Arrival]:
            now = transaction_time(s)
            found = []
            for (of, _), row in s.scan("held"):
                mark = s.read("watermark", (consumer, row["tenant"], row["aggregate"]))
                parked = mark is not None and mark["parked_at"] is not None
                next_one = row["version"] <= (mark["version"] if mark else 0) + 1
                waits = row["next_attempt_at"] is not None and row["next_attempt_at"] > now
                if of == consumer and row["slot"] in mine and next_one and not parked and not waits:
                    found.append(row)
            found.sort(key=lambda row: (row["held_at"], row["version"]))
            return [_arrival(row) for row in found[:limit]]

        return await on(driver, body)

    async def chain(self, driver: Any, consumer: str, keys: Sequence[Key], limit: int) -> list[Arrival]:
        wanted = frozenset(keys)

        async def body(s: Statement) -> list[Arrival]:
            now = transaction_time(s)
            rows = [
                row for (of, _), row in s.scan("held") if of == consumer and (row["tenant"], row["aggregate"]) in wanted
            ]
            rows.sort(key=lambda row: (row["tenant"], row["aggregate"], row["version"]))
            reached: dict[Key, int] = {}
            found: list[Arrival] = []
            for row in rows[:limit]:
                key = (row["tenant"], row["aggregate"])
                mark = s.read("watermark", (consumer, *key))
                if mark is None or mark["parked_at"] is not None:
                    continue
                last = reached.setdefault(key, mark["version"])
                if (row["next_attempt_at"] is None or row["next_attempt_at"] <= now) and row["version"] <= last + 1:
                    found.append(_arrival(row))
                    reached[key] = max(last, row["version"])
            return found

        return await on(driver, body)

    async def take_overdue(self, driver: Any, consumer: str, slots: Iterable[int], after: timedelta) -> list[Overdue]:
        mine = frozenset(slots)

        async def body(s: Statement) -> list[Overdue]:
            now = transaction_time(s)
            rows = [row for (of, _), row in s.scan("held") if of == consumer]
            late = []
            for row in rows:
                if row["slot"] in mine and row["raised_at"] is None and row["held_at"] < now - after:
                    fresh = await s.change("held", (consumer, row["event_id"]))
                    if fresh is not None and fresh["raised_at"] is None:
                        s.write("held", (consumer, row["event_id"]), {**fresh, "raised_at": now})
                        late.append({**fresh, "raised_at": now})
            late.sort(key=lambda row: (row["tenant"], row["aggregate"], row["version"]))
            return [_overdue(s, consumer, row, rows) for row in late]

        return await on(driver, body)

    async def try_again(self, driver: Any, consumer: str, event_id: UUID) -> str:
        async def body(s: Statement) -> str:
            row = await s.change("held", (consumer, event_id))
            if row is None:
                return ""
            why = row["why"] if row["why"] == CONTRADICTION else "retry"
            s.write("held", (consumer, event_id), {**row, "attempts": 0, "next_attempt_at": None, "why": why})
            place = (consumer, row["tenant"], row["aggregate"])
            mark = await s.change("watermark", place)
            if mark is not None:
                s.write("watermark", place, {**mark, "parked_at": None})
            return str(row["aggregate"])

        return await on(driver, body)


def _held(arrival: Arrival, why: str, now: datetime) -> Row:
    return {
        "event_id": arrival.event_id,
        "tenant": arrival.tenant,
        "aggregate": arrival.aggregate,
        "version": arrival.version,
        "slot": arrival.slot,
        "type": arrival.type,
        "headers": arrival.block,
        "body": arrival.body,
        "why": why,
        "attempts": 0,
        "last_error": "",
        "held_at": now,
        "next_attempt_at": None,
        "raised_at": None,
    }


def _arrival(row: Row) -> Arrival:
    return Arrival(
        event_id=row["event_id"],
        tenant=row["tenant"],
        aggregate=row["aggregate"],
        version=row["version"],
        type=row["type"],
        slot=row["slot"],
        headers=parsed_headers(row["headers"]),
        block=row["headers"],
        body=row["body"],
        held=HeldFacts(row["why"], row["attempts"], row["held_at"], row["raised_at"] is not None),
    )


def _overdue(s: Statement, consumer: str, row: Row, rows: Sequence[Row]) -> Overdue:
    mark = s.read("watermark", (consumer, row["tenant"], row["aggregate"]))
    same = [each for each in rows if (each["tenant"], each["aggregate"]) == (row["tenant"], row["aggregate"])]
    behind = any(each["version"] < row["version"] for each in same)
    return Overdue(_arrival(row), mark["version"] if mark else 0, behind, row["last_error"])
