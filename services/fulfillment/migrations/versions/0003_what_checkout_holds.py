"""What a channel's checkout holds of an order, which takes it over."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In a schema that is made anew it is there from its first migration.
    op.execute("ALTER TABLE sales_order ADD COLUMN IF NOT EXISTS checkout text NOT NULL DEFAULT ''")


def downgrade() -> None:
    migrations.forward_only()
