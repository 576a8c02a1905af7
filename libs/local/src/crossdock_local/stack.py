"""The stack of one laptop: the three servers, then the database, then every declared service and its workers.

This is the order of a start; a stop goes through it backwards. Who restarts what is `supervised.py`'s, who talks to the
outside is `supervisor.py`'s.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from crossdock_local import databases
from crossdock_local.declared import DeclaredService, DeclaredWorker, declared_services
from crossdock_local.health import require_serving
from crossdock_local.identity import Caller, Issuer
from crossdock_local.place import Place
from crossdock_local.ports import HOST, PortBook
from crossdock_local.process import Child, Died, Program
from crossdock_local.servers.nats import Nats
from crossdock_local.servers.postgres import Postgres
from crossdock_local.servers.valkey import Valkey
from crossdock_local.state import ProcessState, StackState, write_state
from crossdock_local.supervised import Supervised
from crossdock_local.surroundings import Surroundings, tenants

DATABASE = "crossdock"
READY_SECONDS = 90
TOKEN_ROTATION_SECONDS = 20 * 60


class Stack:
    def __init__(self, checkout: Path, place: Place, state: StackState) -> None:
        self._checkout = checkout
        self._place = place
        self._state = state
        self._services = declared_services(checkout)
        self._book = PortBook(place.run / "ports.json")
        self._issuer = Issuer(place.folder("identity"))
        self._servers: list[Supervised] = []
        self._processes: list[Supervised] = []

    async def start(self) -> None:
        self._say("starting", "servers")
        postgres, nats, valkey = self._make_servers()
        await self._bring_up(self._servers)
        self._say("starting", "database")
        surroundings = await self._surroundings(postgres, nats, valkey)
        self.write_tokens(surroundings)
        self._say("starting", "migrations")
        await self._migrate(surroundings)
        self._say("starting", "services")
        self._add_processes(surroundings)
        await self._bring_up(self._processes)
        self._say("ready")
        self._rotation = asyncio.create_task(self._rotate_tokens(surroundings))

    async def stop(self) -> None:
        """Services first, so that they can still finish and acknowledge; PostgreSQL last."""
        self._say("stopping", "services")
        await asyncio.gather(*(process.stop() for process in self._processes))
        self._say("stopping", "servers")
        for server in reversed(self._servers):
            await server.stop()

    def _make_servers(self) -> tuple[Postgres, Nats, Valkey]:
        root, secrets, logs = self._place.root, self._place.secrets, self._place.logs
        ports = {name: self._book.take(name) for name in ("postgres", "nats", "valkey")}
        names = [service.name for service in self._services]
        postgres = Postgres(root / "postgres", port=ports["postgres"], secrets=secrets, logs=logs, binaries=root)
        nats = Nats(root / "nats", port=ports["nats"], secrets=secrets, logs=logs, services=names)
        valkey = Valkey(root / "valkey", port=ports["valkey"], secrets=secrets, logs=logs)
        for server in (postgres, nats, valkey):
            self._servers.append(self._supervised("server", server.child, server.start, f"{HOST}:{server.port}"))
        return postgres, nats, valkey

    async def _surroundings(self, postgres: Postgres, nats: Nats, valkey: Valkey) -> Surroundings:
        await databases.create_database(postgres, DATABASE)
        names = [service.name for service in self._services]
        urls = await asyncio.gather(
            *(databases.add_service(postgres, DATABASE, name, self._place.secrets) for name in names)
        )
        listeners = [f"{service.name}-{name}" for service in self._services for name in service.listeners]
        return Surroundings(
            checkout=self._checkout,
            services_folder=self._place.folder("services"),
            secrets=self._place.secrets,
            jwks_file=self._issuer.jwks_file,
            ports={name: self._book.take(name) for name in listeners},
            peers={name: f"{HOST}:{self._book.take(name)}" for name in names},
            nats_urls={name: nats.url(name) for name in names},
            valkey_url=valkey.url,
            database_urls=dict(zip(names, urls, strict=True)),
            tenants=tenants(),
        )

    def write_tokens(self, surroundings: Surroundings) -> None:
        callers = [Caller(each.name, surroundings.tenants, each.permissions) for each in self._services]
        self._issuer.write_tokens(surroundings.tokens, callers)

    async def _rotate_tokens(self, surroundings: Surroundings) -> None:
        while True:
            await asyncio.sleep(TOKEN_ROTATION_SECONDS)
            self.write_tokens(surroundings)

    async def _migrate(self, surroundings: Surroundings) -> None:
        """Runs the migrations of each service whose migration files changed since they last ran."""
        record = self._place.run / "migrated.json"
        done: dict[str, str] = json.loads(record.read_text()) if record.exists() else {}
        wanted = {service.name: _digest(service, self._checkout) for service in self._services}
        stale = [service for service in self._services if done.get(service.name) != wanted[service.name]]
        await asyncio.gather(*(self._migrate_one(service, surroundings) for service in stale))
        record.write_text(json.dumps(wanted, indent=2))

    async def _migrate_one(self, service: DeclaredService, surroundings: Surroundings) -> None:
        program = Program(
            name=f"{service.name} migrate",
            command=[sys.executable, "-m", service.name, "migrate"],
            log=self._place.logs / f"{service.name}-migrate.log",
            environment=surroundings.of_migration(service),
            folder=service.folder,
        )
        child = Child(program)
        child.start()
        await child.wait()
        if child.exit_code != 0:
            raise Died(f"{program.name} ended with code {child.exit_code}:\n{child.log_tail()}")

    def _add_processes(self, surroundings: Surroundings) -> None:
        for service in self._services:
            self._processes.append(self._service_process(service, surroundings))
            self._processes += [self._worker_process(service, each, surroundings) for each in service.workers]

    def _service_process(self, service: DeclaredService, surroundings: Surroundings) -> Supervised:
        environment = surroundings.of_service(service)
        child = self._python(service, service.name, (), environment)
        address = surroundings.peers[service.name]

        async def start() -> None:
            child.start()
            await child.wait_until(lambda: require_serving(address), READY_SECONDS)

        supervised = self._supervised("service", child, start, address)
        supervised.state.listeners = {
            name: environment[f"CROSSDOCK_{name.upper()}_LISTEN"] for name in service.listeners
        }
        return supervised

    def _worker_process(
        self, service: DeclaredService, worker: DeclaredWorker, surroundings: Surroundings
    ) -> Supervised:
        environment = surroundings.of_worker(service, worker)
        child = self._python(service, f"{service.name}-{worker.name}", worker.arguments, environment)

        async def start() -> None:
            child.start()

        return self._supervised("worker", child, start, "")

    def _python(
        self, service: DeclaredService, name: str, arguments: Iterable[str], environment: dict[str, str]
    ) -> Child:
        command = [sys.executable, "-m", service.name, *arguments]
        log = self._place.logs / f"{name}.log"
        return Child(Program(name, command, log, environment, folder=service.folder))

    def _supervised(self, kind: str, child: Child, start: Callable[[], Awaitable[None]], address: str) -> Supervised:
        state = ProcessState(child.program.name, kind, address=address, log=str(child.program.log))
        self._state.processes.append(state)
        return Supervised(child, start, state, self._publish)

    async def _bring_up(self, processes: Iterable[Supervised]) -> None:
        await asyncio.gather(*(process.bring_up() for process in processes))

    def _say(self, phase: str, step: str = "") -> None:
        self._state.phase, self._state.step = phase, step
        self._publish()

    def _publish(self) -> None:
        write_state(self._place, self._state)


def _digest(service: DeclaredService, checkout: Path) -> str:
    """Of everything that a migration is made of: the service's own files and the kit's tables."""
    kit = checkout / "libs" / "kit" / "src" / "crossdock_kit" / "database"
    files = sorted([*service.migrations.rglob("*.py"), *kit.rglob("*.py")])
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
