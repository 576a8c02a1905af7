"""What is known of items near the instant of a statement: what moved, and which reports have not come.

Two queries for all items of a statement that differ, whatever their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import asyncpg
from crossdock_kit.driver import Driver

from inventory.domain.accounts import PHYSICAL, Account
from inventory.domain.likely_cause import Awaited, Known, Near
from inventory.domain.reservation import State
from inventory.store.moved_since import CLOCKS_DIFFER_BY, first_id_at

NEAR = timedelta(hours=12)
"""A shift and a half: what was under way at the instant has arrived by then."""

_WHERE = "tenant = $1 AND location_id = $2 AND business_unit = $3 AND sku = ANY ($4::text[])"
_NEAR = """
SELECT m.sku, m.lot, m.source, m.target, m.quantity, m.occurred_at, m.document
FROM unnest($4::text[]) AS i (sku) CROSS JOIN LATERAL (
  SELECT * FROM movement m WHERE tenant = $1 AND location_id = $2 AND business_unit = $3 AND m.sku = i.sku
    AND m.movement_id >= $5 AND m.occurred_at BETWEEN $6 AND $7 OFFSET 0
) AS m
"""
_SELLABLE, _STAGED = int(Account.SELLABLE), int(Account.STAGED)
_RECEIVED = ", ".join(str(int(each)) for each in sorted(PHYSICAL - {Account.RETURNED}))
_AWAITED = f"""
SELECT sku, '' AS lot, b.bucket, in_transit AS change,
  CASE WHEN notice_id LIKE 'transfer/%' THEN notice_id ELSE 'ship_notice/' || notice_id END AS document
FROM notice_line, unnest(ARRAY[{_RECEIVED}]) AS b (bucket) WHERE {_WHERE} AND in_transit > 0
UNION ALL
SELECT sku, lot, b.bucket, b.sign * to_put_away, 'put_away/' || lot
FROM lot_stock, (VALUES ({_SELLABLE}, 1), ({_STAGED}, -1)) AS b (bucket, sign) WHERE {_WHERE} AND to_put_away > 0
UNION ALL
SELECT a.sku, a.lot, b.bucket, b.sign * a.quantity, 'pick/' || coalesce(nullif(r.reference, ''), a.reservation_id::text)
FROM allocation a JOIN reservation r USING (tenant, reservation_id),
  (VALUES ({_SELLABLE}, -1), ({_STAGED}, 1)) AS b (bucket, sign)
WHERE a.tenant = $1 AND a.location_id = $2 AND r.business_unit = $3 AND a.sku = ANY ($4::text[])
  AND r.state = {int(State.ALLOCATED)}
ORDER BY document, lot
"""  # noqa: S608


async def known_around(
    driver: Driver, place: tuple[str, str, str], skus: Sequence[str], as_of: datetime
) -> dict[str, Known]:
    """By item. `place`: tenant, location and business unit."""
    if not skus:
        return {}
    floor = first_id_at(as_of - NEAR - CLOCKS_DIFFER_BY)
    moved = await driver.fetch(_NEAR, *place, list(skus), floor, as_of - NEAR, as_of + NEAR)
    awaited = await driver.fetch(_AWAITED, *place, list(skus))
    near: dict[str, list[Near]] = {}
    for row in moved:
        near.setdefault(row["sku"], []).extend(_changes(row))
    missing: dict[str, list[Awaited]] = {}
    for row in awaited:
        change = Awaited(row["lot"], Account(row["bucket"]), row["change"], row["document"])
        missing.setdefault(row["sku"], []).append(change)
    return {sku: Known(near.get(sku, ()), missing.get(sku, ())) for sku in near.keys() | missing.keys()}


def _changes(row: asyncpg.Record) -> Iterator[Near]:
    for account, change in ((Account(row["source"]), -row["quantity"]), (Account(row["target"]), row["quantity"])):
        if account in PHYSICAL:
            yield Near(row["lot"], account, change, row["occurred_at"], row["document"])
