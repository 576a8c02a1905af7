"""Shipments with their numbers, carriers' words as they came, what others were told of them, and what proves it."""

from alembic import op
from crossdock_kit.database import migrations
from delivery.store import tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_kit_tables(op)
    tables.metadata.create_all(op.get_bind())
    migrations.protect(op, *tables.metadata.tables)


def downgrade() -> None:
    migrations.forward_only()
