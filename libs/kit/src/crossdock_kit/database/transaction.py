"""One database transaction for a list of tenants: the only code that says BEGIN, COMMIT and ROLLBACK.

Row-level security reads the list that is set here; outside a transaction it is empty and nothing is visible.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from crossdock_kit.database.engine import Engine, Session
from crossdock_kit.database.failures import DRIVER_ERRORS, translated
from crossdock_kit.driver import Driver

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class LostTransaction(Exception):
    """COMMIT was answered by ROLLBACK: an error inside was caught, and what came after it would have been lost."""


@dataclass(slots=True, eq=False)
class Transaction:
    """An open transaction. `connection` for everyday Core statements, `driver` for hot set-based SQL; both are the same
    connection. Nobody else begins or ends a transaction on it."""

    session: Session
    tenants: tuple[str, ...]
    savepoints: int = 0

    @property
    def connection(self) -> AsyncConnection:
        return self.session.connection

    @property
    def driver(self) -> Driver:
        return self.session.driver

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What fails inside is undone alone; the error goes on."""
        self.savepoints += 1
        name = f"kit_{self.savepoints}"
        await self.driver.execute(f"SAVEPOINT {name}")
        try:
            yield
        except Exception:
            await self.driver.execute(f"ROLLBACK TO SAVEPOINT {name}")
            raise
        await self.driver.execute(f"RELEASE SAVEPOINT {name}")


def tenant_list(tenants: Iterable[str]) -> tuple[str, ...]:
    """Sorted, each once, and of a form that can stand in a setting. An empty list is refused: it would see nothing."""
    found = tuple(sorted(set(tenants)))
    if not found:
        raise ValueError("a transaction works for at least one tenant")
    for tenant in found:
        if not _TENANT.fullmatch(tenant):
            raise ValueError(f"not a tenant's id: {tenant!r}")
    return found


@asynccontextmanager
async def transaction(engine: Engine, tenants: Iterable[str]) -> AsyncIterator[Transaction]:
    """Commits at the end, rolls back on any exception. A database that is away raises Unavailable."""
    allowed = tenant_list(tenants)
    session = await engine.checkout()
    try:
        async with transaction_on(session, allowed) as open_transaction:
            yield open_transaction
    finally:
        engine.checkin(session)


@asynccontextmanager
async def transaction_on(session: Session, tenants: tuple[str, ...]) -> AsyncIterator[Transaction]:
    """The same on a session that the caller owns, for example the one that holds its locks."""
    with translated():
        begun = False
        try:
            await session.driver.execute(f"BEGIN; SET LOCAL app.tenants = '{','.join(tenants)}'")
            begun = True
            yield Transaction(session, tenants)
            await commit(session)
        except BaseException:
            await _to_its_end(_roll_back(session, begun=begun))
            raise


async def at_once(session: Session, tenants: tuple[str, ...], statement: str, *values: object) -> object:
    """The first value of one statement that is a transaction by itself: it commits as it ends, or raises and has done
    nothing. One turn to the database and back instead of three; for a session that its owner keeps to itself, because
    the list of tenants stays on it for the next."""
    with translated():
        if session.standing != tenants:
            await session.driver.execute(f"SET app.tenants = '{','.join(tenants)}'")
            session.standing = tenants
        return await session.driver.fetchval(statement, *values)


async def commit(session: Session) -> None:
    status = await session.driver.execute("COMMIT")
    await session.settle()
    if status != "COMMIT":
        raise LostTransaction(status)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Not even a second cancellation (a deadline and the caller at once) hands on a session that is still at work."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as again:
            cancelled = again
    task.result()
    if cancelled is not None:
        raise cancelled


async def _roll_back(session: Session, *, begun: bool) -> None:
    """Leaves a clean session or none: one that cannot say ROLLBACK is closed, which undoes as well. A BEGIN that was
    cancelled has mostly happened, though the driver has not heard of it."""
    if session.lost:
        await session.discard()
        return
    try:
        if session.driver.is_in_transaction() or not begun:
            await session.driver.execute("ROLLBACK")
        await session.settle()
    except DRIVER_ERRORS:
        await session.discard()
