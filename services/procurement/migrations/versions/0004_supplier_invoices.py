"""Suppliers' invoices, and what of an order line has been invoiced."""

from alembic import op
from crossdock_kit.database import migrations
from procurement.store import tables

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    connection = op.get_bind()
    schema = op.get_context().version_table_schema
    op.execute("ALTER TABLE purchase_order_line ADD COLUMN IF NOT EXISTS invoiced numeric(21, 6) NOT NULL DEFAULT 0")
    for table in (tables.supplier_invoice, tables.supplier_invoice_line):
        if not connection.dialect.has_table(connection, table.name, schema=schema):
            table.create(connection)
            migrations.protect(op, table.name)


def downgrade() -> None:
    migrations.forward_only()
