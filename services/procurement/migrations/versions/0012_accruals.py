"""Order lines of which another quantity was received than invoiced."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    op.execute(
        "CREATE INDEX IF NOT EXISTS purchase_order_line_accrued ON purchase_order_line (tenant, line_id)"
        " WHERE received + CASE WHEN drop_ship_party_id <> '' THEN shipped ELSE 0 END <> invoiced"
    )


def downgrade() -> None:
    migrations.forward_only()
