"""Shipments that are on their way back undelivered, by the exceptions that say so."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In a schema that is made anew it is there from its first migration.
    op.execute("ALTER TABLE outbound_shipment ADD COLUMN IF NOT EXISTS coming_back text[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    migrations.forward_only()
