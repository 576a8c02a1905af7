"""Serials: where each named piece is, and every word that was said of it."""

from alembic import op
from crossdock_kit.database import migrations
from inventory.store import tables

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    connection = op.get_bind()
    schema = op.get_context().version_table_schema
    for table in (tables.serial_stock, tables.serial_word):
        if not connection.dialect.has_table(connection, table.name, schema=schema):
            table.create(connection)
            migrations.protect(op, table.name)
    migrations.append_only(op, "serial_word")


def downgrade() -> None:
    migrations.forward_only()
