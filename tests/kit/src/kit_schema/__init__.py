"""A service's schema with nothing in it but the kit's tables, for tests of the kit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from crossdock_kit.database import Engine, Transaction, create_engine, migrations
from crossdock_kit.database.engine import alchemy_engine
from crossdock_local.databases import ServiceUrls
from sqlalchemy import Connection

SCHEMA = "procurement"
TENANTS = ("acme", "globex")

Open: TypeAlias = Callable[..., AbstractAsyncContextManager[Transaction]]


async def create_tables(urls: ServiceUrls, schema: str = SCHEMA) -> None:
    """The kit's tables as a service's first revision makes them, granted to the app role."""

    def create(connection: Connection) -> None:
        op = Operations(MigrationContext.configure(connection))
        migrations.create_kit_tables(op)
        migrations.grant(op, schema, f"{schema}_app")

    engine = alchemy_engine(urls.migration, schema, "tests", migrations.MIGRATION_SETTINGS)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        await connection.run_sync(create)
        await connection.commit()
    await engine.dispose()


@asynccontextmanager
async def app_engine(urls: ServiceUrls, *, size: int = 24) -> AsyncIterator[Engine]:
    """The schema as its service sees it."""
    engine = create_engine(urls.database, SCHEMA, size=size)
    try:
        yield engine
    finally:
        await engine.stop()
