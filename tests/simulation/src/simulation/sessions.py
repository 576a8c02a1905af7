"""The kit's engine over the model: sessions that begin, commit and roll back, and that die at the worst moment.

The kit's own pool and transaction code run on top of it unchanged. A driver here understands the words of transactions
and nothing else; what the kit stores goes through the stores of this package.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from asyncpg import exceptions as pg
from crossdock_kit.database import Engine
from crossdock_kit.database.engine import Session

from simulation.chance import Chance
from simulation.tables import Database, Statement, Writes

T = TypeVar("T")
OWNER_IDLE_SECONDS, IDLE_SECONDS = 10.0, 30.0


class Dead(ConnectionResetError):
    """What code of a killed process meets wherever it turns; nobody hears of it."""


@dataclass(eq=False)
class Host:
    """One process as its servers see it: it may stop for a while, and it may be gone from one instant to the next."""

    name: str
    chance: Chance
    alive: bool = True
    sessions: list[MemoryDriver] = field(default_factory=list)
    _running: asyncio.Event = field(default_factory=asyncio.Event)
    _put_off: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._running.set()

    @property
    def stopped(self) -> bool:
        return not self._running.is_set()

    async def awake(self) -> None:
        """Returns when the process runs. A killed one does nothing ever again."""
        if not self._running.is_set():
            await self._running.wait()
        if not self.alive:
            raise Dead("this process is dead")

    def stop(self) -> None:
        """SIGSTOP: its sessions stand still, and the server ends those that are idle for too long."""
        self._running.clear()
        loop = asyncio.get_running_loop()
        for session in list(self.sessions):
            patience = OWNER_IDLE_SECONDS if session.owner else IDLE_SECONDS
            if session.owner or session.writes is not None:
                loop.call_later(patience, self._idled, session)

    def go_on(self) -> None:
        self._running.set()
        put_off, self._put_off = self._put_off, []
        for each in put_off:
            each()

    def when_running(self, do: Callable[[], None]) -> None:
        """Does it now, or when the process goes on; never, if it is dead by then."""
        if self.stopped:
            self._put_off.append(do)
        elif self.alive:
            do()

    def kill(self) -> None:
        """SIGKILL: what was not committed is undone, at once."""
        self.alive = False
        self._running.set()
        for session in list(self.sessions):
            session.break_off()

    def _idled(self, session: MemoryDriver) -> None:
        if self.stopped and not session.closed:
            self.chance.faults["idle session ended"] += 1
            session.break_off()


@dataclass(eq=False)
class MemoryDriver:
    """A session's connection."""

    database: Database
    host: Host
    owner: bool = False
    writes: Writes | None = None
    closed: bool = False
    _failed: bool = False

    async def execute(self, sql: str) -> str:
        """The words of transactions. Anything else belongs into a store."""
        verb = sql.split(maxsplit=1)[0].rstrip(";")
        match verb:
            case "BEGIN":
                # No time passes: what matters is when the first statement sees something.
                await self.host.awake()
                self._check()
                if self.writes is None:
                    self.writes = Writes(asyncio.get_running_loop().time())
                    self._failed = False
                return "SET"
            case "COMMIT":
                return await self._commit()
            case "ROLLBACK" if "SAVEPOINT" not in sql:
                await self._arrive()
                self._end(commit=False)
                return "ROLLBACK"
            case _:
                raise NotImplementedError(f"the model does not know {sql}")

    async def statement(self, body: Callable[[Statement], Awaitable[T]]) -> T:
        """Runs one statement; alone, it is a transaction of its own."""
        await self._arrive()
        if self._failed:
            raise pg.InFailedSQLTransactionError("current transaction is aborted")
        alone = self.writes is None
        writes = self.writes or Writes(asyncio.get_running_loop().time())
        snapshot = self.database.begin_reading()
        try:
            result = await body(Statement(self.database, writes, snapshot))
        except BaseException:
            self._failed = not alone
            if alone:
                self.database.finish(writes, commit=False)
            raise
        finally:
            self.database.end_reading(snapshot)
        if alone:
            self.database.finish(writes, commit=not self.closed)
        await self.host.awake()
        self._check()
        return result

    def is_in_transaction(self) -> bool:
        return self.writes is not None

    def is_closed(self) -> bool:
        return self.closed

    def terminate(self) -> None:
        self.break_off()

    def break_off(self) -> None:
        """The server ends the session: its transaction is undone and its advisory locks are free."""
        if self.closed:
            return
        self.closed = True
        if self in self.host.sessions:
            self.host.sessions.remove(self)
        self._end(commit=False)
        for name in [name for name, owner in self.database.advisory.items() if owner is self]:
            del self.database.advisory[name]

    async def _arrive(self) -> None:
        self._check()
        await self.host.awake()
        await self.host.chance.pause()
        await self.host.awake()
        self._check()
        if self.host.chance.strikes("statement lost", self.host.chance.odds.statement_lost):
            self.break_off()
            raise ConnectionResetError("the connection was lost")

    async def _commit(self) -> str:
        await self._arrive()
        failed = self._failed
        self._end(commit=not failed)
        if self.host.chance.strikes("commit unanswered", self.host.chance.odds.commit_unanswered):
            self.break_off()
            raise ConnectionResetError("the connection was lost while it committed")
        await self.host.awake()
        self._check()
        return "ROLLBACK" if failed else "COMMIT"

    def _end(self, *, commit: bool) -> None:
        writes, self.writes = self.writes, None
        if writes is not None:
            self.database.finish(writes, commit=commit)

    def _check(self) -> None:
        if self.closed:
            raise pg.InterfaceError("connection is closed")


class _NoCore:
    """SQLAlchemy's face of a session, which the simulated services do not use."""

    def in_transaction(self) -> bool:
        return False

    async def close(self) -> None:
        return None


@dataclass(eq=False)
class MemoryEngine(Engine):
    """The kit's engine and pool with sessions of the model."""

    database: Database = field(default_factory=Database)
    host: Host = field(default_factory=lambda: Host("", Chance(0)))
    away: Callable[[], bool] = lambda: False

    async def open(self, *, owner: bool = False) -> Session:
        await self.host.awake()
        await self.host.chance.pause()
        await self.host.awake()
        if self.away():
            raise ConnectionRefusedError("the database is away")
        driver = MemoryDriver(self.database, self.host, owner)
        self.host.sessions.append(driver)
        return Session(cast(Any, _NoCore()), cast(Any, driver))
