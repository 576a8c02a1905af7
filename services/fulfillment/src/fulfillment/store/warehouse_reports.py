"""What warehouses reported, found by place and number; whoever asks first for a new one has it."""

from __future__ import annotations

from collections.abc import Iterable

from crossdock_kit.database.claims import claimed
from crossdock_kit.driver import Driver

from fulfillment.domain.warehouse_report import Kind, Shipment, WarehouseReport
from fulfillment.store import rows

_REPORT = "SELECT * FROM warehouse_report WHERE tenant = $1 AND kind = $2 AND location_id = $3 AND number = $4"
_SHIPMENT = (
    "SELECT * FROM outbound_shipment WHERE tenant = $1 AND location_id = $2 AND number = $3 AND supplier_id = ''"
    " FOR UPDATE"
)
_SUPPLIERS = (
    "SELECT * FROM outbound_shipment WHERE tenant = $1 AND location_id = '' AND supplier_id = $2 AND number = $3"
    " FOR UPDATE"
)
_BY_ID = "SELECT * FROM outbound_shipment WHERE tenant = $1 AND shipment_id = $2 FOR UPDATE"
_BARRED = """
SELECT * FROM outbound_shipment WHERE tenant = $1 AND barred <> '{}' AND $2 = ANY(barred)
ORDER BY shipment_id FOR UPDATE
"""
_ORDERS = "SELECT number, order_id FROM sales_order WHERE tenant = $1 AND number = ANY($2::text[]) ORDER BY order_id"


class WarehouseReportRows:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant

    async def claim(self, kind: Kind, location_id: str, number: str) -> WarehouseReport | None:
        await claimed(self._driver, self._tenant, "warehouse_report", kind.value, location_id, number)
        row = await self._driver.fetchrow(_REPORT, self._tenant, kind.value, location_id, number)
        return None if row is None else rows.read_report(row)

    async def claim_shipment(self, location_id: str, number: str) -> Shipment | None:
        await claimed(self._driver, self._tenant, "outbound_shipment", location_id, number)
        row = await self._driver.fetchrow(_SHIPMENT, self._tenant, location_id, number)
        return None if row is None else rows.read_shipment(row)

    async def claim_supplier_shipment(self, supplier_id: str, number: str) -> Shipment | None:
        await claimed(self._driver, self._tenant, "drop_shipment", supplier_id, number)
        row = await self._driver.fetchrow(_SUPPLIERS, self._tenant, supplier_id, number)
        return None if row is None else rows.read_shipment(row)

    async def lock_shipment(self, shipment_id: str) -> Shipment | None:
        row = await self._driver.fetchrow(_BY_ID, self._tenant, shipment_id)
        return None if row is None else rows.read_shipment(row)

    async def barred_by(self, order_id: str) -> list[Shipment]:
        return [rows.read_shipment(row) for row in await self._driver.fetch(_BARRED, self._tenant, order_id)]

    async def order_ids(self, numbers: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in await self._driver.fetch(_ORDERS, self._tenant, sorted(set(numbers))):
            found.setdefault(row["number"], []).append(row["order_id"])
        return found
