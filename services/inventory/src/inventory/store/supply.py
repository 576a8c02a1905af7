"""What suppliers owe, by order line and by ship notice, as signed sums; and when they promised it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crossdock_kit.driver import Driver

from inventory.domain.inbound import Confirmed, NoticeChange, SupplyChange
from inventory.domain.movement import StockKey
from inventory.domain.supply import Arrival, SupplyStand
from inventory.store import supply_told

# A line stands where it was last put on order: a revision may move it to another place or item.
_LINES = """
WITH summed AS (
  SELECT tenant, line_id, bool_or(on_order > 0) AS placed, sum(on_order) AS on_order, sum(used) AS used,
    (array_agg(sku ORDER BY on_order DESC))[1] AS sku,
    (array_agg(location_id ORDER BY on_order DESC))[1] AS location_id,
    max(business_unit) AS business_unit
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::numeric[], $7::numeric[])
    AS c (tenant, sku, location_id, business_unit, line_id, on_order, used)
  GROUP BY tenant, line_id
)
INSERT INTO supply_line (tenant, line_id, sku, location_id, business_unit, on_order, used)
SELECT tenant, line_id, sku, location_id, business_unit, on_order, used FROM summed ORDER BY tenant, line_id
ON CONFLICT (tenant, line_id) DO UPDATE SET
  on_order = supply_line.on_order + excluded.on_order, used = supply_line.used + excluded.used,
  (sku, location_id) = (
    SELECT CASE WHEN s.placed THEN s.sku ELSE supply_line.sku END,
      CASE WHEN s.placed THEN s.location_id ELSE supply_line.location_id END
    FROM summed s WHERE s.tenant = excluded.tenant AND s.line_id = excluded.line_id)
"""
_NOTICES = """
INSERT INTO notice_line (tenant, notice_id, order_line_id, sku, location_id, business_unit, in_transit, due_on)
SELECT tenant, notice_id, order_line_id, sku, location_id, max(business_unit), sum(in_transit), max(due_on)
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::date[])
  AS c (tenant, sku, location_id, business_unit, notice_id, order_line_id, in_transit, due_on)
GROUP BY tenant, notice_id, order_line_id, sku, location_id
ORDER BY tenant, notice_id, order_line_id, sku, location_id
ON CONFLICT (tenant, notice_id, order_line_id, sku, location_id) DO UPDATE SET
  in_transit = notice_line.in_transit + excluded.in_transit, due_on = coalesce(excluded.due_on, notice_line.due_on)
"""
_ARRIVALS = """
INSERT INTO notice_arrival (tenant, notice_id, location_id, due_on)
SELECT tenant, notice_id, location_id, due_on FROM unnest($1::text[], $2::text[], $3::text[], $4::date[])
  AS a (tenant, notice_id, location_id, due_on)
ORDER BY tenant, notice_id, location_id
ON CONFLICT (tenant, notice_id, location_id) DO UPDATE SET due_on = excluded.due_on
"""
_FORGET = """
DELETE FROM confirmed USING unnest($1::text[], $2::text[]) AS o (tenant, purchase_order_id)
WHERE confirmed.tenant = o.tenant AND confirmed.purchase_order_id = o.purchase_order_id
"""
_CONFIRMED = """
INSERT INTO confirmed (tenant, purchase_order_id, line_id, schedule_id, quantity, unit, due_on)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::text[], $7::date[])
"""


class StoredSupply:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def apply(self, lines: Sequence[SupplyChange], notices: Sequence[NoticeChange]) -> None:
        if lines:
            rows = zip(*((*each.key, each.line_id, each.on_order, each.used) for each in lines), strict=True)
            await self._driver.execute(_LINES, *(list(column) for column in rows))
        if notices:
            changes = (
                (*each.key, each.notice_id, each.order_line_id, each.in_transit, each.due_on) for each in notices
            )
            await self._driver.execute(_NOTICES, *(list(column) for column in zip(*changes, strict=True)))

    async def expect(self, arrivals: Sequence[Arrival]) -> None:
        if arrivals:
            rows = ((each.tenant, each.notice_id, each.location_id, each.due_on) for each in arrivals)
            await self._driver.execute(_ARRIVALS, *(list(column) for column in zip(*rows, strict=True)))

    async def tell(self, keys: Iterable[StockKey]) -> list[tuple[SupplyStand, int]]:
        return await supply_told.tell(self._driver, keys)

    async def replace_confirmed(self, orders: Iterable[tuple[str, str]], confirmed: Sequence[Confirmed]) -> None:
        ordered = sorted(set(orders))
        if not ordered:
            return
        await self._driver.execute(_FORGET, [tenant for tenant, _ in ordered], [order for _, order in ordered])
        if confirmed:
            rows = (
                (c.tenant, c.purchase_order_id, c.line_id, c.schedule_id, c.measure.value, c.measure.unit, c.due_on)
                for c in confirmed
            )
            await self._driver.execute(_CONFIRMED, *(list(column) for column in zip(*rows, strict=True)))
