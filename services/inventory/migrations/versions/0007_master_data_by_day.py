"""Items and locations have a row for each span of days, so that what comes does not take away what is."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ALWAYS = "'0001-01-01'"


def upgrade() -> None:
    # In a schema that is made anew it is so from its first migration.
    for table, key in (("item", "sku"), ("location", "location_id")):
        op.execute(f"UPDATE {table} SET valid_from = {ALWAYS} WHERE valid_from IS NULL")
        op.execute(f"ALTER TABLE {table} ALTER COLUMN valid_from SET NOT NULL")
        op.execute(f"ALTER TABLE {table} ALTER COLUMN valid_from SET DEFAULT {ALWAYS}")
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, ADD PRIMARY KEY (tenant, {key}, valid_from)")


def downgrade() -> None:
    migrations.forward_only()
