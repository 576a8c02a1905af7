"""Calls to other services: a channel that adds what every call of ours carries, and leaves the call itself alone.

Deadline (the contract's own, never more than what remains of the call under way), token, tenant, correlation and trace
go out with each call; retries happen only where the contract says that repeating is safe. No interceptors of grpc.aio:
they replace the call object, and with it the behaviour of streams and cancellation. Knows no service.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from google.protobuf.descriptor_pool import Default

from crossdock_kit.context import current_cause, current_deadline
from crossdock_kit.server.methods import method_of, methods_of
from crossdock_kit.server.requests import LARGEST_MESSAGE, LARGEST_ON_WIRE
from crossdock_kit.server.server import LARGEST_METADATA
from crossdock_kit.telemetry import names
from crossdock_kit.telemetry.grpc import begin_client_span, end_with

S = TypeVar("S")
Metadata = Sequence[tuple[str, str | bytes]]
_Method = Callable[[grpc.aio.Channel], Any]
_About = tuple[str, Callable[[], str] | None, str]
"""Address, token, tenant."""
FINISH_SECONDS = 60.0
"""How long calls may go on over a channel whose certificate was renewed."""

OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_send_message_length", LARGEST_ON_WIRE),
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
    """A method of a peer's channel, whichever that is now, with its contract around it."""

    def __init__(self, channel: Callable[[], grpc.aio.Channel], method: _Method, path: str, about: _About) -> None:
        self._channel = channel
        self._bound: tuple[grpc.aio.Channel, Any] | None = None
        self._of = method
        self._method = method_of(Default().FindMethodByName(path.lstrip("/").replace("/", ".")))
        self._address, self._token, self._tenant = about

    def __call__(
        self, *request: Any, timeout: float | None = None, metadata: Metadata | None = None, **more: Any
    ) -> Any:
        seconds = remaining_seconds(timeout or self._method.deadline_seconds)
        span, trace = begin_client_span(self._method.name, self._address)
        told = [*outgoing_metadata(self._token, self._tenant), *trace, *(metadata or ())]
        call = self._now()(*request, timeout=seconds, metadata=told, **more)
        end_with(call, span)
        return call

    def _now(self) -> Any:
        channel = self._channel()
        if self._bound is None or self._bound[0] is not channel:
            self._bound = channel, self._of(channel)
        return self._bound[1]


class _Channel:
    """What a generated stub needs of a channel."""

    def __init__(self, channel: Callable[[], grpc.aio.Channel], about: _About) -> None:
        self._channel = channel
        self._about = about

    def unary_unary(self, path: str, *form: Any, **more: Any) -> _Callable:
        return self._callable(path, lambda channel: channel.unary_unary(path, *form, **more))

    def unary_stream(self, path: str, *form: Any, **more: Any) -> _Callable:
        return self._callable(path, lambda channel: channel.unary_stream(path, *form, **more))

    def stream_unary(self, path: str, *form: Any, **more: Any) -> _Callable:
        return self._callable(path, lambda channel: channel.stream_unary(path, *form, **more))

    def stream_stream(self, path: str, *form: Any, **more: Any) -> _Callable:
        return self._callable(path, lambda channel: channel.stream_stream(path, *form, **more))

    def _callable(self, path: str, method: _Method) -> _Callable:
        return _Callable(self._channel, method, path, self._about)


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


@dataclass(slots=True)
class _Made:
    """A channel, and what it was made with."""

    channel: grpc.aio.Channel
    credentials: grpc.ChannelCredentials | None


async def _retire(channel: grpc.aio.Channel) -> None:
    # Not close(grace): it looks for calls in the stacks of tasks and ends those that it does not find.
    try:
        await asyncio.sleep(FINISH_SECONDS)
    finally:
        await channel.close()


class Peer:
    """A connection to one service; calls through its stubs carry what every call of ours does.

    `credentials` says what to show now. When that changes, calls go over a new channel; those under way may finish.
    """

    def __init__(
        self,
        address: str,
        *,
        token: Callable[[], str] | None = None,
        credentials: Callable[[], grpc.ChannelCredentials] | None = None,
    ) -> None:
        self._address = address
        self._token = token
        self._credentials = credentials
        self._channels: dict[Any, _Made] = {}
        self._retiring: set[asyncio.Task[None]] = set()

    def stub(self, kind: Callable[[Any], S], *, tenant: str = "") -> S:
        """A stub of a generated class. `tenant` speaks for a fixed tenant; else the call under way says which."""
        return kind(_Channel(lambda: self._channel(kind), (self._address, self._token, tenant)))

    def _channel(self, kind: Any) -> grpc.aio.Channel:
        shown = self._credentials() if self._credentials else None
        made = self._channels.get(kind)
        if made is None or made.credentials is not shown:
            if made is not None:
                retiring = asyncio.ensure_future(_retire(made.channel))
                self._retiring.add(retiring)
                retiring.add_done_callback(self._retiring.discard)
            made = self._channels[kind] = _Made(self._made(kind, shown), shown)
        return made.channel

    def _made(self, kind: Any, shown: grpc.ChannelCredentials | None) -> grpc.aio.Channel:
        paths = _Paths()
        kind(paths)
        options = [*OPTIONS, ("grpc.service_config", _service_config(paths.services))]
        if shown is None:
            return grpc.aio.insecure_channel(self._address, options)
        return grpc.aio.secure_channel(self._address, shown, options)

    async def close(self) -> None:
        for made in self._channels.values():
            await made.channel.close()
        self._channels.clear()
        for retiring in list(self._retiring):
            retiring.cancel()
        if self._retiring:
            await asyncio.wait(self._retiring)
