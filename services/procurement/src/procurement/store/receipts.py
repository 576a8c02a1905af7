"""Receipts as rows: written once, never changed."""

from __future__ import annotations

from typing import Any

from crossdock_kit.database.claims import claimed, grouped
from crossdock_kit.driver import Driver

from procurement.domain.receipt import Receipt
from procurement.store import rows

_LIKE = "SELECT number FROM receipt WHERE tenant = $1 AND goods = $2 ORDER BY recorded_at, receipt_id LIMIT 1"


class Receipts:
    """A receipt is a fact: once written, its row never changes."""

    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.added: list[Receipt] = []

    async def claim(self, system: str, number: str) -> Receipt | None:
        await claimed(self._driver, self._tenant, "receipt", system, number)
        return await self.find(system, number, "")

    async def like(self, goods: str) -> str:
        await claimed(self._driver, self._tenant, "received goods", goods)
        found: str | None = await self._driver.fetchval(_LIKE, self._tenant, goods)
        return found or ""

    async def find(self, system: str, number: str, receipt_id: str) -> Receipt | None:
        if receipt_id:
            found = await self._read("receipt_id = $2", (receipt_id,))
        else:
            found = await self._read("system = $2 AND number = $3", (system, number))
        return found[0] if found else None

    async def of_order(self, purchase_order_id: str) -> list[Receipt]:
        return await self._read(
            "receipt_id IN (SELECT receipt_id FROM receipt_line WHERE tenant = $1 AND purchase_order_id = $2)",
            (purchase_order_id,),
        )

    def add(self, receipt: Receipt) -> None:
        self.added.append(receipt)

    async def _read(self, where: str, arguments: tuple[Any, ...]) -> list[Receipt]:
        heads = await self._driver.fetch(
            f"SELECT * FROM receipt WHERE tenant = $1 AND {where} ORDER BY receipt_id",  # noqa: S608
            self._tenant,
            *arguments,
        )
        if not heads:
            return []
        lines = await self._driver.fetch(
            "SELECT * FROM receipt_line WHERE tenant = $1 AND receipt_id = ANY($2::text[])"
            " ORDER BY receipt_id, line_id",
            self._tenant,
            [head["receipt_id"] for head in heads],
        )
        by_receipt = grouped(lines, "receipt_id")
        return [rows.read_receipt(head, by_receipt[head["receipt_id"]]) for head in heads]
