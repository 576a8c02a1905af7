"""Shipments that are called off, and what each of them holds."""

from alembic import op
from crossdock_kit.database import migrations
from delivery.store import tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    op.execute("ALTER TABLE shipment ADD COLUMN IF NOT EXISTS called_off jsonb")
    connection = op.get_bind()
    schema = op.get_context().version_table_schema
    if not connection.dialect.has_table(connection, tables.shipment_content.name, schema=schema):
        tables.shipment_content.create(connection)
        migrations.protect(op, tables.shipment_content.name)


def downgrade() -> None:
    migrations.forward_only()
