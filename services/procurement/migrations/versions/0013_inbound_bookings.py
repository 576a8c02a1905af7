"""What whoever arranges carriage said of fetching an order."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    op.execute("ALTER TABLE purchase_order ADD COLUMN IF NOT EXISTS booking jsonb")


def downgrade() -> None:
    migrations.forward_only()
