"""Connections to the service's own schema: asyncpg for hot statements, SQLAlchemy Core on the very same connection.

A session is opened once and handed from transaction to transaction; taking one costs a list operation. BEGIN and
COMMIT are sent by transaction.py alone, so SQLAlchemy runs in AUTOCOMMIT. Knows no table and no tenant.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from weakref import WeakSet

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from crossdock_kit.database.failures import DRIVER_ERRORS, translated
from crossdock_kit.driver import Driver

log = logging.getLogger(__name__)

# What a process that is stopped or cut off in a transaction keeps from others it keeps for half a minute at most. Each
# timeout is for another point at which it may have stopped; silence.py knows the one that has none.
SETTINGS = {
    "timezone": "UTC",
    "jit": "off",
    # Statements are few, and prepared once on each connection. Planning one anew for its values costs as much as
    # running it, and values here are lists of keys, which lead to the same index whatever they are.
    "plan_cache_mode": "force_generic_plan",
    "statement_timeout": "30s",
    "lock_timeout": "15s",
    "idle_in_transaction_session_timeout": "30s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30s",
    "client_connection_check_interval": "5s",
}
# An owner of partitions pings every few seconds: stopped, it loses its locks and its connection together.
OWNER_SETTINGS = {
    **SETTINGS,
    "idle_session_timeout": "10s",
    "idle_in_transaction_session_timeout": "10s",
    "tcp_user_timeout": "10s",
}
CHECKOUT_SECONDS = 10.0


@dataclass(slots=True, eq=False, weakref_slot=True)
class Session:
    """One connection under its two faces."""

    connection: AsyncConnection
    driver: Driver
    discarded: bool = False
    standing: tuple[str, ...] = ()
    """Tenants for whom statements outside of transactions work (transaction.at_once); none on a session of the pool."""

    @property
    def lost(self) -> bool:
        return self.discarded or self.driver.is_closed()

    async def settle(self) -> None:
        """Ends SQLAlchemy's own book-keeping of the transaction that was just ended on the wire."""
        if self.connection.in_transaction():
            await self.connection.rollback()

    async def discard(self) -> None:
        """Closes at once, without a farewell that could wait for a peer that is gone."""
        if self.discarded:
            return
        self.discarded = True
        self.driver.terminate()
        try:
            await self.connection.close()
        except DRIVER_ERRORS as error:
            log.debug("closing a lost connection: %s", error)


@dataclass(eq=False)
class Engine:
    """The sessions of one service. `size` bounds the transactions that are open at once."""

    url: str
    schema: str
    size: int = 16
    application: str = ""
    _idle: deque[Session] = field(default_factory=deque)
    # Weak, so that a session that somebody has lost is still told of by the collector.
    _opened: WeakSet[Session] = field(default_factory=WeakSet)
    _alchemy: dict[bool, AsyncEngine] = field(default_factory=dict)
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.size)

    async def checkout(self) -> Session:
        """A session of one's own until `checkin`. Raises Unavailable when the database is away or all are taken."""
        with translated():
            if self._free.locked():
                async with asyncio.timeout(CHECKOUT_SECONDS):
                    await self._free.acquire()
            else:
                await self._free.acquire()
            try:
                while self._idle:
                    session = self._idle.pop()
                    if not session.lost:
                        return session
                    await session.discard()
                return await self.open()
            except BaseException:
                self._free.release()
                raise

    def checkin(self, session: Session) -> None:
        if not session.discarded:
            self._idle.append(session)
        self._free.release()

    async def open(self, *, owner: bool = False) -> Session:
        """A session outside the pool; `owner` gives it the short timeouts of an owner of partitions."""
        connection = await self._engine(owner).connect()
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        if driver is None:
            raise ConnectionError("the connection was lost while it was opened")
        session = Session(connection, driver)
        self._opened.add(session)
        return session

    async def stop(self) -> None:
        """Closes what is open, also what somebody has not given back: by now nobody is to be at work."""
        while self._idle:
            session = self._idle.pop()
            await session.connection.close()
            self._opened.discard(session)
        for session in list(self._opened):
            await session.discard()
        for alchemy in self._alchemy.values():
            await alchemy.dispose()

    def _engine(self, owner: bool) -> AsyncEngine:
        if owner not in self._alchemy:
            settings = OWNER_SETTINGS if owner else SETTINGS
            self._alchemy[owner] = alchemy_engine(self.url, self.schema, self.application or self.schema, settings)
        return self._alchemy[owner]


def create_engine(url: str, schema: str, *, size: int = 16, application: str = "") -> Engine:
    """Opens nothing yet. `url` is postgresql://user:password@host:port/database."""
    return Engine(url, schema, size, application)


def alchemy_engine(url: str, schema: str, application: str, settings: Mapping[str, str]) -> AsyncEngine:
    """A plain SQLAlchemy engine without a pool, for migrations and for the sessions above."""
    server = {**settings, "application_name": application, "search_path": f"{schema}, public"}
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={
            "server_settings": server,
            "timeout": 5,
            "command_timeout": 60,
            # A statement that writes a whole batch is long, and the one that is most worth preparing once.
            "max_cacheable_statement_size": 64 * 1024,
        },
    )
