"""Transfers as rows. Who works on one holds a lock on its number, because the row may not be there yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import asyncpg
from crossdock_kit.database.claims import claimed
from crossdock_kit.driver import Driver

from inventory.domain.stock_transfer import StockTransfer, TransferLine

_WHERE = "tenant = $1 AND business_unit = $2 AND number = $3"
_KNOWN = f"SELECT * FROM stock_transfer WHERE {_WHERE}"  # noqa: S608
_LINES = """
SELECT business_unit, number, sku, unit, sent, received, missing FROM stock_transfer_line
WHERE tenant = $1 AND (business_unit, number) IN (SELECT * FROM unnest($2::text[], $3::text[])) ORDER BY sku
"""
_RECEIPT = """
INSERT INTO stock_transfer_receipt (tenant, system, number, business_unit, transfer_number, content)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING content
"""
_RECEIVED = "SELECT content FROM stock_transfer_receipt WHERE tenant = $1 AND system = $2 AND number = $3"
_SAVE = """
INSERT INTO stock_transfer (tenant, business_unit, number, transfer_id, from_location, to_location, system, content,
  sent_at, expected_on, final, awaited, event_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (tenant, business_unit, number) DO UPDATE SET from_location = excluded.from_location,
  system = excluded.system, content = excluded.content, sent_at = excluded.sent_at,
  expected_on = excluded.expected_on, final = excluded.final, event_version = excluded.event_version,
  awaited = excluded.awaited AND (stock_transfer.awaited OR stock_transfer.sent_at IS NULL)
"""
_SAVE_LINES = """
INSERT INTO stock_transfer_line (tenant, business_unit, number, sku, unit, sent, received, missing)
SELECT $1, $2, $3, * FROM unnest($4::text[], $5::text[], $6::numeric[], $7::numeric[], $8::numeric[])
ON CONFLICT (tenant, business_unit, number, sku) DO UPDATE SET sent = excluded.sent, received = excluded.received,
  missing = excluded.missing
"""
_OVERDUE = """
UPDATE stock_transfer SET awaited = false
WHERE (tenant, business_unit, number) IN (
  SELECT tenant, business_unit, number FROM stock_transfer WHERE tenant = $1 AND awaited AND expected_on < $2
  ORDER BY expected_on, business_unit, number LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING *
"""


class StoredTransfers:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant

    async def claim(self, business_unit: str, number: str) -> StockTransfer | None:
        await claimed(self._driver, self._tenant, "stock transfer", business_unit, number)
        return await self.find(business_unit, number)

    async def find(self, business_unit: str, number: str) -> StockTransfer | None:
        """As others may change it at any time."""
        found = await self._with_lines(await self._driver.fetch(_KNOWN, self._tenant, business_unit, number))
        return found[0] if found else None

    async def claim_receipt(self, transfer: StockTransfer, system: str, number: str, content: str) -> str | None:
        of = transfer.business_unit, transfer.number
        if await self._driver.fetchval(_RECEIPT, self._tenant, system, number, *of, content) is not None:
            return None
        known: str = await self._driver.fetchval(_RECEIVED, self._tenant, system, number)
        return known

    async def save(self, transfer: StockTransfer) -> None:
        its, lines = transfer, list(transfer.lines.values())
        key = its.tenant, its.business_unit, its.number
        way = its.transfer_id, its.from_location, its.to_location, its.system, its.content
        awaited = its.sent_at is not None and its.under_way
        await self._driver.execute(
            _SAVE, *key, *way, its.sent_at, its.expected_on, its.final, awaited, its.event_version
        )
        if lines:
            rows = ((each.sku, each.unit, each.sent, each.received, each.missing) for each in lines)
            await self._driver.execute(_SAVE_LINES, *key, *(list(column) for column in zip(*rows, strict=True)))

    async def take_overdue(self, today: date, most: int) -> list[StockTransfer]:
        return await self._with_lines(await self._driver.fetch(_OVERDUE, self._tenant, today, most))

    async def _with_lines(self, rows: Sequence[asyncpg.Record]) -> list[StockTransfer]:
        if not rows:
            return []
        names = [row["business_unit"] for row in rows], [row["number"] for row in rows]
        lines = await self._driver.fetch(_LINES, self._tenant, *names)
        return [_transfer(row, (each for each in lines if _of(each) == _of(row))) for row in rows]


def _of(row: asyncpg.Record) -> tuple[str, str]:
    return row["business_unit"], row["number"]


def _transfer(row: asyncpg.Record, lines: Iterable[asyncpg.Record]) -> StockTransfer:
    facts = ("tenant", "transfer_id", "business_unit", "number", "from_location", "to_location", "system", "content")
    dates = ("sent_at", "expected_on", "final", "event_version")
    line = ("sku", "unit", "sent", "received", "missing")
    return StockTransfer(
        **{name: row[name] for name in (*facts, *dates)},
        lines={each["sku"]: TransferLine(**{name: each[name] for name in line}) for each in lines},
    )
