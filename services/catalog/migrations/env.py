"""Alembic's entry: everything is in the kit."""

from crossdock_kit.database import migrations

migrations.run("catalog")
