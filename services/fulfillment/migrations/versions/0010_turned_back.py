"""What of a shipment came back undelivered before it was invoiced."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In a schema that is made anew it is there from its first migration.
    op.execute("ALTER TABLE posting ADD COLUMN IF NOT EXISTS returned jsonb")


def downgrade() -> None:
    migrations.forward_only()
