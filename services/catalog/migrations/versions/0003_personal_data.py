"""The one table of personal data; what records of parties said of people moves there."""

from alembic import op
from catalog.store import tables
from catalog.wire import kinds
from catalog.wire import records as wire
from crossdock.catalog.v1 import master_data_pb2
from crossdock_kit.database import migrations
from sqlalchemy import Connection, insert, select, update

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A schema that is made anew has it from its first migration, and no records.
    connection = op.get_bind()
    if connection.dialect.has_table(connection, "personal_data", schema=op.get_context().version_table_schema):
        return
    tables.personal_data.create(connection)
    # Records of all tenants move at once; only the owner of a table can open it so.
    op.execute("ALTER TABLE record NO FORCE ROW LEVEL SECURITY")
    _move_people(connection)
    op.execute("ALTER TABLE record FORCE ROW LEVEL SECURITY")
    migrations.protect(op, "personal_data")


def _move_people(connection: Connection) -> None:
    record, people = tables.record.c, {}
    parties = (
        select(*tables.record.primary_key, record.content).where(record.kind == kinds.PARTY).order_by(record.valid_from)
    )
    for row in connection.execute(parties).mappings().all():
        party = master_data_pb2.Party.FromString(bytes(row["content"]))
        people[row["tenant"], wire.personal_data_id(row["subject_id"])] = wire.facts(party)
        key = [column == row[column.name] for column in tables.record.primary_key]
        connection.execute(update(tables.record).where(*key).values(content=wire.without_people(party)))
    if people:
        rows = [{"tenant": of, "personal_data_id": name, "facts": facts} for (of, name), facts in people.items()]
        connection.execute(insert(tables.personal_data), rows)


def downgrade() -> None:
    migrations.forward_only()
