"""Alembic's entry: everything is in the kit."""

from __future__ import annotations

from crossdock_kit.database import migrations

migrations.run("delivery")
