"""The gRPC server of a service: limits, keepalive, mutual TLS, reflection by switch, guarded servicers.

Must not know what is served; servicers are added by the functions that the contracts generate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from crossdock_kit.health import Health
from crossdock_kit.server.guard import Guard, Handler
from crossdock_kit.server.methods import UnguardedMethod, methods_of
from crossdock_kit.server.requests import LARGEST_MESSAGE, LARGEST_ON_WIRE

LARGEST_METADATA = 8 * 1024
MOST_CALLS = 2048
LOOPBACK = "127.0.0.1"

OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.max_receive_message_length", LARGEST_ON_WIRE),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
    ("grpc.max_metadata_size", LARGEST_METADATA),
    ("grpc.absolute_max_metadata_size", LARGEST_METADATA),
    # Clients ping once a minute; who pings more often than every 30 s is told to calm down.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 30_000),
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # Connections are made anew every ten minutes, so that rotated certificates come into use; long reads may finish.
    ("grpc.max_connection_age_ms", 600_000),
    ("grpc.max_connection_age_grace_ms", 600_000),
    ("grpc.so_reuseport", 0),
)


class _Registration:
    """Stands in for a server in the generated `add_..._to_server` functions and wraps what they register."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self.handlers: dict[str, dict[str, Handler]] = {}

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """The same methods come again in `add_registered_method_handlers`; nothing unwrapped gets through here."""

    def add_registered_method_handlers(self, service_name: str, method_handlers: Mapping[str, Handler]) -> None:
        methods = methods_of(service_name)
        missing = sorted(set(methods) ^ set(method_handlers))
        if missing:
            raise UnguardedMethod(f"{service_name}: contract and servicer differ in {', '.join(missing)}")
        self.handlers[service_name] = {
            name: self._guard.wrap(methods[name], handler) for name, handler in method_handlers.items()
        }


class Door(grpc.GenericRpcHandler):
    """Finds the handler of a call by its name; a call that is not let in meets one that refuses it unread."""

    def __init__(self, service: str, handlers: Mapping[str, Handler], guard: Guard) -> None:
        self._handlers = {f"/{service}/{name}": handler for name, handler in handlers.items()}
        self._guard = guard

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        found = self._handlers.get(handler_call_details.method)
        return (self._guard.refuses(handler_call_details) or found) if found else None


class _Generic:
    """Passes on to a server what is looked up by name alone. grpc.aio keeps a waiting task for every method that is
    registered one by one, and goes through all of them at every call."""

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        self._server.add_generic_rpc_handlers(tuple(generic_rpc_handlers))

    def add_registered_method_handlers(self, service_name: str, method_handlers: Mapping[str, Handler]) -> None:
        """The same methods came in `add_generic_rpc_handlers`."""


def _by_name(server: grpc.aio.Server) -> Any:
    """For the generated `add_..._to_server` functions."""
    return _Generic(server)


class Server:
    """A server that is filled, started and stopped once."""

    def __init__(
        self, guard: Guard, health: Health, *, reflect: bool = False, credentials: grpc.ServerCredentials | None = None
    ) -> None:
        self._guard = guard
        self._credentials = credentials
        self._reflect = reflect
        self._server = grpc.aio.server(options=list(OPTIONS), maximum_concurrent_rpcs=MOST_CALLS)
        self._services: list[str] = [health_pb2.DESCRIPTOR.services_by_name["Health"].full_name]
        health_pb2_grpc.add_HealthServicer_to_server(health.servicer, _by_name(self._server))

    @property
    def services(self) -> tuple[str, ...]:
        """Full names of the guarded services."""
        return tuple(self._services[1:])

    def add(self, register: Callable[[Any, Any], None], servicer: Any) -> None:
        """Adds a servicer by its generated function. Raises UnguardedMethod if its contract leaves something open."""
        registration = _Registration(self._guard)
        register(servicer, registration)
        for service, handlers in registration.handlers.items():
            self._server.add_generic_rpc_handlers((Door(service, handlers, self._guard),))
            self._services.append(service)

    async def start(self, address: str) -> int:
        """Listens on `host:port` (port 0 picks one); returns the port."""
        if self._reflect:
            reflection.enable_server_reflection((*self._services, reflection.SERVICE_NAME), self._server)
        if self._credentials is None:
            port = self._server.add_insecure_port(address)
        else:
            port = self._server.add_secure_port(address, self._credentials)
        # Its own calls come in at a door that only this machine or pod can reach, where no certificate is needed.
        inner = self._server.add_insecure_port(f"{LOOPBACK}:0")
        await self._server.start()
        self._guard.shares.line.open(f"{LOOPBACK}:{inner}")
        return port

    async def stop(self, grace_seconds: float) -> None:
        """Takes no new calls; lets those under way finish within the grace."""
        await self._guard.shares.line.close()
        await self._server.stop(grace_seconds)
        # grpc.aio shuts a server down once more when it is collected, which must not be after its loop has ended.
        del self._server
