"""Databases and, in each, a schema per service with two roles: an owner who migrates and an app role that works.

Neither may bypass row-level security, and nobody but its service may even look into a schema. Called again it changes
nothing but the passwords, so it runs at every start.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from crossdock_local.secret_files import password
from crossdock_local.servers.postgres import Postgres

# Trusted extensions that a service's migrations may use; they live in `public`, where nobody may create anything.
EXTENSIONS = ("btree_gist", "pg_trgm")
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class ServiceUrls:
    """A service's ways into its schema: `database` as the app role, `migration` as the owner."""

    database: str
    migration: str


@asynccontextmanager
async def admin_connection(postgres: Postgres, database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres.url(database), timeout=30)
    try:
        yield connection
    finally:
        await connection.close()


def checked(name: str) -> str:
    """A name that may stand in SQL as it is."""
    if not NAME.fullmatch(name):
        raise ValueError(f"not a name for a database or a service: {name!r}")
    return name


async def create_database(postgres: Postgres, name: str, template: str | None = None) -> None:
    """Makes the database unless it exists: empty but for the extensions, or a copy of `template`, then in no use."""
    async with admin_connection(postgres, "postgres") as connection:
        if await connection.fetchval("select 1 from pg_database where datname = $1", checked(name)):
            return
        source = f"template {checked(template)} strategy file_copy" if template else "template template0"
        await connection.execute(f"create database {name} {source}")
    if template is None:
        async with admin_connection(postgres, name) as connection:
            await _prepare_database(connection, name)


async def _prepare_database(connection: asyncpg.Connection, name: str) -> None:
    extensions = "".join(f"create extension if not exists {extension};" for extension in EXTENSIONS)
    await connection.execute(f"{extensions} revoke all on database {name} from public;")


async def drop_database(postgres: Postgres, name: str) -> None:
    async with admin_connection(postgres, "postgres") as connection:
        await connection.execute(f"drop database if exists {checked(name)} with (force)")


async def add_service(postgres: Postgres, database: str, service: str, secrets: Path) -> ServiceUrls:
    """Gives a service its schema and roles in a database."""
    checked(service)
    words = {kind: password(secrets, f"postgres-{service}-{kind}") for kind in ("owner", "app")}
    async with admin_connection(postgres, database) as connection:
        # Roles belong to the whole server: two runs that add the same service wait for each other here.
        await connection.execute("select pg_advisory_lock(hashtext('crossdock roles'))")
        for kind, word in words.items():
            await _ensure_role(connection, f"{service}_{kind}", word)
        await connection.execute(_schema_statements(database, service))
    return ServiceUrls(
        database=postgres.url(database, user=f"{service}_app", secret=words["app"]),
        migration=postgres.url(database, user=f"{service}_owner", secret=words["owner"]),
    )


async def _ensure_role(connection: asyncpg.Connection, role: str, word: str) -> None:
    exists = await connection.fetchval("select 1 from pg_roles where rolname = $1", role)
    verb = "alter" if exists else "create"
    # A password cannot be a parameter of this statement; ours are hexadecimal digits.
    await connection.execute(
        f"{verb} role {role} login nosuperuser nobypassrls nocreatedb nocreaterole password '{word}'"
    )


def _schema_statements(database: str, service: str) -> str:
    owner, app = f"{service}_owner", f"{service}_app"
    return f"""
        create schema if not exists {service} authorization {owner};
        revoke all on schema {service} from public;
        grant usage on schema {service} to {app};
        grant connect on database {database} to {owner}, {app};
        alter role {owner} in database {database} set search_path = {service}, public;
        alter role {app} in database {database} set search_path = {service}, public;
    """
