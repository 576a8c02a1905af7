"""What is to come of keys by day, as it stands after a booking, and what was last told of it.

The row of what was told is locked in key order before anything is read, so that two bookings of one key are told in
the order in which they can be seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from crossdock_kit.driver import Driver

from inventory.domain.item import Item
from inventory.domain.movement import StockKey
from inventory.domain.promising import confirmed, still_to_come
from inventory.domain.quantity import ZERO
from inventory.domain.supply import SupplyLot, SupplyStand, nearest
from inventory.store.master_data import StoredMasterData

Row = Any
"""A row as asyncpg gives it, read by column name."""

_KEY = "tenant, sku, location_id, business_unit"
_KEYS = f"unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS k ({_KEY})"
_CLAIM = f"""
INSERT INTO supply_told ({_KEY}) SELECT {_KEY} FROM {_KEYS} ORDER BY {_KEY}
ON CONFLICT ({_KEY}) DO UPDATE SET event_version = supply_told.event_version
RETURNING {_KEY}, event_version, content
"""  # noqa: S608
_ORDERED = f"""
SELECT {_KEY}, l.line_id, l.used, l.on_order, c.due_on, c.quantity, c.unit
FROM {_KEYS} JOIN supply_line l USING ({_KEY}) JOIN confirmed c USING (tenant, line_id)
WHERE c.due_on IS NOT NULL AND l.on_order > 0
"""  # noqa: S608
_UNDER_WAY = f"""
SELECT {_KEY}, n.notice_id, n.order_line_id AS line_id, coalesce(a.due_on, n.due_on) AS due_on,
  n.in_transit AS quantity
FROM {_KEYS} JOIN notice_line n USING ({_KEY}) LEFT JOIN notice_arrival a USING (tenant, notice_id, location_id)
WHERE coalesce(a.due_on, n.due_on) IS NOT NULL AND n.in_transit > 0
"""  # noqa: S608
_AVAILABLE = f"SELECT {_KEY}, available FROM {_KEYS} JOIN stock USING ({_KEY})"  # noqa: S608
_TOLD = f"""
UPDATE supply_told t SET event_version = s.event_version, content = s.content
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
  AS s ({_KEY}, event_version, content)
WHERE (t.tenant, t.sku, t.location_id, t.business_unit) = (s.tenant, s.sku, s.location_id, s.business_unit)
"""  # noqa: S608


async def tell(driver: Driver, keys: Iterable[StockKey]) -> list[tuple[SupplyStand, int]]:
    """As the port says."""
    wanted = sorted(set(keys))
    if not wanted:
        return []
    told = {_key(row): row for row in await driver.fetch(_CLAIM, *_columns(wanted))}
    stands = await _stands(driver, wanted)
    changed = [
        (each, told[each.key]["event_version"] + 1) for each in stands if each.content != told[each.key]["content"]
    ]
    if changed:
        columns = _columns([each.key for each, _ in changed])
        await driver.execute(_TOLD, *columns, [count for _, count in changed], [each.content for each, _ in changed])
    return changed


async def _stands(driver: Driver, keys: Sequence[StockKey]) -> list[SupplyStand]:
    columns = _columns(keys)
    items = await _items(driver, keys)
    lots: dict[StockKey, list[SupplyLot]] = defaultdict(list)
    lines: dict[tuple[StockKey, str], list[Row]] = defaultdict(list)
    for row in await driver.fetch(_ORDERED, *columns):
        lines[_key(row), row["line_id"]].append(row)
    for (key, line_id), rows in lines.items():
        if item := items.get(key):
            said = [confirmed(row["due_on"], row["quantity"], row["unit"], item) for row in rows]
            left = still_to_come(said, rows[0]["used"], rows[0]["on_order"])
            lots[key] += [SupplyLot(each.on, line_id, "", each.quantity) for each in left]
    for row in await driver.fetch(_UNDER_WAY, *columns):
        lots[_key(row)].append(SupplyLot(row["due_on"], row["line_id"], row["notice_id"], row["quantity"]))
    there: dict[StockKey, Decimal] = {_key(row): row["available"] for row in await driver.fetch(_AVAILABLE, *columns)}
    return [
        SupplyStand(key, items[key].base_unit if key in items else "", nearest(lots[key]), there.get(key, ZERO))
        for key in keys
    ]


async def _items(driver: Driver, keys: Sequence[StockKey]) -> dict[StockKey, Item]:
    """Of the items that are known; of others no promise can be read in base units."""
    known: dict[tuple[str, str], Item] = {}
    for tenant in {key.tenant for key in keys}:
        found = await StoredMasterData(driver).known(tenant, {key.sku for key in keys if key.tenant == tenant})
        known |= {(tenant, sku): item for sku, item in found.items()}
    return {key: known[key.tenant, key.sku] for key in keys if (key.tenant, key.sku) in known}


def _key(row: Row) -> StockKey:
    return StockKey(row["tenant"], row["sku"], row["location_id"], row["business_unit"])


def _columns(keys: Sequence[StockKey]) -> list[list[str]]:
    return [list(each) for each in zip(*keys, strict=True)]
