"""From the environment to a running service and back: `run(Service(...))` is all that a service's __main__ calls.

    python -m inventory            serves until SIGTERM
    python -m inventory migrate    brings its schema to this version
    python -m inventory snapshot   a program of its own: does that once, beside those that serve, and ends

The order of stopping matters: no more work is asked for, what is under way ends, the relay stops, connections close.
What is not published by then waits in the database. Knows no service.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import uvloop
from crossdock.ops.v1.ops_service_pb2_grpc import add_OpsServiceServicer_to_server
from crossdock.ops.v1.repair_service_pb2_grpc import add_RepairServiceServicer_to_server
from nats.errors import NoRespondersError
from nats.js.errors import ServiceUnavailableError
from redis.asyncio import Redis

from crossdock_kit import broker as brokers
from crossdock_kit import heap
from crossdock_kit.app import App, Infrastructure, Registration
from crossdock_kit.audit import Sealer
from crossdock_kit.authorisation import Tokens
from crossdock_kit.credentials import server_credentials, trusted_keys
from crossdock_kit.crypto import DocumentVault, MasterKey
from crossdock_kit.database import Engine, create_engine
from crossdock_kit.database.clock import DatabaseClock
from crossdock_kit.deliveries.dispatcher import Dispatcher
from crossdock_kit.errors import Unavailable
from crossdock_kit.gauges import Gauges
from crossdock_kit.idempotency import Idempotency
from crossdock_kit.loops import Loops
from crossdock_kit.retention import Retention
from crossdock_kit.server.guard import Guard
from crossdock_kit.server.probes import serve_probes
from crossdock_kit.server.server import Server
from crossdock_kit.server.shares import Shares
from crossdock_kit.settings import ServiceSettings, SettingsError
from crossdock_kit.telemetry.logs import configure_logs
from crossdock_kit.telemetry.setup import configure_telemetry
from crossdock_kit.telemetry.spans import follow_causes
from crossdock_kit.timer_loop import TimerLoop
from crossdock_kit.upkeep import Upkeep

log = logging.getLogger(__name__)

C = TypeVar("C", bound=ServiceSettings)
# Together they stay below the 45 s that a pod gets.
CALLS_GRACE_SECONDS = 15.0
INTAKE_GRACE_SECONDS = 20.0
RELAY_GRACE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Service(Generic[C]):
    """`build` registers everything with the App. `migrations` is the folder of alembic's env.py. `programs` are what
    the process does instead of serving where its one argument names it; they may use the database and nothing else."""

    name: str
    build: Callable[[App[C]], Awaitable[None]]
    settings: type[C]
    migrations: Path
    connections: int = 16
    programs: Mapping[str, Callable[[Engine, C], Awaitable[None]]] = field(default_factory=dict)


def run(service: Service[Any], arguments: list[str] | None = None) -> None:
    """Does what the command line says; ends the process with 1 if it cannot."""
    words = sys.argv[1:] if arguments is None else arguments
    configure_logs(service.name)
    if words == ["migrate"]:
        # A service that serves does without alembic, a quarter of a second of its start.
        from crossdock_kit.database import migrations  # noqa: PLC0415
        from crossdock_kit.database.agreement import OtherBuild  # noqa: PLC0415

        try:
            migrations.upgrade(service.migrations)
        except OtherBuild as error:
            sys.exit(f"{service.name}: {error}")
        return
    if words and (len(words) > 1 or words[0] not in service.programs):
        known = ", ".join(f"`{each}`" for each in ("migrate", *service.programs))
        sys.exit(f"{service.name}: knows {known} or nothing, not {' '.join(words)}")
    try:
        settings = service.settings.from_environment()
        uvloop.run(_once(service, settings, words[0]) if words else serve(service, settings))
    except SettingsError as error:
        sys.exit(f"{service.name}: {error}")


async def _once(service: Service[C], settings: C, program: str) -> None:
    engine = create_engine(settings.database_url, service.name, size=1)
    try:
        await service.programs[program](engine, settings)
    finally:
        await engine.stop()


async def serve(service: Service[C], settings: C) -> None:
    """Runs the service until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        starting = asyncio.ensure_future(start(service, settings, stack))
        told = asyncio.ensure_future(stopping.wait())
        await asyncio.wait([starting, told], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            running = starting.result()
            heap.settle()
            print(f"{service.name} listens on {running.address}", flush=True)
            await told
            await running.stop()
        else:
            # Told to end while it still waits for a server that is not there.
            starting.cancel()
            await asyncio.wait([starting])


@dataclass(eq=False)
class Running(Generic[C]):
    """A started service. Its connections close with the stack that it was started on."""

    app: App[C]
    address: str
    server: Server
    outgoing: Loops

    async def stop(self) -> None:
        """Drains: readiness falls, calls and loops end what they hold, the relay goes last."""
        await self.app.health.drain()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.server.stop(CALLS_GRACE_SECONDS))
            tasks.create_task(self.app.intake.stop(INTAKE_GRACE_SECONDS))
        await self.outgoing.stop(RELAY_GRACE_SECONDS)
        log.info("stopped")


async def start(service: Service[C], settings: C, stack: AsyncExitStack) -> Running[C]:
    """Connects, builds and starts everything, in the order in which each part needs the one before."""
    configure_logs(service.name, settings.log_level)
    stack.callback(configure_telemetry(service.name))
    follow_causes(settings.trace_async == "parent")
    infrastructure = await _connect(service, settings, stack)
    clock = DatabaseClock(infrastructure.engine)
    app = App(settings, infrastructure, clock)
    stack.push_async_callback(app.close)
    await clock.look_if_it_answers()
    app.intake.add("clock", clock.run)
    await service.build(app)
    server = _server(service, app)
    _register_kit_loops(service, app)
    outgoing = _outgoing(app)
    await app.health.start()
    if settings.probe_listen:
        stack.push_async_callback((await serve_probes(app.health, settings.probe_listen)).stop, None)
    host, _, port = settings.listen.rpartition(":")
    bound = await server.start(f"{host}:{port}")
    outgoing.start()
    app.intake.start()
    return Running(app, f"{host}:{bound}", server, outgoing)


async def _connect(service: Service[Any], settings: ServiceSettings, stack: AsyncExitStack) -> Infrastructure:
    engine = create_engine(settings.database_url, service.name, size=service.connections)
    stack.push_async_callback(engine.stop)
    valkey: Redis | None = None
    if settings.valkey_url:
        valkey = Redis.from_url(settings.valkey_url, socket_timeout=1.0, socket_connect_timeout=1.0)
        stack.push_async_callback(valkey.aclose)
    if not settings.nats_url:
        return Infrastructure(engine, None, valkey)
    streams = brokers.StreamSettings(replicas=settings.stream_replicas)
    broker = await _eventually(lambda: brokers.connect(settings.nats_url, service.name, streams))
    stack.push_async_callback(broker.close)
    await _eventually(lambda: broker.ensure_stream(service.name))
    return Infrastructure(engine, broker, valkey)


def _server(service: Service[Any], app: App[Any]) -> Server:
    settings, domain = app.settings, f"{service.name}.crossdock.dev"
    if settings.jwks_file is None:
        raise SettingsError("CROSSDOCK_JWKS_FILE is not set")
    tokens = Tokens(trusted_keys(settings.jwks_file), settings.issuer, settings.audience)
    once = Idempotency(app.uow, domain, at_once=max(1, service.connections * 3 // 4))
    guard = Guard(
        tokens,
        app.clock,
        domain,
        once=once,
        shares=Shares(settings.tenant_concurrency),
        ownership=settings.ownership,
    )
    server = Server(guard, app.health, reflect=settings.reflection, credentials=server_credentials(settings))
    kits_own: tuple[Registration, ...] = (
        (add_OpsServiceServicer_to_server, app.ops),
        (add_RepairServiceServicer_to_server, app.repairs),
    )
    for register, servicer in (*app.servicers, *kits_own):
        server.add(register, servicer)
    return server


def _register_kit_loops(service: Service[Any], app: App[Any]) -> None:
    if app.carriers:
        dispatcher = Dispatcher(app.deliveries, app.uow, app.carriers, worker=service.name)
        app.intake.add("dispatcher", dispatcher.run)
    if app.timers:
        app.intake.add("timers", TimerLoop(app.engine, app.uow, app.settings.tenants, app.timers).run)
    app.health.require("loops", app.intake.check)
    app.health.require("database", lambda: _database_answers(app))
    app.intake.add("gauges", Gauges(app.engine, app.settings.tenants).run)
    app.intake.add("health", app.health.watch)


def _outgoing(app: App[Any]) -> Loops:
    """What runs on until everything else has stopped."""
    loops = Loops()
    broker = app.infrastructure.broker
    if app.relay and app.reconciler and app.unpublished and broker is not None:
        loops.add("relay", app.relay.run)
        loops.add("reconcile", app.reconciler.run)
        loops.add("unpublished", app.unpublished.run)
        app.health.require("broker", lambda: _broker_answers(broker))
    loops.add("sealer", Sealer(app.engine, app.settings.tenants).run)
    if app.settings.data_key_file is not None:
        vault = DocumentVault(MasterKey.read(app.settings.data_key_file))
        loops.add("retention", Retention(app.engine, app.settings.tenants, vault).run)
    loops.add("upkeep", Upkeep(app.engine, app.settings.tenants).run)
    app.health.require("outgoing", loops.check)
    return loops


async def _database_answers(app: App[Any]) -> None:
    session = await app.engine.checkout()
    try:
        await session.driver.execute("SELECT 1")
    finally:
        app.engine.checkin(session)


async def _broker_answers(broker: brokers.Broker) -> None:
    if not broker.connection.is_connected:
        raise ConnectionError("not connected")


R = TypeVar("R")


async def _eventually(attempt: Callable[[], Awaitable[R]]) -> R:
    """Waits for a server that is not there yet: whoever starts first waits for the others."""
    while True:
        try:
            return await attempt()
        except (Unavailable, OSError, NoRespondersError, ServiceUnavailableError) as error:
            log.warning("waiting: %s", error)
            await asyncio.sleep(0.5)
