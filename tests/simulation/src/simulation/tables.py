"""Tables as PostgreSQL's READ COMMITTED shows them: versions of rows, snapshots of statements, locks until the end.

Only what the kit's statements rely on: a statement sees what was committed when it began and what its own transaction
wrote; a row that somebody else has written is waited for; a unique key is waited for too. Held to the real thing by the
conformance suite.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from asyncpg import exceptions as pg

Key = tuple[Any, ...]
Row = Mapping[str, Any]
LOCK_SECONDS = 15.0


@dataclass(eq=False)
class Table:
    """Committed versions of each row: (commit number, row or None for deleted), the latest last."""

    name: str
    versions: dict[Key, list[tuple[int, Row | None]]] = field(default_factory=dict)

    def at(self, key: Key, snapshot: int) -> Row | None:
        for number, row in reversed(self.versions.get(key, ())):
            if number <= snapshot:
                return row
        return None

    def commit(self, key: Key, number: int, row: Row | None, oldest: int) -> None:
        """`oldest` is the oldest snapshot that somebody still reads; what is older than it and replaced is dropped."""
        versions = self.versions.setdefault(key, [])
        versions.append((number, row))
        while len(versions) > 1 and versions[1][0] <= oldest:
            versions.pop(0)
        if len(versions) == 1 and versions[0][1] is None:
            del self.versions[key]


@dataclass(eq=False)
class Writes:
    """An open transaction: what it wrote, which rows it holds, and whom it waits for."""

    began: float
    rows: dict[tuple[str, Key], Row | None] = field(default_factory=dict)
    held: dict[tuple[str, Key], None] = field(default_factory=dict)
    waits_for: Writes | None = None
    turn: asyncio.Future[None] | None = None
    dead: bool = False
    savepoints: dict[str, dict[tuple[str, Key], Row | None]] = field(default_factory=dict)


@dataclass(eq=False)
class Database:
    """The committed state, the locks of rows, and advisory locks by owner."""

    tables: dict[str, Table] = field(default_factory=dict)
    number: int = 0
    positions: int = 0
    locks: dict[tuple[str, Key], Writes] = field(default_factory=dict)
    advisory: dict[tuple[int, int], object] = field(default_factory=dict)
    lock_seconds: float = LOCK_SECONDS
    watchers: list[Callable[[dict[tuple[str, Key], Row | None]], None]] = field(default_factory=list)
    _waiting: dict[tuple[str, Key], list[asyncio.Future[None]]] = field(default_factory=dict)
    _reading: dict[int, int] = field(default_factory=dict)

    def table(self, name: str) -> Table:
        return self.tables.setdefault(name, Table(name))

    def next_position(self) -> int:
        """A sequence: given out at once, whether or not the transaction commits, and not in the order of commits."""
        self.positions += 1
        return self.positions

    def committed(self, name: str) -> dict[Key, Row]:
        """The latest committed rows, for checks after the run."""
        latest = ((key, versions[-1][1]) for key, versions in self.table(name).versions.items())
        return {key: row for key, row in latest if row is not None}

    def begin_reading(self) -> int:
        self._reading[self.number] = self._reading.get(self.number, 0) + 1
        return self.number

    def end_reading(self, snapshot: int) -> None:
        self._reading[snapshot] -= 1
        if not self._reading[snapshot]:
            del self._reading[snapshot]

    async def lock(self, writes: Writes, table: str, key: Key) -> bool:
        """Waits until the row is ours; whether somebody was waited for."""
        place = (table, key)
        waited = False
        while (holder := self.locks.get(place)) is not None and holder is not writes:
            waited = True
            await self._wait(writes, holder, place)
        self.locks[place] = writes
        writes.held[place] = None
        return waited

    def unlock(self, writes: Writes, table: str, key: Key) -> None:
        """Lets go of a row before the transaction ends; whoever waits for it goes on."""
        place = (table, key)
        del writes.held[place]
        del self.locks[place]
        for turn in self._waiting.pop(place, ()):
            if not turn.done():
                turn.set_result(None)

    def free(self, writes: Writes, table: str, key: Key) -> bool:
        """Whether nobody else holds the row: SKIP LOCKED."""
        return self.locks.get((table, key)) in {None, writes}

    async def _wait(self, writes: Writes, holder: Writes, place: tuple[str, Key]) -> None:
        writes.waits_for = holder
        if _waits_for_itself(writes):
            writes.waits_for = None
            raise pg.DeadlockDetectedError("deadlock detected")
        writes.turn = turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(place, []).append(turn)
        try:
            async with asyncio.timeout(self.lock_seconds):
                await turn
        except TimeoutError:
            raise pg.LockNotAvailableError("canceling statement due to lock timeout") from None
        finally:
            writes.waits_for = writes.turn = None
        if writes.dead:
            raise ConnectionResetError("the session ended while it waited")

    def finish(self, writes: Writes, *, commit: bool) -> None:
        """Makes it visible, or undoes it; whoever waits for its rows goes on."""
        writes.dead = True
        if writes.turn is not None and not writes.turn.done():
            writes.turn.set_result(None)
        if commit and writes.rows:
            self.number += 1
            oldest = min(self._reading, default=self.number)
            for (name, key), row in writes.rows.items():
                self.table(name).commit(key, self.number, row, oldest)
            for watcher in self.watchers:
                watcher(writes.rows)
        for table, key in list(writes.held):
            self.unlock(writes, table, key)


def _waits_for_itself(writes: Writes) -> bool:
    seen = writes.waits_for
    while seen is not None:
        if seen is writes:
            return True
        seen = seen.waits_for
    return False


@dataclass(eq=False)
class Statement:
    """What one statement sees and does."""

    database: Database
    writes: Writes
    snapshot: int

    def read(self, table: str, key: Key) -> Row | None:
        """As of the statement's beginning, with the transaction's own writes."""
        if (table, key) in self.writes.rows:
            return self.writes.rows[table, key]
        return self.database.table(table).at(key, self.snapshot)

    def latest(self, table: str, key: Key) -> Row | None:
        """As it stands now: what a statement sees of a row that it has waited for."""
        if (table, key) in self.writes.rows:
            return self.writes.rows[table, key]
        return self.database.table(table).at(key, self.database.number)

    def scan(self, table: str) -> Iterator[tuple[Key, Row]]:
        own = dict.fromkeys(key for name, key in self.writes.rows if name == table)
        for key in [*self.database.table(table).versions]:
            if key not in own and (row := self.database.table(table).at(key, self.snapshot)) is not None:
                yield key, row
        for key in own:
            row = self.writes.rows[table, key]
            if row is not None:
                yield key, row

    def write(self, table: str, key: Key, row: Row | None) -> None:
        self.writes.rows[table, key] = row

    async def insert_once(self, table: str, key: Key, row: Row) -> bool:
        """INSERT ... ON CONFLICT DO NOTHING: waits for whoever is just inserting the same key, and leaves a row that is
        there unlocked."""
        if self.latest(table, key) is not None:
            return False
        await self.database.lock(self.writes, table, key)
        if self.latest(table, key) is not None:
            self.database.unlock(self.writes, table, key)
            return False
        self.write(table, key, row)
        return True

    async def change(self, table: str, key: Key) -> Row | None:
        """Locks a row that the statement found and reads it anew, as UPDATE and FOR UPDATE do."""
        if self.read(table, key) is None:
            return None
        await self.database.lock(self.writes, table, key)
        return self.latest(table, key)
