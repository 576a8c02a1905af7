"""When a source said what it said of a record: what it said earlier and is heard later changes nothing."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    op.execute("ALTER TABLE record ADD COLUMN IF NOT EXISTS said_at timestamptz")


def downgrade() -> None:
    migrations.forward_only()
