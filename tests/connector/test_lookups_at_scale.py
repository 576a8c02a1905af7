"""What a document asks for is found past everything else that is stored, under the row security of the service's own
user, which keeps indexes over whole lists from it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from connector.store.codes import ENTRIES, THINGS, Entry, Thing
from connector.store.documents import ALIKE
from connector_samples.rig import TENANT, Rig
from crossdock_kit.database import create_engine, transaction
from crossdock_local.migrated import MigratedDatabases

CROWD = 3000
DAY = date(2026, 3, 2)
DOCUMENTS = """
INSERT INTO document (tenant, document_id, partner, business_unit, outbound, state, name, bytes, sha256, content,
  received_at, control_numbers)
SELECT $1, gen_random_uuid(), 'sup-many', 'EU01', false, 3, n || '.edi', 1, 'hash-' || n, '', now(), ARRAY[n::text]
FROM generate_series(1, $2) AS n
"""


async def looked_through(rig: Rig, statement: str, *values: Any) -> int:
    """Rows that were read and thrown away."""
    async with transaction(rig.engine, (TENANT,)) as tx:
        plan = await tx.driver.fetch(f"EXPLAIN (ANALYZE) {statement}", TENANT, *values)
    said = "\n".join(row[0] for row in plan)
    return sum(map(int, re.findall(r"Rows Removed by (?:Filter|Index Recheck): (\d+)", said)))


@pytest.fixture(scope="module")
async def crowded(migrated: MigratedDatabases) -> AsyncIterator[Rig]:
    """Many items, codes and documents, of which the planner has heard."""
    fresh = await migrated.fresh("connector")
    rig = Rig(create_engine(fresh.urls.database, "connector"))
    things = [Thing(TENANT, "item", f"SKU-{n}", (f"{n:014d}",), "EA") for n in range(CROWD)]
    entries = [Entry(TENANT, "sup-many", "item", "", f"THEIRS-{n}", f"SKU-{n}") for n in range(CROWD)]
    await rig.knows(*things, entries=entries)
    async with transaction(rig.engine, (TENANT,)) as tx:
        await tx.driver.execute(DOCUMENTS, TENANT, CROWD)
    owner = await asyncpg.connect(fresh.urls.migration)
    await owner.execute("ANALYZE document, crosswalk, known_thing, known_alias")
    await owner.close()
    yield rig
    await rig.engine.stop()


async def test_codes_are_found_past_all_other_codes_of_the_partner(crowded: Rig) -> None:
    assert await looked_through(crowded, ENTRIES, ["sup-many"], DAY, ["THEIRS-7", "SKU-9"]) < 100


async def test_items_are_found_past_all_others_by_name_and_by_public_number(crowded: Rig) -> None:
    assert await looked_through(crowded, THINGS, DAY, ["SKU-7"], [f"{9:014d}"]) < 100


async def test_a_repetition_is_found_past_all_that_the_partner_has_sent(crowded: Rig) -> None:
    assert await looked_through(crowded, ALIKE, "sup-many", [uuid4()], ["hash-7"], ["9"]) < 100


async def test_a_thing_that_gives_up_a_public_number_is_no_longer_found_by_it(rig: Rig) -> None:
    old, new = "99999999999977", "99999999999978"
    for number in (old, new):
        await rig.knows(Thing(TENANT, "item", "RENUMBERED", (number,), "EA"))
    async with transaction(rig.engine, (TENANT,)) as tx:
        found = [await tx.driver.fetch(THINGS, TENANT, DAY, [], [number]) for number in (old, new)]
    assert [[row["name"] for row in rows] for rows in found] == [[], ["RENUMBERED"]]
