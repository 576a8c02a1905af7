"""A served procurement on its own migrated schema, reached over gRPC as its callers reach it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc
from crossdock_kit.database import Engine, create_engine
from crossdock_kit.testing import FixedClock, RunningServer, start_service
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabase, MigratedDatabases
from procurement.__main__ import mint
from procurement.api import ProcurementService
from procurement.store.unit_of_work import ProcurementUnitOfWork
from procurement_cases.calls import Caller
from procurement_cases.master_data import know_master_data


@pytest.fixture(scope="module")
async def schema(migrated: MigratedDatabases, servers: EmbeddedServers) -> AsyncIterator[MigratedDatabase]:
    found = await migrated.fresh("procurement")
    yield found
    await servers.drop_database(found.name)


@pytest.fixture(scope="module")
async def engine(schema: MigratedDatabase) -> AsyncIterator[Engine]:
    made = create_engine(schema.urls.database, "procurement", size=12)
    await know_master_data(made)
    yield made
    await made.stop()


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="module")
def uow(engine: Engine, clock: FixedClock) -> UnitOfWork:
    return UnitOfWork(engine, lambda: None, clock)


@pytest.fixture(scope="module")
async def server(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[RunningServer]:
    servicer = ProcurementService(ProcurementUnitOfWork(uow), mint, clock)
    add = pb_grpc.add_ProcurementServiceServicer_to_server
    async with start_service((add, servicer), uow=uow, clock=clock) as running:
        yield running


@pytest.fixture
def caller(server: RunningServer, engine: Engine) -> Caller:
    """Tenant acme, with every permission."""
    return caller_of(server, engine, "acme")


@pytest.fixture
def stranger(server: RunningServer, engine: Engine) -> Caller:
    """Another tenant with every permission."""
    return caller_of(server, engine, "globex")


def caller_of(server: RunningServer, engine: Engine, tenant: str) -> Caller:
    # On an asyncio channel the generated stub is the async one, which exists in the types only.
    stub: Any = server.caller(pb_grpc.ProcurementServiceStub, tenant=tenant)
    return Caller(stub, engine, tenant)
