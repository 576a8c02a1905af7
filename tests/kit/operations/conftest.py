"""A schema with the kit's tables in a database of the test module, reached as the app role of a service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from crossdock_kit.database import Engine, transaction
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from kit_schema import SCHEMA, TENANTS, Open, app_engine, create_tables


@pytest.fixture(scope="module")
async def urls(servers: EmbeddedServers, database: str) -> ServiceUrls:
    """Addresses of the service's schema, with the kit's tables in it."""
    found = await servers.add_service(database, SCHEMA)
    await create_tables(found)
    return found


@pytest.fixture(scope="module")
async def engine(urls: ServiceUrls) -> AsyncIterator[Engine]:
    async with app_engine(urls) as made:
        yield made


@pytest.fixture
def opened(engine: Engine) -> Open:
    """`async with opened() as tx`: a transaction for the tests' tenants."""
    return lambda *tenants: transaction(engine, tenants or TENANTS)


@pytest.fixture
async def owner(urls: ServiceUrls) -> AsyncIterator[asyncpg.Connection[Any]]:
    """The schema's owner, who may do what the service may not: the attacker of the audit tests."""
    connection = await asyncpg.connect(urls.migration, server_settings={"search_path": SCHEMA})
    yield connection
    await connection.close()
