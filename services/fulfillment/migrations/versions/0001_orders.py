"""Orders with their lines and schedules, what was asked for them, and what is known of master data and of people."""

from alembic import op
from crossdock_kit.database import migrations
from fulfillment.store import tables

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
