"""One service's tables put back to an earlier time, as from a backup, while everybody else stays where they are.

On the laptop all services live in one database as schemas; a service's schema stands for the database that it has in
production. Done as the server's administrator, past triggers: a restore asks nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import asyncpg

_TABLES = """
SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'alembic_version'
"""
_COLUMNS = """
SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
WHERE a.attrelid = ($1 || '.' || quote_ident($2))::regclass AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attgenerated = ''
"""
_SEQUENCES = "SELECT sequencename AS name, last_value FROM pg_sequences WHERE schemaname = $1"


@dataclass
class Backup:
    schema: str
    columns: dict[str, str] = field(default_factory=dict)
    sequences: dict[str, int | None] = field(default_factory=dict)

    @property
    def kept_in(self) -> str:
        return f"{self.schema}_backup"

    async def take(self, connection: asyncpg.Connection) -> None:
        """All tables as of one moment."""
        async with connection.transaction(isolation="repeatable_read"):
            await connection.execute(f"CREATE SCHEMA {self.kept_in}")
            for row in await connection.fetch(_TABLES, self.schema):
                name = row["name"]
                self.columns[name] = await connection.fetchval(_COLUMNS, self.schema, name)
                await connection.execute(f'CREATE TABLE {self.kept_in}."{name}" AS TABLE {self.schema}."{name}"')
            found = await connection.fetch(_SEQUENCES, self.schema)
            self.sequences = {row["name"]: row["last_value"] for row in found}

    async def put_back(self, connection: asyncpg.Connection) -> None:
        """The service must not run."""
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            names = ", ".join(f'{self.schema}."{name}"' for name in self.columns)
            await connection.execute(f"TRUNCATE {names}")
            for name, columns in self.columns.items():
                await connection.execute(
                    f'INSERT INTO {self.schema}."{name}" ({columns}) OVERRIDING SYSTEM VALUE'
                    f' SELECT {columns} FROM {self.kept_in}."{name}"'
                )
            for name, value in self.sequences.items():
                place = f'{self.schema}."{name}"'
                await connection.execute(
                    "SELECT setval($1::text::regclass, $2, $3)", place, value or 1, value is not None
                )
