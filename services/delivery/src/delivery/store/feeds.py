"""How partners' reports come, as a row for each partner. Written last in a work, so that two never wait in a circle."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from crossdock_kit.driver import Driver

from delivery.ports import Feed, Heard

# The usual gap leans on the last ones: a fifth of the newest, four fifths of what was usual before.
_HEARD = """
INSERT INTO carrier_feed AS f
  (tenant, partner, last_heard_at, gap_seconds, reports, updates, unmapped, errors, milestones)
VALUES ($1, $2, $3, 0, 1, $4, $5, $6, $7)
ON CONFLICT (tenant, partner) DO UPDATE SET
  gap_seconds = CASE WHEN f.reports = 1 THEN greatest(extract(epoch FROM $3 - f.last_heard_at), 0)
    ELSE f.gap_seconds * 0.8 + greatest(extract(epoch FROM $3 - f.last_heard_at), 0) * 0.2 END,
  last_heard_at = greatest(f.last_heard_at, $3),
  reports = f.reports + 1,
  updates = f.updates + $4,
  unmapped = f.unmapped + $5,
  errors = f.errors + $6,
  milestones = f.milestones + $7
RETURNING *
"""
_READ = "SELECT * FROM carrier_feed WHERE tenant = $1 AND partner = $2"
_PAGE = "SELECT * FROM carrier_feed WHERE tenant = $1 AND partner > $2 ORDER BY partner LIMIT $3"
_ON_THE_ROAD = """
SELECT count(*) FROM shipment s WHERE tenant = $1 AND milestone IN ('dispatched', 'out_for_delivery') AND NOT closed
AND EXISTS (SELECT 1 FROM tracking_update u
  WHERE u.tenant = s.tenant AND u.shipment_id = s.shipment_id AND u.reported_by = $2)
"""


class Feeds:
    def __init__(self, driver: Driver, tenant: str, now: datetime) -> None:
        self._driver, self._tenant, self._now = driver, tenant, now

    async def heard(self, partner: str, found: Heard) -> Feed:
        counts = (found.updates, found.unmapped, found.errors, found.milestones)
        return _feed(await self._driver.fetchrow(_HEARD, self._tenant, partner, self._now, *counts))

    async def read(self, partner: str) -> Feed | None:
        row = await self._driver.fetchrow(_READ, self._tenant, partner)
        return _feed(row) if row else None

    async def page(self, after: str, size: int) -> list[Feed]:
        return [_feed(row) for row in await self._driver.fetch(_PAGE, self._tenant, after, size)]

    async def on_the_road(self, partner: str) -> int:
        found: int = await self._driver.fetchval(_ON_THE_ROAD, self._tenant, partner)
        return found


def _feed(row: Any) -> Feed:
    return Feed(
        partner=row["partner"],
        last_heard_at=row["last_heard_at"],
        gap=timedelta(seconds=int(row["gap_seconds"])),
        reports=row["reports"],
        updates=row["updates"],
        unmapped=row["unmapped"],
        errors=row["errors"],
        milestones=row["milestones"],
    )
