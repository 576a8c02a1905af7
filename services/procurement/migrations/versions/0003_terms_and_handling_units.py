"""What suppliers' profiles say of deadlines, and which handling units were announced when."""

from alembic import op
from crossdock_kit.database import migrations
from procurement.store import tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has them from its first migration.
    connection = op.get_bind()
    schema = op.get_context().version_table_schema
    for table in (tables.supplier_terms, tables.handling_unit):
        if not connection.dialect.has_table(connection, table.name, schema=schema):
            table.create(connection)
            migrations.protect(op, table.name)


def downgrade() -> None:
    migrations.forward_only()
