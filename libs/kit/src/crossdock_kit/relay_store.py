"""What a relay asks of PostgreSQL: one statement removes what is published and claims what is next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crossdock_kit.database.transaction import tenant_list
from crossdock_kit.driver import Driver
from crossdock_kit.ids import EXPRESS

# Removing the last batch and claiming the next is one round trip. Both parts see the table as it was before, hence the
# exclusion of what is being removed.
_TURN = """
WITH gone AS (
  DELETE FROM pending WHERE position = ANY ($1::int8[])
), express AS (
  SELECT position, event_id, recorded_at, slot FROM pending
  WHERE slot = ANY ($2::int2[]) AND position <> ALL ($1::int8[]) AND position <> ALL ($6::int8[])
  ORDER BY position LIMIT $4
), standard AS (
  SELECT position, event_id, recorded_at, slot FROM pending
  WHERE slot = ANY ($3::int2[]) AND position <> ALL ($1::int8[]) AND position <> ALL ($6::int8[])
  ORDER BY position LIMIT greatest($5, $4 - (SELECT count(*) FROM express))
), claimed AS (
  SELECT * FROM express UNION ALL SELECT * FROM standard
)
SELECT c.position, c.event_id, c.recorded_at, c.slot, j.tenant, j.aggregate, j.version, j.type, j.headers, j.body
FROM claimed c CROSS JOIN LATERAL (
  SELECT tenant, aggregate, version, type, headers, body FROM journal
  WHERE event_id = c.event_id AND recorded_at = c.recorded_at
) j ORDER BY c.slot < 16, c.position
"""


class PostgresRelayStore:
    async def serve(self, driver: Driver, tenants: Sequence[str]) -> None:
        # The owner's session serves nothing else, so its tenants are set once and each claim is one statement. Nothing
        # waits for the disk to know of a removal: what a crash brings back is published again, and dropped.
        named = ",".join(tenant_list(tenants))
        await driver.execute(f"SET app.tenants = '{named}'; SET synchronous_commit = off")

    async def turn(
        self, driver: Driver, done: Sequence[int], owned: Iterable[int], limits: tuple[int, int], aside: Sequence[int]
    ) -> Sequence[Mapping[str, Any]]:
        standard = list(owned)
        express = [partition + EXPRESS for partition in standard]
        return await driver.fetch(_TURN, list(done), express, standard, *limits, list(aside))
