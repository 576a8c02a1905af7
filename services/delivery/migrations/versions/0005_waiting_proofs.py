"""What proves the delivery of a shipment that nobody knows yet waits for it."""

from alembic import op
from crossdock_kit.database import migrations
from delivery.store import tables

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    connection = op.get_bind()
    schema = op.get_context().version_table_schema
    if not connection.dialect.has_table(connection, tables.waiting_proof.name, schema=schema):
        tables.waiting_proof.create(connection)
        migrations.protect(op, tables.waiting_proof.name)


def downgrade() -> None:
    migrations.forward_only()
