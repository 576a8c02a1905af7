"""The record of repairs."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.add_kit_table(op, "repair")


def downgrade() -> None:
    migrations.forward_only()
