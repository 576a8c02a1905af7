"""Goods that are put away, put on hold and taken off it, and what waits to be put away."""

from alembic import op
from crossdock_kit.database import migrations
from inventory.domain.accounts import Account
from inventory.store import tables

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    op.execute("ALTER TABLE lot_stock ADD COLUMN IF NOT EXISTS to_put_away numeric(21, 6) NOT NULL DEFAULT 0")
    # What was received until now and waits; nothing has been put away before.
    op.execute(
        "UPDATE lot_stock s SET to_put_away = m.quantity FROM (SELECT tenant, sku, location_id, business_unit, lot,"
        f" sum(quantity) AS quantity FROM movement WHERE reason = 'RECEIVED_GOOD' AND target = {int(Account.STAGED)}"
        " GROUP BY tenant, sku, location_id, business_unit, lot) AS m WHERE (s.tenant, s.sku, s.location_id,"
        " s.business_unit, s.lot) = (m.tenant, m.sku, m.location_id, m.business_unit, m.lot)"
    )
    connection = op.get_bind()
    schema = op.get_context().version_table_schema
    if not connection.dialect.has_table(connection, tables.stock_move.name, schema=schema):
        tables.stock_move.create(connection)
        migrations.protect(op, tables.stock_move.name)


def downgrade() -> None:
    migrations.forward_only()
