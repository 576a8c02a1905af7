"""Shipments are found by their order past all others, under the row security of the service's own user, which keeps
indexes over whole lists from it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
from crossdock_kit.database import Engine, create_engine, transaction
from crossdock_local.migrated import MigratedDatabases
from delivery.store.shipments import OF_ORDER

TENANT, CROWD = "acme", 3000
ORDER = OF_ORDER.replace("$3", "$2")
SHIPMENTS = """
INSERT INTO shipment (tenant, shipment_id, system, number, orders, order_numbers, packages, told, issues, created_at)
SELECT $1, 'SHIP-' || n, 'wms', 'N-' || n, '[]',
  CASE WHEN n % 1000 = 0 THEN ARRAY['SO-first-' || n, 'SO-7'] ELSE ARRAY['SO-' || n] END, '[]', '{}', '[]', now()
FROM generate_series(1, $2) AS n
"""


@pytest.fixture
async def crowded(migrated: MigratedDatabases) -> AsyncIterator[Engine]:
    """Many shipments, of which the planner has heard."""
    fresh = await migrated.fresh("delivery")
    engine = create_engine(fresh.urls.database, "delivery")
    async with transaction(engine, (TENANT,)) as tx:
        await tx.driver.execute(SHIPMENTS, TENANT, CROWD)
    owner = await asyncpg.connect(fresh.urls.migration)
    await owner.execute("ANALYZE shipment")
    await owner.close()
    yield engine
    await engine.stop()


async def test_shipments_of_an_order_are_found_past_all_others_also_where_one_serves_several(crowded: Engine) -> None:
    async with transaction(crowded, (TENANT,)) as tx:
        plan = await tx.driver.fetch(f"EXPLAIN (ANALYZE) {ORDER}", TENANT, "SO-7")
        found = await tx.driver.fetch(ORDER, TENANT, "SO-7")
    assert {row["shipment_id"] for row in found} == {"SHIP-7", "SHIP-1000", "SHIP-2000", "SHIP-3000"}
    said = "\n".join(row[0] for row in plan)
    assert sum(map(int, re.findall(r"Rows Removed by (?:Filter|Index Recheck): (\d+)", said))) < 100
