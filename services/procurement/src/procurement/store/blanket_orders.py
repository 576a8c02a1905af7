"""Blanket orders as rows: claimed by their number after the orders, their lines in the row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crossdock_kit.database.claims import claimed
from crossdock_kit.driver import Driver
from crossdock_kit.json_rows import Row

from procurement.domain.blanket_order import BlanketLine, BlanketLineTerms, BlanketOrder, BlanketTerms
from procurement.domain.purchase_order import TERMINAL, PurchaseOrder
from procurement.domain.quantities import plain
from procurement.ports import BlanketName
from procurement.store import json_values as values
from procurement.store.orders import Orders

_OWN = (
    "blanket_order_id",
    "system",
    "cancelled",
    "revision",
    "in_force_at",
    "system_revision",
    "content",
    "version",
    "event_version",
)
_TERMS = ("business_unit", "number", "supplier_id", "currency", "incoterms", "valid_from", "valid_to")
_NAMED = """
SELECT * FROM blanket_order WHERE tenant = $1 AND number = $2 AND $3 IN ('', business_unit) AND $4 IN ('', system)
ORDER BY blanket_order_id
"""
_NAMING = """
SELECT purchase_order_id FROM purchase_order
WHERE tenant = $1 AND system = $2 AND business_unit = $3 AND blanket_number = $4 AND blanket_number <> ''
  AND (called_off_from = '' OR state <> ALL ($5::text[]))
"""


class BlanketOrders:
    def __init__(self, driver: Driver, tenant: str, orders: Orders) -> None:
        self._driver, self._tenant, self._orders = driver, tenant, orders
        self.held: dict[tuple[str, str, str], BlanketOrder] = {}

    async def claim(self, system: str, business_unit: str, number: str) -> BlanketOrder | None:
        name = system, business_unit, number
        if name not in self.held:
            await claimed(self._driver, self._tenant, "blanket_order", *name)
            for found in await self.find(BlanketName(number, business_unit, system)):
                self.add(found)
        return self.held.get(name)

    async def orders_naming(self, system: str, business_unit: str, number: str) -> frozenset[str]:
        ended = [each.value for each in TERMINAL]
        rows = await self._driver.fetch(_NAMING, self._tenant, system, business_unit, number, ended)
        return frozenset(row["purchase_order_id"] for row in rows)

    async def find(self, name: BlanketName) -> list[BlanketOrder]:
        rows = await self._driver.fetch(_NAMED, self._tenant, name.number, name.business_unit, name.system)
        return [_read(row) for row in rows]

    async def releases(self, found: BlanketOrder) -> list[PurchaseOrder]:
        return await self._orders.under(found.system, found.terms.business_unit, found.number)

    def add(self, blanket: BlanketOrder) -> None:
        self.held[blanket.system, blanket.terms.business_unit, blanket.number] = blanket


def blanket_row(found: BlanketOrder) -> Row:
    own = {name: getattr(found, name) for name in _OWN}
    terms = {name: getattr(found.terms, name) for name in _TERMS}
    return own | terms | {"lines": [_line(each) for each in found.lines.values()]}


def _line(line: BlanketLine) -> values.Json:
    terms = line.terms
    return {
        "line_number": terms.line_number,
        "sku": terms.sku,
        "supplier_item": terms.supplier_item,
        "agreed": values.quantity(terms.agreed),
        "price": values.price(terms.price),
        "base": str(line.base),
        "base_unit": line.base_unit,
        "released": str(line.released),
    }


def _read(row: Any) -> BlanketOrder:
    lines = [_read_line(each) for each in row["lines"]]
    terms = BlanketTerms(**{name: row[name] for name in _TERMS}, lines=tuple(each.terms for each in lines))
    own = {name: row[name] for name in _OWN}
    return BlanketOrder(**own, terms=terms, lines={each.terms.sku: each for each in lines})


def _read_line(value: values.Json) -> BlanketLine:
    terms = BlanketLineTerms(
        line_number=value["line_number"],
        sku=value["sku"],
        agreed=values.read_quantity(value["agreed"]),
        supplier_item=value["supplier_item"],
        price=values.read_price(value["price"]),
    )
    base, released = plain(Decimal(value["base"])), plain(Decimal(value["released"]))
    return BlanketLine(terms=terms, base=base, base_unit=value["base_unit"], released=released)
