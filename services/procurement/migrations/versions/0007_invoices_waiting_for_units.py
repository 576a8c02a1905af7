"""Invoices by the item of which they name a unit that it does not have, for when it gets one."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    op.execute(
        "CREATE INDEX IF NOT EXISTS supplier_invoice_line_unit ON supplier_invoice_line (tenant, sku)"
        " WHERE outcome = 'unit_mismatch'"
    )


def downgrade() -> None:
    migrations.forward_only()
