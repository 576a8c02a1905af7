"""Which shipments announced a handling unit, and when: a code may not come again within a year."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from crossdock_kit.database.upserts import upsert
from crossdock_kit.driver import Driver

from procurement.domain.ship_notice import ShipNotice
from procurement.ports import AnnouncedUnit
from procurement.store import tables

# Two shipments that announce one unit at the same moment: the second sees the first.
_LOCK = "SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k"
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
        await self._driver.execute(_LOCK, sorted(self._key(each) for each in units))
        found = await self._driver.fetch(_ELSEWHERE, self._tenant, units, since, notice.supplier_id, notice.number)
        shipment = {"tenant": self._tenant, "supplier_id": notice.supplier_id, "number": notice.number}
        rows = [shipment | {"sscc": each, "announced_at": self._now} for each in units]
        await upsert(self._driver, tables.handling_unit, rows)
        return [AnnouncedUnit(**dict(each)) for each in found]

    def _key(self, sscc: str) -> int:
        return int.from_bytes(
            blake2b(f"sscc\x1f{self._tenant}\x1f{sscc}".encode(), digest_size=8).digest(), signed=True
        )
