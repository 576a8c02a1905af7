"""All stock as the ledger had it at an instant, page by page, for systems that keep their own copy.

A page is one short statement that sees one state: what lies there now, less what was recorded since. So pages that are
read at different times are of the same instant, the same instant gives the same pages again, and nobody is locked out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from crossdock_kit import json_rows
from crossdock_kit.database import Engine, transaction
from crossdock_kit.driver import Driver

from inventory.domain.accounts import BY_LOT, Account
from inventory.domain.quantity import ZERO
from inventory.domain.reports import Lying, Snapshot, SnapshotNotSettled, SnapshotTooOld, StockPlace
from inventory.store.master_data import described
from inventory.store.moved_since import CLOCKS_DIFFER_BY, first_id_at

SETTLED_AFTER = timedelta(minutes=1)
"""No transaction of a service lasts so long: what was begun by then is there or will never be."""
OLDEST = timedelta(days=35)
PAGE = 1000
BUCKETS = tuple(sorted(BY_LOT))
_COLUMNS = ", ".join(f"s.{each.name.lower()}" for each in BUCKETS)
_PAGE = f"""
SELECT s.sku, s.location_id, s.business_unit, s.lot, {_COLUMNS}, coalesce(i.base_unit, '') AS unit
FROM lot_stock s {described("s")}
WHERE s.tenant = $1 AND (s.sku, s.location_id, s.business_unit, s.lot) > ($2, $3, $4, $5)
  AND ($6 = '' OR s.business_unit = $6) AND ($7 = '' OR s.location_id = $7)
ORDER BY s.sku, s.location_id, s.business_unit, s.lot LIMIT $8
"""  # noqa: S608 - only constants of this module
# Ids begin with the time of their making: of each item the newest are found by the ledger's own key.
_READ = f"""
WITH page AS MATERIALIZED ({_PAGE}), since AS MATERIALIZED (
  SELECT m.sku, m.location_id, m.business_unit, m.lot, m.source, m.target, sum(m.quantity) AS quantity
  FROM movement m
  WHERE m.tenant = $1 AND m.sku = ANY (ARRAY(SELECT DISTINCT sku FROM page)) AND m.movement_id >= $9
    AND m.recorded_at >= $10
  GROUP BY m.sku, m.location_id, m.business_unit, m.lot, m.source, m.target
)
SELECT p.*, coalesce((
  SELECT jsonb_agg(jsonb_build_array(n.source, n.target, n.quantity::text)) FROM since n
  WHERE (n.sku, n.location_id, n.business_unit, n.lot) = (p.sku, p.location_id, p.business_unit, p.lot)), '[]')::text
  AS since
FROM page p ORDER BY p.sku, p.location_id, p.business_unit, p.lot
"""  # noqa: S608 - only constants of this module


async def snapshot(engine: Engine, wanted: Snapshot) -> AsyncIterator[tuple[datetime, list[Lying]]]:
    """Pages of what lay there, with the instant; the last is empty. Raises SnapshotNotSettled, SnapshotTooOld."""
    async with transaction(engine, (wanted.tenant,)) as tx:
        as_of = await _instant(tx.driver, wanted)
    after: StockPlace = ("", "", "", "")
    more = True
    while more:
        async with transaction(engine, (wanted.tenant,)) as tx:
            rows = await _rows(tx.driver, wanted, as_of, after)
        more = len(rows) == PAGE
        if rows:
            after = rows[-1].place
        if found := [each for each in rows if any(each.quantities.values())]:
            yield as_of, found
    yield as_of, []


async def _instant(driver: Driver, wanted: Snapshot) -> datetime:
    now: datetime = await driver.fetchval("SELECT now()")
    latest, earliest = now - SETTLED_AFTER, now - OLDEST
    as_of = wanted.as_of or latest
    if as_of > latest:
        raise SnapshotNotSettled(as_of, latest)
    if as_of < earliest:
        raise SnapshotTooOld(as_of, earliest)
    return as_of


async def _rows(driver: Driver, wanted: Snapshot, as_of: datetime, after: StockPlace) -> list[Lying]:
    rows = await driver.fetch(
        _READ,
        wanted.tenant,
        *after,
        wanted.business_unit,
        wanted.location_id,
        PAGE,
        first_id_at(as_of - CLOCKS_DIFFER_BY),
        as_of,
    )
    return [_lying(row) for row in rows]


def _lying(row: Any) -> Lying:
    change: dict[Account, Decimal] = defaultdict(lambda: ZERO)
    for source, target, quantity in json_rows.decode(row["since"]):
        change[Account(source)] -= Decimal(quantity)
        change[Account(target)] += Decimal(quantity)
    return Lying(
        (row["sku"], row["location_id"], row["business_unit"], row["lot"]),
        row["unit"],
        {each: row[each.name.lower()] - change[each] for each in BUCKETS},
    )
