"""A service's ports on a work of the kit: opened for the tenant that is being served, written at its end.

Each service says which ports these are; how they are opened, read at one moment and written stands here once. Knows no
port.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, Protocol, TypeVar

from crossdock_kit import context, events
from crossdock_kit.unit_of_work import UnitOfWork, Work


class Writes(Protocol):
    """Ports that gather what changed until their work ends."""

    async def write(self) -> None: ...


class Named(Protocol):
    """Where a fact comes from, as a service's own domain says it."""

    @property
    def system(self) -> str: ...
    @property
    def document(self) -> str: ...
    @property
    def revision(self) -> str: ...


P = TypeVar("P", bound=Writes)
From = TypeVar("From", bound=Named)


class OpensPorts(Generic[P, From]):
    """Opens works for the tenant of the call, delivery, event or timer that is being served. `ports` are made on the
    open work and the origin of what is about to be told."""

    ports: Callable[[Work, From | None], P]

    def __init__(self, uow: UnitOfWork, tenant: Callable[[], str] = context.tenant) -> None:
        self._uow, self._tenant = uow, tenant

    @asynccontextmanager
    async def __call__(self, origin: From | None = None) -> AsyncIterator[P]:
        async with self._uow(tenants=(self._tenant(),)) as work, self.on(work, origin) as opened:
            yield opened

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[P]:
        """What belongs together is read by several statements: all are of one moment, and nothing can be written."""
        async with self._uow(tenants=(self._tenant(),)) as work:
            await work.driver.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield self.ports(work, None)

    @classmethod
    @asynccontextmanager
    async def on(cls, work: Work, origin: From | None = None) -> AsyncIterator[P]:
        """The ports on a work that somebody else opened and commits."""
        opened = cls.ports(work, origin)
        yield opened
        await opened.write()


def origin_of(named: Named | None) -> events.Origin | None:
    """The origin as events carry it."""
    if named is None:
        return None
    return events.Origin(system=named.system, document=named.document, revision=named.revision)
