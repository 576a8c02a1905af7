"""Alembic's entry: everything is in the kit."""

from __future__ import annotations

from crossdock_kit.database import migrations
from delivery.store.tables import metadata

migrations.run("delivery", metadata)
