"""Statements of more lines than a message: their parts, until all of them have come."""

from alembic import op
from crossdock_kit.database import migrations
from inventory.store import tables

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    connection = op.get_bind()
    schema = op.get_context().version_table_schema
    for table in (tables.statement_draft, tables.statement_draft_line):
        if not connection.dialect.has_table(connection, table.name, schema=schema):
            table.create(connection)
            migrations.protect(op, table.name)


def downgrade() -> None:
    migrations.forward_only()
