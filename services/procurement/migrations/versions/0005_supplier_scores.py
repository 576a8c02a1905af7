"""Orders by their supplier, for what is counted of each."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    op.execute("CREATE INDEX IF NOT EXISTS purchase_order_supplier ON purchase_order (tenant, supplier_id, ordered_on)")


def downgrade() -> None:
    migrations.forward_only()
