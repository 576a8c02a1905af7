"""A running catalog on a database of this test module's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from catalog.api import CatalogServicer
from catalog.store.unit_of_work import UnitOfWork
from catalog_stage import RunningCatalog
from crossdock.catalog.v1 import catalog_service_pb2_grpc as pb_grpc
from crossdock_kit.clock import SystemClock
from crossdock_kit.database import create_engine
from crossdock_kit.testing import start_service
from crossdock_kit.unit_of_work import UnitOfWork as KitUnitOfWork
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases

TENANTS = ("acme", "globex")


@pytest.fixture(scope="module")
async def catalog(migrated: MigratedDatabases, servers: EmbeddedServers) -> AsyncIterator[RunningCatalog]:
    fresh = await migrated.fresh("catalog")
    engine = create_engine(fresh.urls.database, "catalog")
    uow = KitUnitOfWork(engine, lambda: None, served=frozenset(TENANTS))
    servicer = CatalogServicer(engine, UnitOfWork(uow), SystemClock())
    async with start_service((pb_grpc.add_CatalogServiceServicer_to_server, servicer), uow=uow) as server:
        yield RunningCatalog(server, engine)
    await engine.stop()
    await servers.drop_database(fresh.name)
