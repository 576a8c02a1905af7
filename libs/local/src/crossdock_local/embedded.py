"""The three servers together, for tests and benchmarks: `async with EmbeddedServers() as servers`.

Gives addresses, fresh databases, and each server's `child` to kill, pause, resume or stop; `start()` brings it back on
the same port and data. Nothing restarts by itself here: the stack of a laptop has a supervisor for that.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from crossdock_local import databases
from crossdock_local.databases import ServiceUrls
from crossdock_local.declared import service_names
from crossdock_local.place import find_checkout, place_of
from crossdock_local.ports import free_port
from crossdock_local.process import Died
from crossdock_local.servers.nats import Nats
from crossdock_local.servers.postgres import Postgres
from crossdock_local.servers.valkey import Valkey

Server = TypeVar("Server", Postgres, Nats, Valkey)
ATTEMPTS = 5


class EmbeddedServers:
    """PostgreSQL, NATS and Valkey on ports of their own; a folder that was not given is removed at the end.

    `services` are the users that NATS knows beside its admin, by default every service of the workspace.
    `durable=False` leaves out the waits for the disk, which only a crash of the machine would miss.
    """

    postgres: Postgres
    nats: Nats
    valkey: Valkey
    folder: Path
    secrets: Path

    def __init__(
        self, folder: Path | None = None, *, services: Iterable[str] | None = None, durable: bool = True
    ) -> None:
        self._given = folder
        self._services = service_names(find_checkout()) if services is None else tuple(services)
        self._durable = durable
        self._place = place_of(find_checkout())
        self._databases = 0
        self._brokers = 0

    async def __aenter__(self) -> Self:
        self._make_folders()
        try:
            self.postgres, self.nats, self.valkey = await asyncio.gather(
                _started(self._make_postgres), _started(self._make_nats), _started(self._make_valkey)
            )
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def create_database(self, name: str | None = None, *, template: str | None = None) -> str:
        """A fresh database and its name; with a template, a copy of that one (which must have no open session)."""
        self._databases += 1
        name = name or f"db_{self._databases}"
        await databases.create_database(self.postgres, name, template)
        return name

    async def drop_database(self, name: str) -> None:
        await databases.drop_database(self.postgres, name)

    async def add_service(self, database: str, service: str) -> ServiceUrls:
        """The service's schema and roles in that database; its migrations are still to run."""
        return await databases.add_service(self.postgres, database, service, self.secrets)

    def _make_folders(self) -> None:
        self._place.prepare()
        # Not the system's folder for temporary files: PostgreSQL's user could not reach one that is private to root.
        scratch = self._place.folder("scratch", 0o711)
        _remove_abandoned(scratch)
        self.folder = self._given or Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-", dir=scratch))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)
        self.secrets = self.folder / "secrets"
        self.secrets.mkdir(mode=0o700, exist_ok=True)
        (self.folder / "logs").mkdir(exist_ok=True)

    def _make_postgres(self, port: int) -> Postgres:
        return Postgres(
            self.folder / "postgres",
            port=port,
            secrets=self.secrets,
            logs=self.folder / "logs",
            binaries=self._place.root,
            durable=self._durable,
        )

    @asynccontextmanager
    async def fresh_nats(self) -> AsyncIterator[Nats]:
        """One more NATS server, with nothing in it; it costs some 20 ms, so a test module may have its own."""
        self._brokers += 1
        name = f"nats-{self._brokers}"
        server = await _started(lambda port: self._make_nats(port, name))
        try:
            yield server
        finally:
            await server.child.stop()

    def _make_nats(self, port: int, name: str = "nats") -> Nats:
        # Its own secrets: they hold its configuration.
        secrets = self.secrets / name
        secrets.mkdir(mode=0o700, exist_ok=True)
        logs = self.folder / "logs"
        return Nats(self.folder / name, port=port, secrets=secrets, logs=logs, services=self._services)

    def _make_valkey(self, port: int) -> Valkey:
        return Valkey(self.folder / "valkey", port=port, secrets=self.secrets, logs=self.folder / "logs")

    async def _end(self) -> None:
        servers = [self.__dict__[name] for name in ("nats", "valkey", "postgres") if name in self.__dict__]
        await asyncio.gather(*(server.child.stop() for server in servers))
        if self._given is None:
            await asyncio.to_thread(shutil.rmtree, self.folder)


async def _started(make: Callable[[int], Server]) -> Server:
    """A server on a port that was free a moment ago: another process may have been quicker, so a few are tried."""
    for attempt in range(1, ATTEMPTS + 1):
        server = make(free_port())
        try:
            await server.start()
        except Died:
            await server.child.stop()
            if attempt == ATTEMPTS:
                raise
        else:
            return server
    raise AssertionError("unreachable")


def _remove_abandoned(scratch: Path) -> None:
    """What runs left behind that were killed before they could tidy up; the servers ended with them."""
    for folder in scratch.glob("run-*-*"):
        if not _lives(int(folder.name.split("-")[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
