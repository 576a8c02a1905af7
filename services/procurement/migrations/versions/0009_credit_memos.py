"""Suppliers' credit memos beside their invoices, and invoices by the number that a credit memo names."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    op.execute(
        "ALTER TABLE supplier_invoice ADD COLUMN IF NOT EXISTS credit boolean NOT NULL DEFAULT false,"
        " ADD COLUMN IF NOT EXISTS credits text NOT NULL DEFAULT ''"
    )
    op.execute("ALTER TABLE supplier_invoice_line ADD COLUMN IF NOT EXISTS credited numeric(21, 6) NOT NULL DEFAULT 0")
    op.execute(
        "CREATE INDEX IF NOT EXISTS supplier_invoice_named ON supplier_invoice (tenant, supplier_id, (identity[2]))"
    )


def downgrade() -> None:
    migrations.forward_only()
