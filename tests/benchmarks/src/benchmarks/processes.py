"""Services as they run in production: a process each, with a schema of its own, on real servers.

Master data is written into their schemas before they start, so that no catalog takes part in what is measured.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from crossdock_kit.client import Peer
from crossdock_kit.testing import AUDIENCE, ISSUER, TokenIssuer
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.health import require_serving
from crossdock_local.migrated import MigratedDatabase
from crossdock_local.ports import free_port
from crossdock_local.process import Child, Program

TENANT = "acme"
READY_SECONDS = 120.0


@dataclass(eq=False)
class Processes:
    """The started services, reached as a caller reaches them; `admins` are their databases' owner's connections."""

    addresses: Mapping[str, str]
    admins: Mapping[str, asyncpg.Connection[Any]]
    children: Mapping[str, Child]
    peers: Mapping[str, Peer]
    postgres_pid: int

    def stub(self, service: str, kind: Callable[[Any], Any]) -> Any:
        return self.peers[service].stub(kind, tenant=TENANT)

    def memory_megabytes(self, service: str) -> float:
        """The most that its process has had in memory so far."""
        status = Path(f"/proc/{self.children[service].pid}/status").read_text().splitlines()
        found = next(line for line in status if line.startswith("VmHWM"))
        return int(found.split()[1]) / 1024

    def cpu_seconds(self) -> dict[str, float]:
        """Of each service, and of PostgreSQL with all its processes, so far: what a crowded machine distorts least."""
        spent = {name: _cpu(child.pid or 0) for name, child in self.children.items()}
        return {**spent, "postgres": sum(_cpu(each) for each in _with_children(self.postgres_pid))}


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        # It has ended since it was listed; what it spent is now among its parent's.
        return 0.0
    # utime, stime, and those of the children that have ended.
    return sum(int(each) for each in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _with_children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(each) for each in listed)]


@asynccontextmanager
async def started(servers: EmbeddedServers, databases: Mapping[str, MigratedDatabase]) -> AsyncIterator[Processes]:
    """One process for each database. They end with the block."""
    issuer = TokenIssuer()
    keys, token = servers.secrets / "bench-jwks.json", servers.secrets / "bench-token.jwt"
    keys.write_bytes(issuer.jwks)
    signed = issuer.sign(issuer.claims([TENANT], ["*"], exp=4_000_000_000))
    token.write_text(signed)
    addresses = {name: f"127.0.0.1:{free_port()}" for name in databases}
    common = {
        "CROSSDOCK_PEERS": json.dumps(addresses),
        "CROSSDOCK_JWKS_FILE": str(keys),
        "CROSSDOCK_TOKEN_FILE": str(token),
        "CROSSDOCK_ISSUER": ISSUER,
        "CROSSDOCK_AUDIENCE": AUDIENCE,
        "CROSSDOCK_TENANTS": TENANT,
        "CROSSDOCK_LOG_LEVEL": "WARNING",
        "PYTHONSAFEPATH": "1",
    }
    async with AsyncExitStack() as stack:
        children: dict[str, Child] = {}
        admins: dict[str, asyncpg.Connection[Any]] = {}
        for name, database in databases.items():
            admins[name] = await asyncpg.connect(servers.postgres.url(database.name))
            stack.push_async_callback(admins[name].close)
            # A table that was never analysed is scanned whole under row-level security.
            await admins[name].execute("ANALYZE")
            own = {
                "CROSSDOCK_SERVICE": name,
                "CROSSDOCK_DATABASE_URL": database.urls.database,
                "CROSSDOCK_NATS_URL": servers.nats.url(name),
                "CROSSDOCK_VALKEY_URL": servers.valkey.url,
                "CROSSDOCK_LISTEN": addresses[name],
            }
            log = servers.folder / "logs" / f"bench-{name}.log"
            child = Child(Program(name, [sys.executable, "-m", name], log, {**os.environ, **common, **own}))
            child.start()
            stack.push_async_callback(child.stop)
            children[name] = child
        for name, child in children.items():
            await child.wait_until(partial(require_serving, addresses[name]), READY_SECONDS)
        peers = {name: Peer(address, token=lambda: f"Bearer {signed}") for name, address in addresses.items()}
        for peer in peers.values():
            stack.push_async_callback(peer.close)
        yield Processes(addresses, admins, children, peers, servers.postgres.child.pid or 0)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so great a share of them does not exceed; nothing of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
