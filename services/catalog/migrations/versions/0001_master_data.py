"""The kit's tables and the records of master data.

Revision ID: 0001
"""

from __future__ import annotations

from alembic import op
from catalog.store.tables import metadata
from crossdock_kit.database import migrations

revision = "0001"
down_revision = None


def upgrade() -> None:
    migrations.create_kit_tables(op)
    metadata.create_all(op.get_bind())
    migrations.protect(op, *metadata.tables)


def downgrade() -> None:
    migrations.forward_only()
