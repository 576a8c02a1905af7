"""The report in which a place was counted last, and why: what it saw and is told later is made up for in its name."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    op.execute("ALTER TABLE last_count ADD COLUMN IF NOT EXISTS adjustment_id uuid")
    op.execute("ALTER TABLE last_count ADD COLUMN IF NOT EXISTS reason text NOT NULL DEFAULT 'AA'")


def downgrade() -> None:
    migrations.forward_only()
