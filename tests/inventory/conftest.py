"""A migrated schema for each module, and one replica on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from crossdock_local.databases import ServiceUrls
from crossdock_local.migrated import MigratedDatabases
from inventory_stage import Stage, open_stage


@pytest.fixture(scope="module")
async def urls(migrated: MigratedDatabases) -> ServiceUrls:
    return (await migrated.fresh("inventory")).urls


@pytest.fixture(scope="module")
async def stage(urls: ServiceUrls) -> AsyncIterator[Stage]:
    async with open_stage(urls) as found:
        yield found
