"""Fresh databases that hold a service's migrated schema: migrated once per set of servers, then copied.

Runs the service's own `migrate` command, as every deployment does, so tests see the schema that production gets.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass

from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.place import find_checkout
from crossdock_local.process import Died


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
    """Brings the schema of a service to its newest revision. Raises Died."""
    told = {"CROSSDOCK_SERVICE": service, "CROSSDOCK_DATABASE_URL": urls.database}
    migration = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        service,
        "migrate",
        cwd=find_checkout() / "services" / service,
        env=os.environ | told | {"CROSSDOCK_MIGRATION_URL": urls.migration, "PYTHONSAFEPATH": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await migration.communicate()
    if migration.returncode != 0:
        raise Died(f"{service} migrate ended with code {migration.returncode}:\n{said.decode()}")
