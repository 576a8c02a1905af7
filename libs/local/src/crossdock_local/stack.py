"""The stack of one laptop: the three servers, then the database, then every declared service and its workers.

This is the order of a start; a stop goes through it backwards. Who restarts what is `supervised.py`'s, who talks to the
outside is `supervisor.py`'s.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from crossdock_local import databases
from crossdock_local.declared import DeclaredService, DeclaredWorker, declared_services, ports_of
from crossdock_local.health import require_listening, require_serving
from crossdock_local.identity import Caller, Issuer
from crossdock_local.place import Place
from crossdock_local.ports import HOST, PortBook
from crossdock_local.process import Child, Died, Program
from crossdock_local.servers.nats import Nats
from crossdock_local.servers.postgres import Postgres
from crossdock_local.servers.valkey import Valkey
from crossdock_local.state import ProcessState, StackState, write_state
from crossdock_local.supervised import Supervised
from crossdock_local.surroundings import Surroundings, partner_tokens, service_tokens, tenants

DATABASE = "crossdock"
NONE: Mapping[str, str] = {}
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
        self._write_tokens(surroundings.tenants)
        self._say("starting", "migrations")
        await self._migrate(surroundings)
        self._say("starting", "services")
        self._add_processes(surroundings)
        await self._bring_up(self._processes)
        self._say("ready")
        self._rotation = asyncio.create_task(self._rotate_tokens(surroundings.tenants))

    async def stop(self) -> None:
        """Services first, so that they can still finish and acknowledge; PostgreSQL last."""
        self._say("stopping", "services")
        await asyncio.gather(*(process.stop() for process in self._processes))
        self._say("stopping", "servers")
        for server in reversed(self._servers):
            await server.stop()

    def _make_servers(self) -> tuple[Postgres, Nats, Valkey]:
        secrets, logs, folder = self._place.secrets, self._place.logs, self._data_folder
        ports = {name: self._book.take(name) for name in ("postgres", "nats", "valkey")}
        names = [service.name for service in self._services]
        postgres = Postgres(
            folder("postgres"), port=ports["postgres"], secrets=secrets, logs=logs, binaries=self._place.root
        )
        nats = Nats(folder("nats"), port=ports["nats"], secrets=secrets, logs=logs, services=names)
        valkey = Valkey(folder("valkey"), port=ports["valkey"], secrets=secrets, logs=logs)
        for server in (postgres, nats, valkey):
            self._servers.append(self._supervised("server", server.child, server.start, f"{HOST}:{server.port}"))
        return postgres, nats, valkey

    def _data_folder(self, server: str) -> Path:
        return self._place.root / server

    async def _surroundings(self, postgres: Postgres, nats: Nats, valkey: Valkey) -> Surroundings:
        await databases.create_database(postgres, DATABASE)
        names = [service.name for service in self._services]
        urls = await asyncio.gather(
            *(databases.add_service(postgres, DATABASE, name, self._place.secrets) for name in names)
        )
        listeners = [port for service in self._services for port in ports_of(service)]
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

    def _write_tokens(self, serving: Sequence[str]) -> None:
        """A fresh token for each service, and for each partner that has one."""
        callers = [Caller(each.name, tuple(serving), each.permissions) for each in self._services]
        self._issuer.write_tokens(service_tokens(self._place.secrets), callers)
        self._issuer.renew_tokens(partner_tokens(self._place.secrets))

    async def _rotate_tokens(self, serving: Sequence[str]) -> None:
        while True:
            await asyncio.sleep(TOKEN_ROTATION_SECONDS)
            self._write_tokens(serving)

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
        child = self._python(service, service.name, [service.name], surroundings.of_service(service))
        address = surroundings.peers[service.name]

        async def start() -> None:
            child.start()
            await child.wait_until(lambda: require_serving(address), READY_SECONDS)

        return self._supervised("service", child, start, address, surroundings.listeners(service))

    def _worker_process(
        self, service: DeclaredService, worker: DeclaredWorker, surroundings: Surroundings
    ) -> Supervised:
        command = [worker.module, *worker.arguments]
        child = self._python(service, worker.name, command, surroundings.of_worker(service, worker))
        listeners = surroundings.listeners(worker)

        async def start() -> None:
            child.start()
            for address in listeners.values():
                await child.wait_until(partial(require_listening, address), READY_SECONDS)

        return self._supervised("worker", child, start, "", listeners)

    def _python(self, service: DeclaredService, name: str, module: Iterable[str], environment: dict[str, str]) -> Child:
        command = [sys.executable, "-m", *module]
        return Child(Program(name, command, self._place.logs / f"{name}.log", environment, folder=service.folder))

    def _supervised(
        self,
        kind: str,
        child: Child,
        start: Callable[[], Awaitable[None]],
        address: str,
        listeners: Mapping[str, str] = NONE,
    ) -> Supervised:
        log = str(child.program.log)
        state = ProcessState(child.program.name, kind, address=address, log=log, listeners=dict(listeners))
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
