"""What shipments hold: so much of each order line packed, handed over, and not wanted any more."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from crossdock_kit.driver import Driver

_ADD = """
INSERT INTO shipment_content AS c (tenant, shipment_id, line_id, packed, issued, called_off, to_stop)
SELECT $1, $2, line_id, packed, issued, called_off, $7
FROM unnest($3::text[], $4::numeric[], $5::numeric[], $6::numeric[]) AS said (line_id, packed, issued, called_off)
ORDER BY line_id
ON CONFLICT (tenant, shipment_id, line_id) DO UPDATE SET packed = c.packed + excluded.packed,
  issued = c.issued + excluded.issued, called_off = c.called_off + excluded.called_off,
  to_stop = c.to_stop OR excluded.to_stop
"""
_WANTED = """
SELECT count(*) FILTER (WHERE greatest(packed, issued) > called_off) > 0 OR coalesce(sum(packed + issued), 0) = 0
FROM shipment_content WHERE tenant = $1 AND shipment_id = $2
"""
_TO_STOP = "SELECT count(*) FROM shipment_content WHERE tenant = $1 AND shipment_id = $2 AND to_stop"
_NONE = Decimal(0)


class Contents:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant

    async def pack(self, shipment_id: str, lines: Mapping[str, Decimal]) -> None:
        await self._add(shipment_id, {name: (quantity, _NONE, _NONE) for name, quantity in lines.items()})

    async def issue(self, shipment_id: str, lines: Mapping[str, Decimal]) -> None:
        await self._add(shipment_id, {name: (_NONE, quantity, _NONE) for name, quantity in lines.items()})

    async def call_off(self, shipment_id: str, lines: Mapping[str, Decimal], *, to_stop: bool) -> None:
        await self._add(shipment_id, {name: (_NONE, _NONE, quantity) for name, quantity in lines.items()}, to_stop)

    async def to_stop(self, shipment_id: str) -> bool:
        asked = await self._driver.fetchval(_TO_STOP, self._tenant, shipment_id)
        return bool(asked) and not await self.wanted(shipment_id)

    async def wanted(self, shipment_id: str) -> bool:
        return bool(await self._driver.fetchval(_WANTED, self._tenant, shipment_id))

    async def _add(
        self, shipment_id: str, lines: Mapping[str, tuple[Decimal, Decimal, Decimal]], to_stop: bool = False
    ) -> None:
        if lines:
            columns = [list(each) for each in zip(*lines.values(), strict=True)]
            await self._driver.execute(_ADD, self._tenant, shipment_id, list(lines), *columns, to_stop)
