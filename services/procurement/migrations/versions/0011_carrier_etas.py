"""What carriers say of the day on which announced shipments arrive."""

from alembic import op
from crossdock_kit.database import migrations
from procurement.store import tables

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    op.execute("ALTER TABLE ship_notice ADD COLUMN IF NOT EXISTS carrier_eta jsonb")
    for name, column in (("ship_notice_carried", "carrier_reference"), ("ship_notice_loaded", "bill_of_lading")):
        op.execute(f"CREATE INDEX IF NOT EXISTS {name} ON ship_notice (tenant, {column}) WHERE {column} <> ''")
    connection, schema = op.get_bind(), op.get_context().version_table_schema
    if not connection.dialect.has_table(connection, tables.carrier_eta.name, schema=schema):
        tables.carrier_eta.create(connection)
        migrations.protect(op, tables.carrier_eta.name)


def downgrade() -> None:
    migrations.forward_only()
