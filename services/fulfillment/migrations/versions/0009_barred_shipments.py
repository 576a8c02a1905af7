"""Which orders a check kept from leaving when they were packed, by shipment."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In a schema that is made anew they are there from its first migration.
    op.execute("ALTER TABLE outbound_shipment ADD COLUMN IF NOT EXISTS barred text[] NOT NULL DEFAULT '{}'")
    op.execute("CREATE INDEX IF NOT EXISTS outbound_shipment_barred ON outbound_shipment (tenant) WHERE barred <> '{}'")


def downgrade() -> None:
    migrations.forward_only()
