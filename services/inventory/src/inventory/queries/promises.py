"""What may be promised on each day of a horizon: stock that is there and supply that is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crossdock_kit.database import Engine, transaction

from inventory.domain.item import Item
from inventory.domain.promising import Due, PromiseDay, confirmed, promise_days, still_to_come
from inventory.domain.quantity import ZERO
from inventory.queries.stock import Row, Where, item_of

_AVAILABLE_BY_PLACE = """
SELECT location_id, sum(available - coalesce((channels::jsonb -> $5 ->> 0)::numeric - safety, 0)) AS available
FROM stock
WHERE tenant = $1 AND sku = $2 AND (cardinality($3::text[]) = 0 OR location_id = ANY ($3))
  AND ($4 = '' OR business_unit = $4)
GROUP BY location_id
"""
_ORDERED = """
SELECT l.location_id, l.line_id, l.used, l.on_order, c.due_on, c.quantity, c.unit
FROM supply_line l JOIN confirmed c USING (tenant, line_id)
WHERE l.tenant = $1 AND l.sku = $2 AND (cardinality($3::text[]) = 0 OR l.location_id = ANY ($3))
  AND ($4 = '' OR l.business_unit = $4) AND c.due_on IS NOT NULL AND l.on_order > 0
"""
_UNDER_WAY = """
SELECT location_id, coalesce(a.due_on, n.due_on) AS due_on, in_transit
FROM notice_line n LEFT JOIN notice_arrival a USING (tenant, notice_id, location_id)
WHERE tenant = $1 AND sku = $2 AND (cardinality($3::text[]) = 0 OR location_id = ANY ($3))
  AND ($4 = '' OR business_unit = $4) AND coalesce(a.due_on, n.due_on) IS NOT NULL AND in_transit > 0
"""


@dataclass(frozen=True, slots=True)
class Promises:
    """What may be promised of an item, by location."""

    item: Item
    days: dict[str, list[PromiseDay]]


async def available_to_promise(engine: Engine, sku: str, where: Where, first: date, horizon_days: int) -> Promises:
    """Available now and confirmed supply by its date: the acknowledged date, or the expected arrival of what is on its
    way. Undated supply is nobody's promise. Raises NoSuchItem."""
    arguments = (where.tenant, sku, list(where.locations), where.business_unit)
    async with transaction(engine, (where.tenant,)) as tx:
        item = await item_of(tx.driver, where.tenant, sku)
        available = await tx.driver.fetch(_AVAILABLE_BY_PLACE, *arguments, where.channel)
        ordered = await tx.driver.fetch(_ORDERED, *arguments)
        under_way = await tx.driver.fetch(_UNDER_WAY, *arguments)
    supply: dict[str, list[Due]] = {row["location_id"]: [] for row in available}
    for place, due in [*_from_orders(ordered, item), *((r["location_id"], _due(r)) for r in under_way)]:
        supply.setdefault(place, []).append(due)
    now = {row["location_id"]: row["available"] for row in available}
    return Promises(
        item,
        {
            place: promise_days(now.get(place, ZERO), dues, (), first, horizon_days)
            for place, dues in sorted(supply.items())
        },
    )


def _due(row: Row) -> Due:
    return Due(row["due_on"], row["in_transit"])


def _from_orders(rows: Sequence[Row], item: Item) -> list[tuple[str, Due]]:
    lines: dict[str, list[Row]] = {}
    for row in rows:
        lines.setdefault(row["line_id"], []).append(row)
    return [
        (line[0]["location_id"], due)
        for line in lines.values()
        for due in still_to_come(
            [confirmed(row["due_on"], row["quantity"], row["unit"], item) for row in line],
            line[0]["used"],
            line[0]["on_order"],
        )
    ]
