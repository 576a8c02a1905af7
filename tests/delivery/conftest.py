"""A served delivery on its own migrated schema, reached over gRPC as its callers reach it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from crossdock.delivery.v1 import delivery_service_pb2_grpc as pb_grpc
from crossdock_kit.database import Engine, create_engine
from crossdock_kit.testing import FixedClock, RunningServer, start_service
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases
from delivery.api import DeliveryServicer
from delivery.store.unit_of_work import DeliveryUnitOfWork
from delivery_cases.calls import Caller


@pytest.fixture(scope="module")
async def engine(migrated: MigratedDatabases, servers: EmbeddedServers) -> AsyncIterator[Engine]:
    database = await migrated.fresh("delivery")
    made = create_engine(database.urls.database, "delivery", size=12)
    yield made
    await made.stop()
    await servers.drop_database(database.name)


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="module")
def uow(engine: Engine, clock: FixedClock) -> UnitOfWork:
    return UnitOfWork(engine, lambda: None, clock)


@pytest.fixture(scope="module")
async def server(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[RunningServer]:
    servicer = DeliveryServicer(DeliveryUnitOfWork(uow))
    add = pb_grpc.add_DeliveryServiceServicer_to_server
    async with start_service((add, servicer), uow=uow, clock=clock) as running:
        yield running


@pytest.fixture
def caller(server: RunningServer, engine: Engine) -> Caller:
    """Tenant acme, with every permission."""
    return _caller_of(server, engine, "acme")


@pytest.fixture
def stranger(server: RunningServer, engine: Engine) -> Caller:
    """Another tenant with every permission."""
    return _caller_of(server, engine, "globex")


def _caller_of(server: RunningServer, engine: Engine, tenant: str) -> Caller:
    # On an asyncio channel the generated stub is the async one, which exists in the types only.
    stub: Any = server.caller(pb_grpc.DeliveryServiceStub, tenant=tenant)
    return Caller(stub, engine, tenant)
