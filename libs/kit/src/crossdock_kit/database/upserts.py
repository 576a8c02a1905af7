"""Writes any number of rows in one statement. Knows tables only by their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Table

from crossdock_kit import json_rows
from crossdock_kit.driver import Driver
from crossdock_kit.json_rows import Row


async def upsert(driver: Driver, table: Table, rows: Sequence[Row]) -> None:
    """Rows by column name, each whole. Written in key order, so that two works never wait in a circle."""
    await upsert_all(driver, {table: rows})


async def upsert_all(driver: Driver, rows: Mapping[Table, Sequence[Row]]) -> None:
    """The same for several tables at once. In which order these are written is the database's matter: what stands above
    their rows must be locked by then."""
    found = {table: some for table, some in rows.items() if some}
    if found:
        await driver.execute(_statement(tuple(found)), *(_ordered(table, some) for table, some in found.items()))


def _ordered(table: Table, rows: Sequence[Row]) -> str:
    keys = [column.name for column in table.primary_key]
    return json_rows.encode(sorted(rows, key=lambda row: [row[key] for key in keys]))


@lru_cache
def _statement(tables: tuple[Table, ...]) -> str:
    if len(tables) == 1:
        return _writing(tables[0], 1)
    written = (f"written_{at} AS ({_writing(table, at)})" for at, table in enumerate(tables, 1))
    return f"WITH {', '.join(written)} SELECT"


def _writing(table: Table, parameter: int) -> str:
    columns = [f'"{column.name}"' for column in table.columns]
    keys = [f'"{column.name}"' for column in table.primary_key]
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    listed = ", ".join(columns)
    return (
        f'INSERT INTO "{table.name}" ({listed}) SELECT {listed}'  # noqa: S608  names of our own tables
        f' FROM json_populate_recordset(NULL::"{table.name}", ${parameter}::json)'
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed}"
    )
