"""Which documents asked for an invoice."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    op.execute("ALTER TABLE supplier_invoice ADD COLUMN IF NOT EXISTS documents jsonb")


def downgrade() -> None:
    migrations.forward_only()
