"""When a shipment is expected by the newest word of its carrier, and whether that is too late."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In a schema that is made anew they are there from its first migration.
    op.execute("ALTER TABLE outbound_shipment ADD COLUMN IF NOT EXISTS eta timestamptz")
    op.execute("ALTER TABLE outbound_shipment ADD COLUMN IF NOT EXISTS delayed boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    migrations.forward_only()
