"""Shipments that are packed and offered to nobody yet, because a check keeps an order of theirs from leaving."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    op.execute("ALTER TABLE shipment ADD COLUMN IF NOT EXISTS kept_back boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    migrations.forward_only()
