"""Who carries a shipment under which number, for whoever waits for it."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In a schema that is made anew they are there from its first migration.
    for column in ("carrier", "tracking_number"):
        op.execute(f"ALTER TABLE outbound_shipment ADD COLUMN IF NOT EXISTS {column} text NOT NULL DEFAULT ''")


def downgrade() -> None:
    migrations.forward_only()
