"""Fresh databases that hold a service's migrated schema: migrated once per set of servers, then copied.

Runs what the service's own `migrate` command runs, so tests see the schema that production gets, but in this process: a
process of its own would import a whole service for each. That the command itself works, every start of a stack shows.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.place import find_checkout


@dataclass(frozen=True, slots=True)
class MigratedDatabase:
    name: str
    urls: ServiceUrls


class MigratedDatabases:
    def __init__(self, servers: EmbeddedServers) -> None:
        self._servers = servers
        self._templates: dict[str, str] = {}
        self._one_at_a_time = asyncio.Lock()

    async def fresh(self, service: str) -> MigratedDatabase:
        """A database of the caller's own; whoever asks for it drops it."""
        async with self._one_at_a_time:
            if service not in self._templates:
                self._templates[service] = await self._make_template(service)
            name = await self._servers.create_database(template=self._templates[service])
        return MigratedDatabase(name, await self._servers.add_service(name, service))

    async def _make_template(self, service: str) -> str:
        name = await self._servers.create_database(f"template_{service}")
        await migrate(service, await self._servers.add_service(name, service))
        return name


async def migrate(service: str, urls: ServiceUrls) -> None:
    """Brings the schema of a service to its newest revision."""
    # Alembic has an event loop of its own.
    await asyncio.to_thread(_upgrade, find_checkout() / "services" / service / "migrations", urls)


def _upgrade(folder: Path, urls: ServiceUrls) -> None:
    # The kit and alembic are half a second that a program which migrates nothing does without.
    from crossdock_kit.database import migrations  # noqa: PLC0415

    with _told(CROSSDOCK_DATABASE_URL=urls.database, CROSSDOCK_MIGRATION_URL=urls.migration):
        migrations.upgrade(folder)


@contextmanager
def _told(**settings: str) -> Iterator[None]:
    """Migrations read the environment, like everything that a deployment runs."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
