"""How a service's schema comes to be: alembic runs as the owner, and what it leaves is protected for the app role.

A service's env.py says `migrations.run("procurement", metadata)`; its first revision says
`migrations.create_kit_tables(op)`, and every revision `migrations.protect(op, ...)` for its own tables. After each run
the grants of the app role are set anew; a table without forced row-level security stops the migration, and so does a
schema that lacks what the code describes. Knows nothing of the trade.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from alembic import command, context
from alembic.config import Config
from alembic.operations import Operations
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.engine import make_url

from crossdock_kit.database import tables
from crossdock_kit.database.agreement import check_agreement
from crossdock_kit.database.engine import alchemy_engine

VERSION_TABLE = "alembic_version"
MIGRATION_SETTINGS = {"timezone": "UTC", "lock_timeout": "20s", "statement_timeout": "0"}
# The list is read once per statement, not once per row, because it stands in a sub-select.
VISIBLE = "tenant = ANY ((SELECT string_to_array(current_setting('app.tenants', true), ','))::text[])"
APPEND_ONLY_FUNCTION = "kit_append_only"
MONTHS_AHEAD = 3


def forward_only() -> NoReturn:
    """For every `downgrade`: what a service keeps is a record, and going back would drop it. Raises CommandError."""
    raise CommandError(
        "this schema only goes forward, because going back would drop records: write a migration that follows,"
        " or restore a backup of before"
    )


def create_kit_tables(op: Operations) -> None:
    """All tables of the kit, protected, with the months of the journal made ahead."""
    for sequence in tables.SEQUENCES:
        op.execute(f"CREATE SEQUENCE {sequence}")
    tables.metadata.create_all(op.get_bind())
    op.execute(_APPEND_ONLY_SQL)
    protect(op, *(name for name in tables.metadata.tables if name not in tables.WITHOUT_TENANT))
    append_only(op, *tables.APPEND_ONLY)
    op.execute("CREATE TABLE journal_elsewhen PARTITION OF journal DEFAULT")
    op.execute(_PARTITIONS_SQL)
    op.execute(f"SELECT kit_journal_partitions({MONTHS_AHEAD})")
    # Rows come and go here all the time: vacuum must not wait for a fifth of the table.
    for busy in ("pending", "watermark", "held", "audit_pending", "timer"):
        op.execute(
            f"ALTER TABLE {busy} SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000,"
            " autovacuum_analyze_scale_factor = 0.05)"
        )


def add_kit_table(op: Operations, name: str) -> None:
    """A table that the kit got after its first revision; a schema that was made since has it already."""
    connection = op.get_bind()
    if connection.dialect.has_table(connection, name, schema=op.get_context().version_table_schema):
        return
    tables.metadata.tables[name].create(connection)
    protect(op, name)
    if name in tables.APPEND_ONLY:
        append_only(op, name)


def protect(op: Operations, *names: str) -> None:
    """Row-level security that binds the owner too: a transaction sees and writes the tenants that it was opened for."""
    for name in names:
        op.execute(f'ALTER TABLE "{name}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{name}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY of_tenant ON "{name}" USING ({VISIBLE}) WITH CHECK ({VISIBLE})')


def append_only(op: Operations, *names: str) -> None:
    """Rows are never changed or deleted: by trigger for everybody, and the app role is not even granted it."""
    for name in names:
        op.execute(
            f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{name}"'
            f" FOR EACH ROW EXECUTE FUNCTION {APPEND_ONLY_FUNCTION}()"
        )
        op.execute(
            f'CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON "{name}"'
            f" FOR EACH STATEMENT EXECUTE FUNCTION {APPEND_ONLY_FUNCTION}()"
        )


def run(schema: str, *described: MetaData) -> None:
    """What a service's env.py calls: runs the revisions in one transaction as the owner, then grants and checks.
    `described`: the tables of its own that its code names. Raises OtherBuild if the schema does not hold them."""
    if context.is_offline_mode():
        raise RuntimeError("migrations need the database: grants are derived from what is there")
    asyncio.run(_run_online(schema, _migration_url(), (tables.metadata, *described)))


def upgrade(folder: Path, *, revision: str = "head") -> None:
    """Runs the migrations of `folder` (where env.py lies) up to `revision`; reads CROSSDOCK_MIGRATION_URL."""
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    command.upgrade(config, revision)


def grant(op: Operations, schema: str, role: str) -> None:
    """What the app role may do: everything with rows, nothing with tables, and only INSERT where rows are for ever."""
    _grant(op.get_bind(), schema, role)


def _migration_url() -> str:
    url = os.environ.get("CROSSDOCK_MIGRATION_URL", "")
    if not url:
        raise RuntimeError("CROSSDOCK_MIGRATION_URL is not set")
    return url


def _app_role(schema: str) -> str:
    url = os.environ.get("CROSSDOCK_DATABASE_URL", "")
    return (make_url(url).username if url else None) or f"{schema}_app"


async def _run_online(schema: str, url: str, described: Sequence[MetaData]) -> None:
    engine = alchemy_engine(url, schema, f"{schema} migrations", MIGRATION_SETTINGS)
    try:
        async with engine.connect() as connection:
            # The kit's engines leave BEGIN to others; here alembic's own transaction is what is wanted.
            await connection.execution_options(isolation_level="READ COMMITTED")
            await connection.run_sync(_migrate, schema, described)
            await connection.commit()
    finally:
        await engine.dispose()


def _migrate(connection: Connection, schema: str, described: Sequence[MetaData]) -> None:
    # Services share a database but no schema: each waits only for another run of its own.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('crossdock migrations ' || :s))"), {"s": schema})
    context.configure(connection=connection, version_table=VERSION_TABLE, version_table_schema=schema)
    with context.begin_transaction():
        context.run_migrations()
    _grant(connection, schema, _app_role(schema))
    _check_protected(connection, schema)
    check_agreement(connection, schema, described)


def _grant(connection: Connection, schema: str, role: str) -> None:
    connection.exec_driver_sql(f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}"')
    connection.exec_driver_sql(f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA "{schema}" TO "{role}"')
    for name, for_ever in _granted_tables(connection, schema):
        verbs = "SELECT, INSERT" if for_ever else "SELECT, INSERT, UPDATE, DELETE"
        connection.exec_driver_sql(f'REVOKE ALL ON "{schema}"."{name}" FROM "{role}"')
        connection.exec_driver_sql(f'GRANT {verbs} ON "{schema}"."{name}" TO "{role}"')
    connection.exec_driver_sql(f'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA "{schema}" TO "{role}"')


def _granted_tables(connection: Connection, schema: str) -> list[tuple[str, bool]]:
    """Tables of the schema but not their partitions, which are reached through their parent alone."""
    rows = connection.execute(
        text(
            "SELECT c.relname, EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'append_only')"
            " FROM pg_class c WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition AND c.relname <> :version ORDER BY 1"
        ),
        {"schema": schema, "version": VERSION_TABLE},
    )
    return [(str(name), bool(for_ever)) for name, for_ever in rows]


def _check_protected(connection: Connection, schema: str) -> None:
    rows = connection.execute(
        text(
            "SELECT relname FROM pg_class WHERE relnamespace = CAST(:schema AS regnamespace)"
            " AND relkind IN ('r', 'p') AND NOT relispartition AND NOT (relrowsecurity AND relforcerowsecurity)"
        ),
        {"schema": schema},
    )
    bare = sorted({str(name) for (name,) in rows} - tables.WITHOUT_TENANT - {VERSION_TABLE})
    if bare:
        raise RuntimeError(f"tables without forced row-level security: {', '.join(bare)}")


_APPEND_ONLY_SQL = f"""
CREATE FUNCTION {APPEND_ONLY_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$
"""

# Runs as the owner whoever calls it, because the app role may not create tables; it takes nothing but a number.
# Rows that came before their month was made lie in the default partition and would forbid making it: they move first.
_PARTITIONS_SQL = """
CREATE FUNCTION kit_journal_partitions(months_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    this_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    starts timestamptz;
    ends timestamptz;
    part text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('journal partitions ' || current_schema()));
    FOR ahead IN 0..least(months_ahead, 24) LOOP
        starts := (this_month + make_interval(months => ahead)) AT TIME ZONE 'UTC';
        ends := (this_month + make_interval(months => ahead + 1)) AT TIME ZONE 'UTC';
        part := 'journal_' || to_char(starts AT TIME ZONE 'UTC', 'YYYY_MM');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        IF EXISTS (SELECT FROM journal_elsewhen WHERE recorded_at >= starts AND recorded_at < ends) THEN
            ALTER TABLE journal DETACH PARTITION journal_elsewhen;
            EXECUTE format('CREATE TABLE %I (LIKE journal INCLUDING DEFAULTS)', part);
            EXECUTE format(
                'WITH moved AS (DELETE FROM journal_elsewhen WHERE recorded_at >= %L AND recorded_at < %L RETURNING *)'
                ' INSERT INTO %I SELECT * FROM moved', starts, ends, part
            );
            EXECUTE format('ALTER TABLE journal ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, starts, ends);
            ALTER TABLE journal ATTACH PARTITION journal_elsewhen DEFAULT;
        ELSE
            EXECUTE format('CREATE TABLE %I PARTITION OF journal FOR VALUES FROM (%L) TO (%L)', part, starts, ends);
        END IF;
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$
"""
