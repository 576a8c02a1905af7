"""What leads from the journal to the broker: pending rows, the partitions of their owners, the reconciler's books."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from crossdock_kit.ids import EXPRESS

from simulation.stores.statement import on, transaction_time
from simulation.tables import Row, Statement


class MemoryRelayStore:
    """What a relay asks of its storage."""

    async def serve(self, driver: Any, tenants: Sequence[str]) -> None:
        async def body(_: Statement) -> None:
            return None

        await on(driver, body)

    async def turn(
        self, driver: Any, done: Sequence[int], owned: Iterable[int], limits: tuple[int, int], aside: Sequence[int]
    ) -> list[Row]:
        async def body(s: Statement) -> list[Row]:
            mine = frozenset(owned)
            gone = frozenset((*done, *aside))
            found = [row for (position,), row in s.scan("pending") if position not in gone]
            found.sort(key=lambda row: row["position"])
            for position in done:
                if await s.change("pending", (position,)) is not None:
                    s.write("pending", (position,), None)
            most, share = limits
            express = [row for row in found if row["slot"] >= EXPRESS and row["slot"] - EXPRESS in mine][:most]
            rest = max(share, most - len(express))
            standard = [row for row in found if row["slot"] < EXPRESS and row["slot"] in mine][:rest]
            journal = ((row, s.read("journal", (row["event_id"],))) for row in (*express, *standard))
            return [{**row, **entry} for row, entry in journal if entry is not None]

        return await on(driver, body)


class MemoryLeaseStore:
    """Advisory locks: they belong to the session and go with it."""

    async def join(self, driver: Any, group: int, member: int) -> None:
        async def body(s: Statement) -> None:
            s.database.advisory[group, member] = driver

        await on(driver, body)

    async def members(self, driver: Any, group: int, first: int) -> int:
        async def body(s: Statement) -> int:
            return sum(of == group and number >= first for of, number in s.database.advisory)

        return await on(driver, body)

    async def take(self, driver: Any, group: int, wanted: Sequence[int], number: int) -> list[int]:
        async def body(s: Statement) -> list[int]:
            taken: list[int] = []
            for partition in wanted:
                if len(taken) == number:
                    break
                if s.database.advisory.setdefault((group, partition), driver) is driver:
                    taken.append(partition)
            return taken

        return await on(driver, body)

    async def leave(self, driver: Any, group: int, partitions: Sequence[int]) -> None:
        async def body(s: Statement) -> None:
            for partition in partitions:
                if s.database.advisory.get((group, partition)) is driver:
                    del s.database.advisory[group, partition]

        await on(driver, body)


class MemoryBooks:
    """What the reconciler compares."""

    async def now(self, driver: Any) -> datetime:
        async def body(s: Statement) -> datetime:
            return transaction_time(s)

        return await on(driver, body)

    async def waiting(self, driver: Any, since: datetime) -> set[bytes]:
        async def body(s: Statement) -> set[bytes]:
            return {row["event_id"].bytes for _, row in s.scan("pending") if row["recorded_at"] >= since}

        return await on(driver, body)

    async def recorded(
        self, driver: Any, after: tuple[datetime, UUID], until: datetime, limit: int
    ) -> list[tuple[UUID, datetime]]:
        async def body(s: Statement) -> list[tuple[UUID, datetime]]:
            rows = [(row["recorded_at"], row["event_id"]) for _, row in s.scan("journal")]
            found = sorted(row for row in rows if row > after and row[0] < until)[:limit]
            return [(event_id, recorded_at) for recorded_at, event_id in found]

        return await on(driver, body)

    async def again(self, driver: Any, missing: Sequence[tuple[UUID, datetime]]) -> None:
        async def body(s: Statement) -> None:
            waiting = {row["event_id"] for _, row in s.scan("pending")}
            for event_id, recorded_at in sorted(missing, key=lambda each: (each[1], each[0])):
                entry = s.read("journal", (event_id,))
                if entry is not None and event_id not in waiting:
                    position = s.database.next_position()
                    slot = entry["slot"]
                    fresh = {"position": position, "event_id": event_id, "slot": slot, "recorded_at": recorded_at}
                    s.write("pending", (position,), fresh)

        await on(driver, body)

    async def mark_of(self, driver: Any, stream: str) -> tuple[int, UUID, datetime] | None:
        async def body(s: Statement) -> tuple[int, UUID, datetime] | None:
            row = s.read("stream_mark", (stream,))
            return cast("tuple[int, UUID, datetime]", row["mark"]) if row else None

        return await on(driver, body)

    async def note(self, driver: Any, stream: str, sequence: int, event_id: UUID) -> None:
        async def body(s: Statement) -> None:
            await s.database.lock(s.writes, "stream_mark", (stream,))
            s.write("stream_mark", (stream,), {"mark": (sequence, event_id, transaction_time(s))})

        await on(driver, body)
