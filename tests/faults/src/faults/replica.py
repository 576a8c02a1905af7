"""A streaming replica of the stack's database, made with the wheel's own programs, that can take the primary's place.

Its links are the same proxies: when it takes over they lead to it, as a moved address would.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from crossdock_local.ports import HOST, free_port
from crossdock_local.servers.postgres import ADMIN, Postgres

from faults.proxies import Hop
from faults.stack import FaultStack

FOLLOWS_SECONDS = 60.0
COPY_SECONDS = 120.0


@dataclass
class Replica:
    stack: FaultStack
    server: Postgres
    link: Hop
    """To the primary."""

    @classmethod
    async def beside(cls, stack: FaultStack) -> Replica:
        """A copy of the running primary, started as its follower."""
        taken = frozenset(hop.listens_on for hop in stack.proxies.hops.values())
        link = Hop("replica", "primary", stack.postgres.port, free_port(taken))
        await link.open()
        folder = stack.place.root / f"postgres-replica-{free_port()}"
        server = Postgres(
            folder,
            port=free_port(taken | {link.listens_on}),
            secrets=stack.place.secrets,
            logs=stack.place.logs,
            binaries=stack.place.root,
        )
        await asyncio.to_thread(_copy, stack, folder, link.listens_on)
        replica = cls(stack, server, link)
        server.child.start()
        await server.child.wait_until(server._answers, FOLLOWS_SECONDS)
        return replica

    async def follow(self, *, synchronous: bool) -> None:
        """Returns when it has caught up; from then on, if synchronous, no commit is acknowledged that it lacks."""
        connection = await asyncpg.connect(self.stack.admin_database, timeout=10)
        try:
            if synchronous:
                await connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
                await connection.execute("SELECT pg_reload_conf()")
            wanted = "sync" if synchronous else "async"
            async with asyncio.timeout(FOLLOWS_SECONDS):
                while not await connection.fetchval(
                    "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = $1)",
                    wanted,
                ):
                    await asyncio.sleep(0.1)
        finally:
            connection.terminate()

    async def take_over(self) -> None:
        """The primary dies for good; returns when the replica takes writes."""
        self.stack.gates["postgres"].clear()
        await self.stack.processes["postgres"].child.kill()
        await self.link.close()
        connection = await asyncpg.connect(self.server.url(ADMIN), timeout=10)
        try:
            await connection.fetchval("SELECT pg_promote(true, 60)")
        finally:
            connection.terminate()
        self.stack.use_database(self.server)


def _copy(stack: FaultStack, folder: Path, port: int) -> None:
    primary = stack.postgres
    user = primary._user
    folder.mkdir(mode=0o700)
    if user:
        user.give(folder)
    secret = dict(os.environ) | {"PGPASSWORD": primary._password}
    command = [str(primary._bin / "pg_basebackup"), "-h", HOST, "-p", str(port), "-U", ADMIN]
    command += ["-D", str(folder / "data"), "-X", "stream", "-R", "-c", "fast"]
    subprocess.run(
        command,
        check=True,
        env=secret,
        cwd=folder,
        capture_output=True,
        timeout=COPY_SECONDS,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )
