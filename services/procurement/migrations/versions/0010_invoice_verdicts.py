"""What ERPs say of suppliers' invoices, by business unit."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    op.execute("ALTER TABLE supplier_invoice ADD COLUMN IF NOT EXISTS verdicts jsonb")


def downgrade() -> None:
    migrations.forward_only()
