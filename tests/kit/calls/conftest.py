"""A guarded probe server, with a record of its calls in PostgreSQL or without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import grpc
import pytest
from crossdock_kit.database import Engine
from crossdock_kit.testing import RunningServer, Unrecorded, start_service
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_local.embedded import EmbeddedServers
from kit_probe import ProbeServicer, add_probe_to_server
from kit_probe.contract import SERVICE
from kit_schema import SCHEMA, app_engine, create_tables


@pytest.fixture
def probe() -> ProbeServicer:
    return ProbeServicer()


@pytest.fixture
async def server(probe: ProbeServicer) -> AsyncIterator[RunningServer]:
    async with start_service((add_probe_to_server, probe), once=Unrecorded()) as running:
        yield running


@pytest.fixture
async def bare(server: RunningServer) -> AsyncIterator[Callable[..., Any]]:
    """Makes a unary callable of a method with nothing of our client but a deadline: no token, no limits."""
    async with grpc.aio.insecure_channel(server.address, [("grpc.max_send_message_length", -1)]) as channel:

        def method(
            name: str,
            serialize: Callable[[Any], bytes] = lambda message: message.SerializeToString(),
            *,
            timeout: float | None = 60,
        ) -> Any:
            call: Any = channel.unary_unary(f"/{SERVICE}/{name}", request_serializer=serialize)
            return partial(call, timeout=timeout)

        yield method


@pytest.fixture
def allowed(server: RunningServer) -> tuple[tuple[str, str], ...]:
    """Metadata of a caller that may do everything for one tenant."""
    return (("authorization", f"Bearer {server.issuer.token(['acme'], ['*'])}"),)


@pytest.fixture(scope="module")
async def engine(servers: EmbeddedServers, database: str) -> AsyncIterator[Engine]:
    """A service's schema with the kit's tables, as the service itself reaches it."""
    urls = await servers.add_service(database, SCHEMA)
    await create_tables(urls)
    async with app_engine(urls) as made:
        yield made


@pytest.fixture
def uow(engine: Engine) -> UnitOfWork:
    return UnitOfWork(engine, lambda: None)


@pytest.fixture
async def recording(probe: ProbeServicer, uow: UnitOfWork) -> AsyncIterator[RunningServer]:
    """A guarded probe server that records its mutating calls in PostgreSQL."""
    async with start_service((add_probe_to_server, probe), uow=uow) as running:
        yield running
