"""Reports of goods that were put away, held or released, as rows; and what of each lot waits to be put away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import asyncpg
from crossdock_kit.driver import Driver

from inventory.domain.movement import Movement, StockKey
from inventory.domain.quantity import ZERO
from inventory.domain.stock_move import Place, StockMoveReport, to_put_away
from inventory.store.adjustments import movement_of

_CLAIM = """
INSERT INTO stock_move (tenant, report_id, business_unit, location_id, system, number, content, reported, moved_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING report_id
"""
_BY_NUMBER = "SELECT * FROM stock_move WHERE tenant = $1 AND system = $2 AND number = $3"
_SAVE = """
UPDATE stock_move SET event_version = $3, skus = $4, movement_ids = $5 WHERE tenant = $1 AND report_id = $2
"""
_MOVEMENTS = """
SELECT * FROM movement WHERE tenant = $1 AND sku = ANY ($2::text[]) AND movement_id = ANY ($3::uuid[])
ORDER BY movement_id
"""
# The rows are there: the movements have touched them. Whoever changes stock holds its lock.
_WAITS = """
UPDATE lot_stock s SET to_put_away = s.to_put_away + k.change
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::numeric[])
  AS k (tenant, sku, location_id, business_unit, lot, change)
WHERE s.tenant = k.tenant AND s.sku = k.sku AND s.location_id = k.location_id AND s.business_unit = k.business_unit
  AND s.lot = k.lot
RETURNING s.tenant, s.sku, s.location_id, s.business_unit, s.lot, s.to_put_away, k.change
"""


class StoredStockMoves:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def claim(self, report: StockMoveReport) -> StockMoveReport | None:
        """Waits for a twin that is being recorded."""
        its = report
        where = (its.tenant, its.report_id, its.business_unit, its.location_id, its.system, its.number)
        if await self._driver.fetch(_CLAIM, *where, its.content, its.reported, its.moved_at):
            return None
        [row] = await self._driver.fetch(_BY_NUMBER, its.tenant, its.system, its.number)
        return await self._found(row)

    async def _found(self, row: asyncpg.Record) -> StockMoveReport:
        plain_facts = ("tenant", "report_id", "business_unit", "location_id", "system", "number", "content", "moved_at")
        moved = await self._driver.fetch(_MOVEMENTS, row["tenant"], row["skus"], row["movement_ids"])
        return StockMoveReport(
            **{name: row[name] for name in plain_facts},
            reported=row["reported"],
            event_version=row["event_version"],
            movements=[(each["movement_id"], movement_of(each)) for each in moved],
        )

    async def save(self, report: StockMoveReport) -> None:
        skus = sorted({movement.key.sku for _, movement in report.movements})
        ids = [movement_id for movement_id, _ in report.movements]
        await self._driver.execute(_SAVE, report.tenant, report.report_id, report.event_version, skus, ids)


def waiting_of(movements: Iterable[Movement]) -> dict[Place, Decimal]:
    """What these movements change in what waits to be put away."""
    changes: dict[Place, Decimal] = {}
    for each in movements:
        if change := to_put_away(each):
            place = each.key, each.lot
            changes[place] = changes.get(place, ZERO) + change
    return {place: change for place, change in changes.items() if change}


async def note_waiting(driver: Driver, changes: Mapping[Place, Decimal]) -> list[Place]:
    """Adds the changes; gives the lots of which more had been put away than received, and has not any more."""
    rows = [(*key, lot, change) for (key, lot), change in sorted(changes.items())]
    noted = await driver.fetch(_WAITS, *(list(column) for column in zip(*rows, strict=True)))
    return [
        (StockKey(*(row[name] for name in StockKey._fields)), row["lot"])
        for row in noted
        if row["to_put_away"] - row["change"] < 0 <= row["to_put_away"]
    ]
