"""How often a carrier has tried to deliver a shipment; counted anew with its next word."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    op.execute("ALTER TABLE shipment ADD COLUMN IF NOT EXISTS attempts integer NOT NULL DEFAULT 0")


def downgrade() -> None:
    migrations.forward_only()
