"""Which shipments announced a handling unit, and when: a code may not come again within a year."""

from __future__ import annotations

from datetime import datetime

from crossdock_kit.database.claims import groups_claimed
from crossdock_kit.database.upserts import upsert
from crossdock_kit.driver import Driver

from procurement.domain.ship_notice import ShipNotice
from procurement.ports import AnnouncedUnit
from procurement.store import tables

_ELSEWHERE = """
SELECT sscc, supplier_id, number, announced_at FROM handling_unit
WHERE tenant = $1 AND sscc = ANY($2::text[]) AND announced_at >= $3 AND (supplier_id, number) <> ($4, $5)
ORDER BY sscc, announced_at
"""


class HandlingUnits:
    def __init__(self, driver: Driver, tenant: str, now: datetime) -> None:
        self._driver, self._tenant, self._now = driver, tenant, now

    async def announce(self, notice: ShipNotice, since: datetime) -> list[AnnouncedUnit]:
        units = sorted(notice.handling_units)
        if not units:
            return []
        # Two shipments that announce one unit at the same moment: the second sees the first.
        await groups_claimed(self._driver, self._tenant, "sscc", units)
        found = await self._driver.fetch(_ELSEWHERE, self._tenant, units, since, notice.supplier_id, notice.number)
        shipment = {"tenant": self._tenant, "supplier_id": notice.supplier_id, "number": notice.number}
        rows = [shipment | {"sscc": each, "announced_at": self._now} for each in units]
        await upsert(self._driver, tables.handling_unit, rows)
        return [AnnouncedUnit(**dict(each)) for each in found]
