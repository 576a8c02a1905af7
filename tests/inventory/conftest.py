"""A migrated schema for each module, and one replica on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from inventory_stage import Stage, make_schema, open_stage


@pytest.fixture(scope="module")
async def urls(servers: EmbeddedServers, database: str) -> ServiceUrls:
    return await make_schema(servers, database)


@pytest.fixture(scope="module")
async def stage(urls: ServiceUrls) -> AsyncIterator[Stage]:
    async with open_stage(urls) as found:
        yield found
