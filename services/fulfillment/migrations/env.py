"""How fulfillment's schema is migrated; the kit does the rest."""

from crossdock_kit.database import migrations
from fulfillment.store.tables import metadata

migrations.run("fulfillment", metadata)
