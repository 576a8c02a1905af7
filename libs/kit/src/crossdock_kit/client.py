"""Calls to other services: a channel that adds what every call of ours carries, and leaves the call itself alone.

Deadline (the contract's own, never more than what remains of the call under way), token, tenant, correlation and trace
go out with each call; retries happen only where the contract says that repeating is safe. No interceptors of grpc.aio:
they replace the call object, and with it the behaviour of streams and cancellation. Knows no service.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import grpc
from google.protobuf.descriptor_pool import Default

from crossdock_kit.context import current_cause, current_deadline
from crossdock_kit.server.methods import method_of, methods_of
from crossdock_kit.server.server import LARGEST_MESSAGE, LARGEST_METADATA
from crossdock_kit.telemetry import names
from crossdock_kit.telemetry.grpc import begin_client_span, end_with

S = TypeVar("S")
Metadata = Sequence[tuple[str, str | bytes]]

OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
    ("grpc.max_metadata_size", LARGEST_METADATA),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.enable_retries", 1),
)
_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "2s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}


def remaining_seconds(wanted: float) -> float:
    """What a call may take: what it wants, or what is left of the call that it is part of."""
    deadline = current_deadline.get()
    return wanted if deadline is None else min(wanted, max(0.0, deadline - asyncio.get_running_loop().time()))


def outgoing_metadata(token: Callable[[], str] | None, tenant: str) -> list[tuple[str, str]]:
    """Who calls, for whom and why."""
    found: list[tuple[str, str]] = []
    if token is not None:
        found.append((names.AUTHORIZATION, token()))
    cause = current_cause.get()
    for_tenant = tenant or (cause.tenant if cause else "")
    if for_tenant:
        found.append((names.TENANT_HEADER, for_tenant))
    if cause is not None:
        found += [(names.CORRELATION_HEADER, cause.correlation_id), (names.CAUSATION_HEADER, cause.causation_id)]
    return found


class _Callable:
    """A method of a channel with its contract around it."""

    def __init__(self, inner: Any, path: str, address: str, token: Callable[[], str] | None, tenant: str) -> None:
        self._inner = inner
        self._method = method_of(Default().FindMethodByName(path.lstrip("/").replace("/", ".")))
        self._address = address
        self._token = token
        self._tenant = tenant

    def __call__(
        self, *request: Any, timeout: float | None = None, metadata: Metadata | None = None, **more: Any
    ) -> Any:
        seconds = remaining_seconds(timeout or self._method.deadline_seconds)
        span, trace = begin_client_span(self._method.name, self._address)
        told = [*outgoing_metadata(self._token, self._tenant), *trace, *(metadata or ())]
        call = self._inner(*request, timeout=seconds, metadata=told, **more)
        end_with(call, span)
        return call


class _Channel:
    """What a generated stub needs of a channel."""

    def __init__(self, inner: grpc.aio.Channel, address: str, token: Callable[[], str] | None, tenant: str) -> None:
        self._inner = inner
        self._about = (address, token, tenant)

    def unary_unary(self, path: str, *form: Any, **more: Any) -> _Callable:
        return _Callable(self._inner.unary_unary(path, *form, **more), path, *self._about)

    def unary_stream(self, path: str, *form: Any, **more: Any) -> _Callable:
        return _Callable(self._inner.unary_stream(path, *form, **more), path, *self._about)

    def stream_unary(self, path: str, *form: Any, **more: Any) -> _Callable:
        return _Callable(self._inner.stream_unary(path, *form, **more), path, *self._about)

    def stream_stream(self, path: str, *form: Any, **more: Any) -> _Callable:
        return _Callable(self._inner.stream_stream(path, *form, **more), path, *self._about)


class _Paths:
    """A channel that only notes which methods a stub has."""

    def __init__(self) -> None:
        self.services: set[str] = set()

    def _note(self, path: str, *_: Any, **__: Any) -> None:
        self.services.add(path.split("/")[1])

    unary_unary = unary_stream = stream_unary = stream_stream = _note


def _service_config(services: set[str]) -> str:
    """Retries for every method whose contract says how it repeats; one that does not cannot exist (see methods.py)."""
    named = [method.name.split("/") for service in sorted(services) for method in methods_of(service).values()]
    return json.dumps(
        {"methodConfig": [{"name": [{"service": s, "method": m} for s, m in named], "retryPolicy": _RETRY}]}
    )


class Peer:
    """A connection to one service; calls through its stubs carry what every call of ours does."""

    def __init__(
        self,
        address: str,
        *,
        token: Callable[[], str] | None = None,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self._address = address
        self._token = token
        self._credentials = credentials
        self._channels: dict[type[Any], grpc.aio.Channel] = {}

    def stub(self, kind: Callable[[Any], S], *, tenant: str = "") -> S:
        """A stub of a generated class. `tenant` speaks for a fixed tenant; else the call under way says which."""
        return kind(_Channel(self._channel(kind), self._address, self._token, tenant))

    def _channel(self, kind: Any) -> grpc.aio.Channel:
        if kind not in self._channels:
            paths = _Paths()
            kind(paths)
            options = [*OPTIONS, ("grpc.service_config", _service_config(paths.services))]
            self._channels[kind] = (
                grpc.aio.insecure_channel(self._address, options)
                if self._credentials is None
                else grpc.aio.secure_channel(self._address, self._credentials, options)
            )
        return self._channels[kind]

    async def close(self) -> None:
        for channel in self._channels.values():
            await channel.close()
        self._channels.clear()
