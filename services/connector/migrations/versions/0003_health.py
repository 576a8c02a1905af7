"""Indexes by which it is seen how business with each partner stands, without reading what has long ended."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INDEXES = (
    "delivery_ended ON delivery (tenant, partner, finished_at) WHERE state IN ('delivered', 'dead')",
    """document_unacknowledged ON document (tenant, partner, sent_at)
    WHERE outbound AND state = 9 AND kind LIKE 'x12.%' AND kind <> 'x12.997'""",
    "document_unread ON document (tenant, partner) WHERE NOT outbound AND state IN (1, 2, 5, 7)",
)


def upgrade() -> None:
    for index in _INDEXES:
        op.execute(f"CREATE INDEX {index}")


def downgrade() -> None:
    migrations.forward_only()
