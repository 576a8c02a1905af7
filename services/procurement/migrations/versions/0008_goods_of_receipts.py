"""What a receipt holds, as one hash beside its number: the same goods under another number are found by it."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration. Of receipts until now nobody asks: they have none.
    op.execute("ALTER TABLE receipt ADD COLUMN IF NOT EXISTS goods text NOT NULL DEFAULT ''")
    op.execute("CREATE INDEX IF NOT EXISTS receipt_goods ON receipt (tenant, goods)")


def downgrade() -> None:
    migrations.forward_only()
