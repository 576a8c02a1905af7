"""The ledger, its balances, the promises on them, and the read models that promising needs."""

from alembic import op
from crossdock_kit.database import migrations
from inventory.store import tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_kit_tables(op)
    tables.metadata.create_all(op.get_bind())
    migrations.protect(op, *tables.metadata.tables)
    migrations.append_only(op, "movement")
    # A handful of hot rows is updated all the time: room for new versions on the page, and vacuum that does not wait.
    for hot in ("stock", "lot_stock", "pipeline", "shard"):
        op.execute(
            f"ALTER TABLE {hot} SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0,"
            " autovacuum_vacuum_threshold = 2000, autovacuum_analyze_scale_factor = 0.05)"
        )


def downgrade() -> None:
    migrations.forward_only()
