"""Order lines of which another quantity was received than invoiced, found by an index of exactly these."""

from __future__ import annotations

from datetime import date

from crossdock_kit.driver import Driver

from procurement.domain.accrual import Accrual
from procurement.domain.quantities import plain
from procurement.ports import AccrualPage
from procurement.store import json_values as values
from procurement.store.master_data import KnownMasterData
from procurement.store.tables import NOT_INVOICED

_PAGE = f"""
SELECT o.business_unit, o.supplier_id, o.purchase_order_id, o.number, l.line_id, l.line_number, l.sku, l.base_unit,
  l.received + CASE WHEN l.drop_ship_party_id <> '' THEN l.shipped ELSE 0 END AS delivered, l.invoiced, l.quantity,
  l.factor, l.price
FROM purchase_order_line l JOIN purchase_order o USING (tenant, purchase_order_id)
WHERE l.tenant = $1 AND l.line_id > $2 AND {NOT_INVOICED} AND ($3 = '' OR o.business_unit = $3)
  AND ($4 = '' OR o.supplier_id = $4)
ORDER BY l.line_id LIMIT $5
"""  # noqa: S608 - only a constant


class Accruals:
    def __init__(self, driver: Driver, tenant: str, today: date) -> None:
        self._driver, self._tenant = driver, tenant
        self._master_data = KnownMasterData(driver, tenant, today)

    async def page(self, page: AccrualPage) -> list[Accrual]:
        rows = await self._driver.fetch(
            _PAGE, self._tenant, page.after, page.business_unit, page.supplier_id, page.size
        )
        items = await self._master_data.items({row["sku"] for row in rows}) if rows else {}
        return [
            Accrual(
                business_unit=row["business_unit"],
                supplier_id=row["supplier_id"],
                purchase_order_id=row["purchase_order_id"],
                number=row["number"],
                line_id=row["line_id"],
                line_number=row["line_number"],
                sku=row["sku"],
                received=plain(row["delivered"]),
                invoiced=plain(row["invoiced"]),
                base_unit=row["base_unit"],
                unit=values.read_quantity(row["quantity"]).unit,
                factor=plain(row["factor"]),
                price=values.read_price(row["price"]),
                item=items.get(row["sku"]),
            )
            for row in rows
        ]
