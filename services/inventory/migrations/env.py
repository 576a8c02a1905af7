"""How inventory's schema is migrated; the kit does the rest."""

from crossdock_kit.database import migrations
from inventory.store.tables import metadata

migrations.run("inventory", metadata)
