"""Stock rows keep which rule holds back their safety stock, and what is held back from channels besides."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    op.execute("ALTER TABLE stock ADD COLUMN IF NOT EXISTS safety_rule bigint NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE stock ADD COLUMN IF NOT EXISTS channels text NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    migrations.forward_only()
