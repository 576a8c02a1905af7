"""The laptop's stack with handles for faults: processes by name, gates before restarts, replicas, proxies.

Runs in the process of the harness, so nothing outlives it. Starts the services by `faults.launch`, which is where
mutants and shortened waits come in; a stack of `crossdock up` knows nothing of this.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crossdock_local.declared import DeclaredService
from crossdock_local.health import require_serving
from crossdock_local.place import Place, find_checkout
from crossdock_local.ports import HOST
from crossdock_local.process import Child, Program
from crossdock_local.servers.postgres import Postgres
from crossdock_local.stack import NONE, READY_SECONDS, Stack
from crossdock_local.state import StackState, take_lock
from crossdock_local.supervised import Supervised
from crossdock_local.surroundings import Surroundings
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as NoAnswer

from faults.proxies import Hop, Proxies

TENANTS = ("acme", "globex")
REPLICATED = ("inventory", "procurement")
SERVERS = ("postgres", "nats", "valkey")
DISKS = {"nats": "256m", "postgres": "1g", "spool": "16m"}
WIRED = {"postgres": "CROSSDOCK_DATABASE_URL", "nats": "CROSSDOCK_NATS_URL"}
CACHE_WIRED = {"valkey": "CROSSDOCK_VALKEY_URL"}
"""The cache is given milliseconds to answer, so a proxy is put before it only where it is to be struck."""
SMALL_STREAM_BYTES = 32 * 1024 * 1024
"""Four streams and their consumers fit on the broker's small disk."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How the processes are started: the mutant they are made, whether their links go through proxies, and whether
    broker and database stand on small file systems of their own, which can be filled."""

    mutant: str = ""
    proxied: bool = True
    small_disks: bool = False
    cache_proxied: bool = False


class FaultStack(Stack):
    def __init__(self, place: Place, setting: Setting) -> None:
        self.state = StackState(os.getpid(), "starting", data=str(place.root), tenants=list(TENANTS))
        super().__init__(find_checkout(), place, self.state)
        self.place, self._setting = place, setting
        self.processes: dict[str, Supervised] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.proxies = Proxies()
        self._started_by: dict[str, Callable[[], Awaitable[None]]] = {}
        self.admin_database = self.admin_broker = self.cache = ""
        self._around: Surroundings | None = None
        self.postgres: Postgres

    @property
    def services(self) -> dict[str, str]:
        """Address of each service process, replicas too."""
        return {state.name: state.address for state in self.state.processes if state.kind in ("service", "replica")}

    @property
    def names(self) -> list[str]:
        return list(self.processes)

    @property
    def store(self) -> Path:
        """Where the broker keeps its streams."""
        return self._data_folder("nats")

    def pid(self, name: str) -> int | None:
        child = self.processes[name].child
        return child.pid if child.running else None

    def ready(self, name: str) -> bool:
        return self.processes[name].state.state == "ready"

    def crash_folder(self, name: str) -> Path:
        return self.place.folder("crash-points") / name

    @property
    def poison(self) -> Path:
        """While this file is there, consumers fail for one aggregate of so many as it says."""
        return self.place.folder("crash-points") / "poison"

    def clock_file(self, name: str) -> Path:
        """While this file is there, the process's clock is wrong by so many seconds as it says."""
        return self.place.folder("crash-points") / f"clock-{name}"

    def disk_of(self, name: str) -> Path:
        """The small file system of a server, or of the folders of partners, where it has one."""
        if name == "spool":
            return self.place.root / "services" / "connector" / "transport"
        return self.place.root / "disks" / name

    async def flush_cache(self) -> bool:
        """Whether the cache was there to be emptied."""
        return await self._with_cache(lambda client: client.flushall())

    async def spoil_cache(self) -> bool:
        """Every value becomes one of another type; whether the cache was there."""

        async def spoil(client: Redis) -> bool:
            async for key in client.scan_iter(count=500):
                # At once: a service may fill the key between the two.
                async with client.pipeline(transaction=True) as both:
                    both.delete(key)
                    both.rpush(key, "spoiled")
                    await both.execute()
            return True

        return await self._with_cache(spoil)

    async def _with_cache(self, do: Callable[[Redis], Awaitable[Any]]) -> bool:
        client = Redis.from_url(self.cache, socket_connect_timeout=2, socket_timeout=2)
        try:
            return bool(await do(client))
        except (NotConnected, NoAnswer):
            return False
        finally:
            await client.aclose()

    def use_database(self, server: Postgres) -> None:
        """Every link to the database leads to this server from now on, and it is the one that is kept alive."""
        self.postgres, self.admin_database = server, server.url("crossdock")
        supervised = self.processes["postgres"]
        supervised.child = server.child
        self._started_by["postgres"] = partial(_started, server)
        for hop in self.proxies.hops.values():
            if hop.target == "postgres":
                hop.port = server.port
                hop.reset()
        self.gates["postgres"].set()

    async def stop_services(self) -> None:
        """Only the servers stay."""
        await asyncio.gather(*(process.stop() for process in self._processes))

    async def stop(self) -> None:
        for gate in self.gates.values():
            gate.set()
        await super().stop()
        await self.proxies.close()

    # --- what differs from the laptop's stack

    def _data_folder(self, server: str) -> Path:
        on_its_own = self._setting.small_disks and server in DISKS
        return self.disk_of(server) / "data" if on_its_own else super()._data_folder(server)

    def _make_servers(self) -> Any:
        if self._setting.small_disks:
            for name, size in DISKS.items():
                _mount(self.disk_of(name), size)
        servers = super()._make_servers()
        postgres, nats, valkey = servers
        self.admin_database, self.admin_broker = postgres.url("crossdock"), nats.url()
        self.cache, self.postgres = valkey.url, postgres
        return servers

    async def _surroundings(self, *servers: Any) -> Surroundings:
        self._around = await super()._surroundings(*servers)
        return self._around

    def _add_processes(self, surroundings: Surroundings) -> None:
        super()._add_processes(surroundings)
        for service in self._services:
            if service.name in REPLICATED:
                self._processes.append(self._replica(service, surroundings))

    def _replica(self, service: DeclaredService, surroundings: Surroundings) -> Supervised:
        name = f"{service.name}-2"
        address = f"{HOST}:{self._book.take(name)}"
        environment = surroundings.of_service(service) | {"CROSSDOCK_LISTEN": address}
        child = self._python(service, name, [service.name], environment)

        async def start() -> None:
            child.start()
            await child.wait_until(lambda: require_serving(address), READY_SECONDS)

        return self._supervised("replica", child, start, address)

    def _python(self, service: DeclaredService, name: str, module: Iterable[str], environment: dict[str, str]) -> Child:
        folder = self.crash_folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        told = {"CROSSDOCK_CRASH_POINTS": str(folder), "FAULTS_MUTANT": self._setting.mutant}
        if self._setting.small_disks:
            told["FAULTS_STREAM_BYTES"] = str(SMALL_STREAM_BYTES)
        told |= {"FAULTS_POISON": str(self.poison), "FAULTS_CLOCK": str(self.clock_file(name))}
        command = [sys.executable, "-m", "faults.launch", *module]
        hops = self._through_proxies(name, environment) if self._setting.proxied else {}
        log = self._place.logs / f"{name}.log"
        return Child(Program(name, command, log, environment | told | hops, folder=service.folder))

    def _through_proxies(self, name: str, environment: Mapping[str, str]) -> dict[str, str]:
        """The same addresses, each behind a proxy of this process alone."""
        found = {}
        for target, variable in (WIRED | (CACHE_WIRED if self._setting.cache_proxied else {})).items():
            if environment.get(variable):
                port = urlsplit(environment[variable]).port or 0
                found[variable] = environment[variable].replace(f":{port}", f":{self._hop(name, target, port)}")
        if self._around is not None:
            peers = {
                peer: f"{HOST}:{self._hop(name, peer, int(address.rpartition(':')[2]))}"
                for peer, address in self._around.peers.items()
                if peer != name
            }
            found["CROSSDOCK_PEERS"] = json.dumps(peers | {k: v for k, v in self._around.peers.items() if k == name})
        return found

    def _hop(self, client: str, target: str, port: int) -> int:
        return self.proxies.add(Hop(client, target, port))

    def _supervised(
        self,
        kind: str,
        child: Child,
        start: Callable[[], Awaitable[None]],
        address: str,
        listeners: Mapping[str, str] = NONE,
    ) -> Supervised:
        name = child.program.name
        gate = self.gates[name] = asyncio.Event()
        gate.set()
        self._started_by[name] = start

        async def start_when_open() -> None:
            await gate.wait()
            await self._started_by[name]()

        made = self.processes[name] = super()._supervised(kind, child, start_when_open, address, listeners)
        return made

    async def _bring_up(self, processes: Iterable[Supervised]) -> None:
        await self.proxies.open()
        await super()._bring_up(processes)


async def _started(server: Postgres) -> None:
    """A replica that has taken over runs already."""
    if not server.child.running:
        await server.start()


@asynccontextmanager
async def fault_stack(setting: Setting, keep_logs: Path | None = None) -> AsyncIterator[FaultStack]:
    """A stack without data in a folder of its own, which goes away with it."""
    os.environ["CROSSDOCK_TENANTS"] = ",".join(TENANTS)
    # Not below a private folder: PostgreSQL's unprivileged user must be able to pass through.
    root = Path(tempfile.mkdtemp(prefix="crossdock-faults-"))
    root.chmod(0o711)
    place = Place(root / "home")
    place.prepare()
    stack = FaultStack(place, setting)
    # By this lock the command line knows that the stack is up.
    lock = take_lock(place)
    try:
        await stack.start()
        yield stack
    finally:
        await stack.stop()
        if lock is not None:
            lock.close()
        _unmount(stack)
        if keep_logs is not None:
            shutil.copytree(place.logs, keep_logs, dirs_exist_ok=True)
        await asyncio.to_thread(shutil.rmtree, root, ignore_errors=True)


def _mount(folder: Path, size: str) -> None:
    """Raises CalledProcessError where this process may not mount."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=711", "none", str(folder)], check=True)


def _unmount(stack: FaultStack) -> None:
    for name in DISKS:
        if os.path.ismount(stack.disk_of(name)):
            subprocess.run(["umount", "-l", str(stack.disk_of(name))], check=True)
