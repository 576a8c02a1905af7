"""A guarded probe server for tests that need no database, and what a failed call says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest
from crossdock_kit.testing import RunningServer, Unrecorded, start_service
from kit_probe import ProbeServicer, add_probe_to_server
from kit_probe.contract import SERVICE


@pytest.fixture
def probe() -> ProbeServicer:
    return ProbeServicer()


@pytest.fixture
async def server(probe: ProbeServicer) -> AsyncIterator[RunningServer]:
    async with start_service((add_probe_to_server, probe), once=Unrecorded()) as running:
        yield running


@pytest.fixture
async def bare(server: RunningServer) -> AsyncIterator[Callable[..., Any]]:
    """Makes a unary callable of a method without anything of our client: no deadline, no token, no limits."""
    async with grpc.aio.insecure_channel(server.address, [("grpc.max_send_message_length", -1)]) as channel:

        def method(name: str, serialize: Callable[[Any], bytes] = lambda message: message.SerializeToString()) -> Any:
            return channel.unary_unary(f"/{SERVICE}/{name}", request_serializer=serialize)

        yield method


@pytest.fixture
def allowed(server: RunningServer) -> tuple[tuple[str, str], ...]:
    """Metadata of a caller that may do everything for one tenant."""
    return (("authorization", f"Bearer {server.issuer.token(['acme'], ['*'])}"),)
