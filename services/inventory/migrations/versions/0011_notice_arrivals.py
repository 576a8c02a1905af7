"""The day on which a ship notice is expected by now, beside the one that it named itself."""

from alembic import op
from crossdock_kit.database import migrations
from inventory.store import tables

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    connection = op.get_bind()
    schema = op.get_context().version_table_schema
    if not connection.dialect.has_table(connection, tables.notice_arrival.name, schema=schema):
        tables.notice_arrival.create(connection)
        migrations.protect(op, tables.notice_arrival.name)


def downgrade() -> None:
    migrations.forward_only()
