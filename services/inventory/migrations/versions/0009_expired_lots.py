"""Lots by the day on which they expire, so that those whose day is over are found."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    op.execute(
        "CREATE INDEX IF NOT EXISTS lot_stock_expiry ON lot_stock (tenant, expires_on) WHERE expires_on IS NOT NULL"
    )


def downgrade() -> None:
    migrations.forward_only()
