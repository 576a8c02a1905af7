"""A schema that another build made is refused when it is migrated, not by the first call that misses a column."""

from __future__ import annotations

import pytest
from crossdock_kit.database import migrations, tables
from crossdock_kit.database.agreement import OtherBuild, check_agreement
from crossdock_kit.database.engine import alchemy_engine
from crossdock_local.databases import ServiceUrls
from kit_schema import SCHEMA
from sqlalchemy import Column, Connection, MetaData, Table, Text

described = MetaData()
Table("crate", described, Column("tenant", Text), Column("label", Text))


async def test_what_the_code_describes_and_the_schema_lacks_is_named(urls: ServiceUrls) -> None:
    def check(connection: Connection) -> None:
        check_agreement(connection, SCHEMA, (tables.metadata,))
        connection.exec_driver_sql("ALTER TABLE step RENAME COLUMN waited TO idle")
        connection.exec_driver_sql("CREATE TABLE crate (tenant text, lable text)")
        with pytest.raises(OtherBuild, match=r"lacks crate\.label, step\.waited\.") as refused:
            check_agreement(connection, SCHEMA, (tables.metadata, described))
        assert "crossdock down --purge" in str(refused.value)

    engine = alchemy_engine(urls.migration, SCHEMA, "tests", migrations.MIGRATION_SETTINGS)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        await connection.run_sync(check)
        await connection.rollback()
    await engine.dispose()
