"""Alembic's entry: everything is in the kit."""

from catalog.store.tables import metadata
from crossdock_kit.database import migrations

migrations.run("catalog", metadata)
