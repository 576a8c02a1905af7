"""Whose order each line of a ship notice, a receipt and an invoice is for: one document may serve several units."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration. Of older lines the document's own counts.
    for table in ("ship_notice_line", "receipt_line", "supplier_invoice_line"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS business_unit text NOT NULL DEFAULT ''")


def downgrade() -> None:
    migrations.forward_only()
