"""Transfers between our own places: what was sent, received and is missing of them."""

from alembic import op
from crossdock_kit.database import migrations
from inventory.store import tables

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    connection = op.get_bind()
    schema = op.get_context().version_table_schema
    for table in (tables.stock_transfer, tables.stock_transfer_line, tables.stock_transfer_receipt):
        if not connection.dialect.has_table(connection, table.name, schema=schema):
            table.create(connection)
            migrations.protect(op, table.name)


def downgrade() -> None:
    migrations.forward_only()
