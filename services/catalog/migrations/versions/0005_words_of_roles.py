"""What each role says of a record, shown or not. What stands becomes the word of the next role that speaks of it."""

from alembic import op
from catalog.store import tables
from crossdock_kit.database import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration.
    connection = op.get_bind()
    if connection.dialect.has_table(connection, "record_word", schema=op.get_context().version_table_schema):
        return
    tables.record_word.create(connection)
    migrations.protect(op, "record_word")


def downgrade() -> None:
    migrations.forward_only()
