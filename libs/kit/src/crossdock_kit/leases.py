"""Who owns which partition: advisory locks on one connection, shared fairly among the living members.

The owner's claims and marks run on the connection that holds its locks. It is pinged every few seconds under short idle
timeouts, so an owner that is stopped loses locks and connection together and cannot act on what it believes to own.
Where those timeouts do not count, the other members end its session (silence.py).
A member is living while its connection is: it holds a lock of its own, and members are counted in pg_locks.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from crossdock_kit.database.engine import Engine, Session
from crossdock_kit.database.failures import translated
from crossdock_kit.database.silence import end_silent
from crossdock_kit.driver import Driver
from crossdock_kit.errors import CrossdockError, Unavailable
from crossdock_kit.ids import PARTITIONS
from crossdock_kit.storage import LeaseStore

log = logging.getLogger(__name__)

PING_SECONDS = 2.0
RETRY_SECONDS = 1.0
_MEMBERS_FROM = 1_000_000

_JOIN = "SELECT pg_try_advisory_lock($1, $2)"
_MEMBERS = """
SELECT pid FROM pg_locks
WHERE locktype = 'advisory' AND granted AND classid = $1::int4::oid AND objsubid = 2
  AND objid >= $2::int4::oid AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_TAKE = "SELECT p FROM unnest($2::int4[]) AS p WHERE pg_try_advisory_lock($1, p) LIMIT $3"
_LEAVE = "SELECT pg_advisory_unlock($1, p) FROM unnest($2::int4[]) AS p"


class PostgresLeaseStore:
    """Session advisory locks."""

    async def join(self, driver: Driver, group: int, member: int) -> None:
        await driver.fetchval(_JOIN, group, member)

    async def members(self, driver: Driver, group: int, first: int) -> int:
        members = [row["pid"] for row in await driver.fetch(_MEMBERS, group, first)]
        if len(members) > 1:
            await end_silent(driver, members)
        return len(members)

    async def take(self, driver: Driver, group: int, wanted: Sequence[int], number: int) -> Sequence[int]:
        return [row["p"] for row in await driver.fetch(_TAKE, group, list(wanted), number)]

    async def leave(self, driver: Driver, group: int, partitions: Sequence[int]) -> None:
        await driver.fetch(_LEAVE, group, list(partitions))


POSTGRES_LEASES = PostgresLeaseStore()


@dataclass(eq=False)
class PartitionLeases:
    """The partitions of one kind of work (a relay, a consumer) that this process owns.

    `changed` is called with the new set after each change, and with an empty one when the connection is lost.
    """

    engine: Engine
    name: str
    partitions: int = PARTITIONS
    changed: Callable[[frozenset[int]], None] = lambda owned: None
    store: LeaseStore = POSTGRES_LEASES
    moves: int = 0
    _owned: frozenset[int] = frozenset()
    _session: Session | None = None
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def owned(self) -> frozenset[int]:
        return self._owned

    @property
    def complete(self) -> bool:
        """Whether this process owns everything, so that nobody else needs a hint."""
        return len(self._owned) == self.partitions

    async def wait_owner(self) -> None:
        """Returns once at least one partition is ours."""
        await self._settled.wait()

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[tuple[Session, frozenset[int]]]:
        """The owner's connection and partitions; both stay as they are inside. Raises Unavailable when not an owner."""
        async with self._busy:
            session = self._session
            if session is None or session.lost:
                raise Unavailable("the connection that holds the partitions is lost")
            yield session, self._owned

    async def run(self) -> None:
        """Joins, takes its share, pings, and joins again after a loss, until cancelled."""
        try:
            while True:
                try:
                    await self._tick()
                    await asyncio.sleep(PING_SECONDS)
                except (CrossdockError, ConnectionError) as error:
                    log.warning("partitions of %s lost: %s", self.name, error)
                    await self._forget()
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            await asyncio.shield(self._forget())

    async def release(self) -> None:
        """Gives up everything at once, for others to take."""
        async with self._busy:
            await self._forget()

    @property
    def _group(self) -> int:
        return zlib.crc32(f"{self.engine.schema}/{self.name}".encode()) & 0x7FFFFFFF

    async def _tick(self) -> None:
        async with self._busy:
            with translated():
                session = self._session or await self._join()
                members = await self.store.members(session.driver, self._group, _MEMBERS_FROM)
                share = -(-self.partitions // max(1, members))
                if len(self._owned) > share:
                    await self._give_up(session, len(self._owned) - share)
                elif len(self._owned) < share:
                    await self._take(session, share - len(self._owned))

    async def _join(self) -> Session:
        session = await self.engine.open(owner=True)
        # Ours at once: whoever is cancelled while it joins lets go of this session as well.
        self._session = session
        await self.store.join(session.driver, self._group, _MEMBERS_FROM + secrets.randbelow(1_000_000_000))
        return session

    async def _take(self, session: Session, number: int) -> None:
        start = secrets.randbelow(self.partitions)
        wanted = [(start + i) % self.partitions for i in range(self.partitions)]
        missing = [partition for partition in wanted if partition not in self._owned]
        taken = await self.store.take(session.driver, self._group, missing, number)
        if taken:
            self._change(self._owned.union(taken))

    async def _give_up(self, session: Session, number: int) -> None:
        surplus = sorted(self._owned)[-number:]
        self._change(self._owned.difference(surplus))
        await self.store.leave(session.driver, self._group, surplus)

    async def _forget(self) -> None:
        session, self._session = self._session, None
        self._change(frozenset())
        if session is not None:
            await session.discard()

    def _change(self, owned: frozenset[int]) -> None:
        if owned == self._owned:
            return
        self.moves += len(owned - self._owned)
        self._owned = owned
        if owned:
            self._settled.set()
        else:
            self._settled.clear()
        self.changed(owned)
