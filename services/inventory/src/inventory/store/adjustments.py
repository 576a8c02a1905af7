"""Warehouses' reports as rows, when each place was last counted, and which changes go beyond the policy's limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from crossdock_kit import policy
from crossdock_kit.driver import Driver
from crossdock_kit.policy import PolicyBook, Scope

from inventory.domain.accounts import Account
from inventory.domain.adjusting import Adjustment
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.quantity import Measure, of_rule, plain
from inventory.domain.standing_count import StandingCount
from inventory.domain.stock_report import AdjustmentState, AdjustmentUnknown, CountedPlace, StockAdjustment
from inventory.store.master_data import StoredMasterData

LIMIT = "inventory.adjustment_limit"
"""Its value: {"quantity": "100"}, in the item's base unit, for one line up or down. Where no rule is, no limit is."""

_CLAIM = """
INSERT INTO adjustment (tenant, adjustment_id, business_unit, location_id, system, number, content, state, found_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING adjustment_id
"""
_BY_NUMBER = "SELECT * FROM adjustment WHERE tenant = $1 AND system = $2 AND number = $3"
_BY_ID = "SELECT * FROM adjustment WHERE tenant = $1 AND adjustment_id = $2 FOR UPDATE"
_SAVE = """
UPDATE adjustment SET state = $3, event_version = $4, decided_by = $5, decision = $6
WHERE tenant = $1 AND adjustment_id = $2
"""
# That a key is not empty is said for the index that has only those.
_MOVEMENTS = """
SELECT * FROM movement WHERE tenant = $1 AND posting_key = $2 AND posting_key <> '' ORDER BY movement_id
"""
_NEWEST = """
INSERT INTO last_count (tenant, sku, location_id, business_unit, lot, bucket, reason, counted_at, adjustment_id)
SELECT k.*, $8, $9
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int2[], $7::text[]) AS k
ORDER BY k
ON CONFLICT (tenant, sku, location_id, business_unit, lot, bucket) DO UPDATE
SET counted_at = excluded.counted_at, adjustment_id = excluded.adjustment_id, reason = excluded.reason
WHERE last_count.counted_at <= excluded.counted_at
RETURNING tenant, sku, location_id, business_unit, lot, bucket
"""
_OTHERS = """
SELECT c.* FROM last_count c JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int2[])
  AS k (tenant, sku, location_id, business_unit, bucket) USING (tenant, sku, location_id, business_unit, bucket)
WHERE c.counted_at >= $6 AND c.adjustment_id IS DISTINCT FROM $7
"""
_FORGET = """
DELETE FROM last_count c USING unnest($1::text[], $2::text[], $3::text[], $4::text[])
  AS k (tenant, sku, location_id, business_unit)
WHERE (c.tenant, c.sku, c.location_id, c.business_unit) = (k.tenant, k.sku, k.location_id, k.business_unit)
  AND c.adjustment_id = $5
"""


class StoredAdjustments:
    def __init__(self, driver: Driver, tenant: str, now: datetime) -> None:
        self._driver, self._tenant, self._now = driver, tenant, now

    async def claim(self, report: StockAdjustment) -> StockAdjustment | None:
        """Waits for a twin that is being recorded."""
        its = report
        where = (its.tenant, its.adjustment_id, its.business_unit, its.location_id, its.system, its.number)
        if await self._driver.fetch(_CLAIM, *where, its.content, int(its.state), its.found_at):
            return None
        return await self._found(await self._driver.fetch(_BY_NUMBER, its.tenant, its.system, its.number), its.number)

    async def get(self, adjustment_id: UUID) -> StockAdjustment:
        return await self._found(await self._driver.fetch(_BY_ID, self._tenant, adjustment_id), str(adjustment_id))

    async def _found(self, rows: Sequence[asyncpg.Record], named: str) -> StockAdjustment:
        if not rows:
            raise AdjustmentUnknown(named)
        report = _report(rows[0])
        moved = await self._driver.fetch(_MOVEMENTS, report.tenant, report.subject)
        report.movements = [(row["movement_id"], movement_of(row)) for row in moved]
        return report

    async def save(self, report: StockAdjustment, *, decided_by: str = "", decision: str = "") -> None:
        state = int(report.state), report.event_version
        await self._driver.execute(_SAVE, report.tenant, report.adjustment_id, *state, decided_by, decision)

    async def newest(self, report: StockAdjustment, reasons: Mapping[CountedPlace, str]) -> set[CountedPlace]:
        rows = sorted((*each.key, each.lot, int(each.bucket), reason) for each, reason in reasons.items())
        columns = [list(each) for each in zip(*rows, strict=True)]
        noted = await self._driver.fetch(_NEWEST, *columns, report.found_at, report.adjustment_id)
        return {_place(row) for row in noted}

    async def counted_later(self, report: StockAdjustment, changes: Sequence[Adjustment]) -> list[StandingCount]:
        if not changes:
            return []
        rows = sorted({(*each.key, int(each.bucket)) for each in changes})
        columns = [list(each) for each in zip(*rows, strict=True)]
        found = await self._driver.fetch(_OTHERS, *columns, report.found_at, report.adjustment_id)
        return [StandingCount(_place(row), row["counted_at"], row["reason"]) for row in found]

    async def forget_counts(self, report: StockAdjustment) -> None:
        keys = sorted({movement.key for _, movement in report.movements})
        if keys:
            columns = [list(each) for each in zip(*keys, strict=True)]
            await self._driver.execute(_FORGET, *columns, report.adjustment_id)

    async def beyond_limit(self, changes: Sequence[Adjustment]) -> list[str]:
        """In words, each change that the rule in force does not let pass by itself."""
        book = await policy.read(self._driver, self._tenant, [LIMIT])
        if not (book.of(LIMIT) and changes):
            return []
        items = await StoredMasterData(self._driver).known(self._tenant, {each.key.sku for each in changes})
        return [
            said for each in changes if (said := self._judged(each, items[each.key.sku].category, book)) is not None
        ]

    def _judged(self, change: Adjustment, category: str, book: PolicyBook) -> str | None:
        key = change.key
        place = Scope(business_unit=key.business_unit, item_category=category, location=key.location_id)
        decided = book.decide(LIMIT, place, self._now, None)
        if decided.version == 0:
            return None
        limit = of_rule(decided.value)
        if limit is not None and abs(change.change) <= limit:
            return None
        rule = f"rule {decided.version} allows {plain(limit)}" if limit is not None else _UNREADABLE
        return f"{plain(change.change)} {change.unit} of {key.sku} in {change.bucket.name.lower()}, {rule}"


_UNREADABLE = f"the rule of {LIMIT} says no quantity"


def _key(row: asyncpg.Record) -> StockKey:
    return StockKey(*(row[name] for name in StockKey._fields))


def _place(row: asyncpg.Record) -> CountedPlace:
    return CountedPlace(_key(row), row["lot"], Account(row["bucket"]))


def _report(row: asyncpg.Record) -> StockAdjustment:
    plain_facts = ("tenant", "adjustment_id", "business_unit", "location_id", "system", "number", "content", "found_at")
    return StockAdjustment(
        **{name: row[name] for name in plain_facts},
        state=AdjustmentState(row["state"]),
        event_version=row["event_version"],
    )


def movement_of(row: asyncpg.Record) -> Movement:
    said = None if row["said_quantity"] is None else Measure(row["said_quantity"], row["said_unit"])
    return Movement(
        key=_key(row),
        source=Account(row["source"]),
        target=Account(row["target"]),
        quantity=row["quantity"],
        reason=row["reason"],
        document=Document(
            name=row["document"],
            occurred_at=row["occurred_at"],
            system=row["system"],
            transaction_id=row["transaction_id"],
            posting_key=row["posting_key"],
            conversion=row["conversion"],
        ),
        lot=row["lot"],
        unit=row["unit"],
        said=said,
    )
