"""Writes any number of rows of one table in one statement. Knows tables only by their columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Table

from crossdock_kit import json_rows
from crossdock_kit.driver import Driver
from crossdock_kit.json_rows import Row


async def upsert(driver: Driver, table: Table, rows: Sequence[Row]) -> None:
    """Rows by column name, each whole. Written in key order, so that two works never wait in a circle."""
    if rows:
        keys = [column.name for column in table.primary_key]
        ordered = sorted(rows, key=lambda row: [row[key] for key in keys])
        await driver.execute(_statement(table), json_rows.encode(ordered))


@lru_cache
def _statement(table: Table) -> str:
    columns = [f'"{column.name}"' for column in table.columns]
    keys = [f'"{column.name}"' for column in table.primary_key]
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    listed = ", ".join(columns)
    return (
        f'INSERT INTO "{table.name}" ({listed}) SELECT {listed}'  # noqa: S608  names of our own tables
        f' FROM json_populate_recordset(NULL::"{table.name}", $1::json)'
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed}"
    )
