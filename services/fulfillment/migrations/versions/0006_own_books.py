"""Numbers of invoices and credit notes of business units whose books are ours."""

from alembic import op
from crossdock_kit.database import migrations
from fulfillment.store import tables

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    connection = op.get_bind()
    schema = op.get_context().version_table_schema
    if not connection.dialect.has_table(connection, tables.own_series.name, schema=schema):
        tables.own_series.create(connection)
        migrations.protect(op, tables.own_series.name)


def downgrade() -> None:
    migrations.forward_only()
