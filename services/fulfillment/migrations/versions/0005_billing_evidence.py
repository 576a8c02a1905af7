"""What an invoice is due by: with the shipment that it is of, and with the invoice."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    op.execute("ALTER TABLE outbound_shipment ADD COLUMN IF NOT EXISTS billed_by jsonb")
    op.execute("ALTER TABLE posting ADD COLUMN IF NOT EXISTS evidence jsonb")


def downgrade() -> None:
    migrations.forward_only()
