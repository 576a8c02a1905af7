"""A document that is to say who receives the goods names their order until that is put in, when it is sent."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE document ADD COLUMN consignee_of text NOT NULL DEFAULT ''")


def downgrade() -> None:
    migrations.forward_only()
