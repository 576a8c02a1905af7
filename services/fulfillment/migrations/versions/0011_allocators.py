"""Who allocates an order, and what it answered for a part of it."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In a schema that is made anew they are there from its first migration.
    op.execute("ALTER TABLE sales_order ADD COLUMN IF NOT EXISTS allocator text NOT NULL DEFAULT 'CROSSDOCK'")
    op.execute("ALTER TABLE sales_order ADD COLUMN IF NOT EXISTS allocator_location text NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE order_part ADD COLUMN IF NOT EXISTS plan jsonb")


def downgrade() -> None:
    migrations.forward_only()
