"""A schema with the kit's tables, a broker of the module's own, and the pieces of the data plane on top of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from crossdock_kit.broker import Broker, connect
from crossdock_kit.database import Engine
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.servers.nats import Nats
from kit_schema import SCHEMA, app_engine, create_tables


@pytest.fixture(scope="module")
async def urls(servers: EmbeddedServers, database: str) -> ServiceUrls:
    found = await servers.add_service(database, SCHEMA)
    await create_tables(found)
    return found


@pytest.fixture(scope="module")
async def engine(urls: ServiceUrls) -> AsyncIterator[Engine]:
    async with app_engine(urls) as made:
        yield made


@pytest.fixture(scope="module")
async def nats(broker: Nats) -> AsyncIterator[Broker]:
    """A live connection with the rights of the service to the module's own server."""
    made = await connect(broker.url(SCHEMA), "tests")
    await made.ensure_stream(SCHEMA)
    yield made
    await made.close()
