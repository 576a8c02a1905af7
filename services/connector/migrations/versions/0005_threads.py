"""Documents that ask something back know what they ask back, and what answers them where that was never sent."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE document ADD COLUMN thread text NOT NULL DEFAULT '', ADD COLUMN unsent bytea")
    op.execute("CREATE INDEX document_thread ON document (tenant, thread) WHERE thread <> ''")


def downgrade() -> None:
    migrations.forward_only()
