"""How procurement's schema is migrated; the kit does the rest."""

from crossdock_kit.database import migrations
from procurement.store.tables import metadata

migrations.run("procurement", metadata)
