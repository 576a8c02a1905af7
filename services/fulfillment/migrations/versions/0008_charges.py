"""What customers pay besides goods: with their order, with its postings, and the invoice that has it."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In a schema that is made anew they are there from its first migration.
    op.execute("ALTER TABLE sales_order ADD COLUMN IF NOT EXISTS charges jsonb")
    op.execute("ALTER TABLE sales_order ADD COLUMN IF NOT EXISTS charged_by text NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE posting ADD COLUMN IF NOT EXISTS charges jsonb")


def downgrade() -> None:
    migrations.forward_only()
