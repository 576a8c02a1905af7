"""Movements that happened after an instant, by the clock of where they happened.

Ids of movements begin with the time of recording, so the newest of an item are found by its index however many there
are. What was recorded more than a day before the instant cannot have happened after it: no clock is that wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from crossdock_kit.driver import Driver

from inventory.domain.accounts import PHYSICAL, Account
from inventory.domain.held import Place
from inventory.domain.movement import StockKey

CLOCKS_DIFFER_BY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE = """
SELECT tenant, sku, location_id, business_unit, lot, source, target, sum(quantity) AS quantity
FROM movement JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[])
  AS k (tenant, sku, location_id, business_unit) USING (tenant, sku, location_id, business_unit)
WHERE movement_id >= $5 AND occurred_at > $6
GROUP BY tenant, sku, location_id, business_unit, lot, source, target
"""


def first_id_at(instant: datetime) -> UUID:
    """No id that was made at that instant or later is smaller (RFC 9562: the first 48 bits count milliseconds)."""
    return UUID(int=max(0, (instant - _EPOCH) // timedelta(milliseconds=1)) << 80)


async def moved_since(
    driver: Driver, keys: Sequence[StockKey], at: datetime, now: datetime
) -> list[tuple[Place, Decimal]]:
    """Signed changes of physical places after `at`."""
    columns = [list(each) for each in zip(*sorted(set(keys)), strict=True)]
    rows = await driver.fetch(_SINCE, *columns, first_id_at(min(at, now) - CLOCKS_DIFFER_BY), at)
    found: list[tuple[Place, Decimal]] = []
    for row in rows:
        key = StockKey(*(row[name] for name in StockKey._fields))
        found.extend(_changes(key, row["lot"], Account(row["source"]), -row["quantity"]))
        found.extend(_changes(key, row["lot"], Account(row["target"]), row["quantity"]))
    return found


def _changes(key: StockKey, lot: str, account: Account, change: Decimal) -> Iterator[tuple[Place, Decimal]]:
    if account in PHYSICAL:
        yield (key, lot, account), change
