"""Suppliers' invoices as rows: found by id, number or order; locked after the orders that they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from crossdock_kit.database.claims import all_claimed, grouped
from crossdock_kit.driver import Driver

from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.supplier_invoice import InvoiceState, InvoiceTerms, SupplierInvoice, normalised
from procurement.store import rows
from procurement.store.orders import order_number

_OF_ORDERS = """
invoice_id IN (
  SELECT invoice_id FROM supplier_invoice_line
  WHERE tenant = $1 AND (purchase_order_id = ANY($2::text[])
    OR purchase_order_id = '' AND purchase_order_number = ANY($3::text[])))
"""


_OF_ITEMS = """
SELECT DISTINCT l.tenant, l.purchase_order_id
FROM supplier_invoice_line l JOIN supplier_invoice i USING (tenant, invoice_id)
JOIN unnest($1::text[], $2::text[]) AS changed (tenant, sku) ON (changed.tenant, changed.sku) = (l.tenant, l.sku)
WHERE l.outcome = 'unit_mismatch' AND i.state NOT IN ('ready', 'rejected')
ORDER BY 1, 2
"""


class Waiting:
    """What waits for master data, of any tenant of the work."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def for_items(self, items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        named = sorted(items)
        rows = await self._driver.fetch(_OF_ITEMS, [each for each, _ in named], [each for _, each in named])
        return [(row["tenant"], row["purchase_order_id"]) for row in rows]


def _named_by(terms: InvoiceTerms, invoice: SupplierInvoice) -> bool:
    said, rejected = invoice.terms, invoice.state is InvoiceState.REJECTED
    same = (said.supplier_id, normalised(said.number)) == (terms.supplier_id, normalised(terms.credits))
    return same and not said.credit and not rejected


class SupplierInvoices:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.held: dict[str, SupplierInvoice] = {}

    async def claim(self, terms: InvoiceTerms) -> SupplierInvoice | None:
        numbers = {each.purchase_order_number for each in terms.lines} - {""}
        named = [("supplier_invoice", *terms.identity), *map(order_number, numbers)]
        await all_claimed(self._driver, self._tenant, named)
        found = await self._read("identity = $2", (list(terms.identity),))
        return found[0] if found else None

    async def waiting(self, orders: Iterable[PurchaseOrder], *, credits_only: bool = False) -> list[SupplierInvoice]:
        found = list(orders)
        ids, numbers = [each.purchase_order_id for each in found], [each.number for each in found]
        which = f"state NOT IN ('ready', 'rejected') AND (credit OR NOT $4) AND {_OF_ORDERS}"
        return self._kept(await self._read(which, (ids, numbers, credits_only), lock=True))

    async def credited(self, terms: InvoiceTerms) -> SupplierInvoice | None:
        if not (terms.credit and terms.credits):
            return None
        which = "NOT credit AND state <> 'rejected' AND supplier_id = $2 AND identity[2] = $3"
        known = (terms.supplier_id, normalised(terms.credits))
        self._kept(await self._read(which, known, lock=True))
        found = [each for each in self.held.values() if _named_by(terms, each)]
        # The number may have come again in another year.
        return max(found, key=lambda each: each.invoice_id, default=None)

    def _kept(self, invoices: Iterable[SupplierInvoice]) -> list[SupplierInvoice]:
        """One that this work has changed already is the one that it goes on with."""
        return [self.held.setdefault(each.invoice_id, each) for each in invoices]

    async def find(self, supplier_id: str, number: str, invoice_id: str) -> SupplierInvoice | None:
        if invoice_id:
            found = await self._read("invoice_id = $2", (invoice_id,))
        else:
            found = await self._read("supplier_id = $2 AND number = $3", (supplier_id, number))
        return found[-1] if found else None

    async def lock(self, invoice_id: str) -> SupplierInvoice | None:
        for each in await self._read("invoice_id = $2", (invoice_id,), lock=True):
            self.add(each)
        return self.held.get(invoice_id)

    async def of_order(self, order: PurchaseOrder) -> list[SupplierInvoice]:
        return await self._read(_OF_ORDERS, ([order.purchase_order_id], [order.number]))

    def add(self, invoice: SupplierInvoice) -> None:
        self.held[invoice.invoice_id] = invoice

    async def _read(self, where: str, arguments: Sequence[Any], *, lock: bool = False) -> list[SupplierInvoice]:
        # Ids are made in the order of time.
        heads = await self._driver.fetch(
            f"SELECT * FROM supplier_invoice WHERE tenant = $1 AND {where} ORDER BY invoice_id"  # noqa: S608
            + (" FOR UPDATE" if lock else ""),
            self._tenant,
            *arguments,
        )
        if not heads:
            return []
        lines = await self._driver.fetch(
            "SELECT * FROM supplier_invoice_line WHERE tenant = $1 AND invoice_id = ANY($2::text[])"
            " ORDER BY invoice_id, line_id",
            self._tenant,
            [head["invoice_id"] for head in heads],
        )
        by_invoice = grouped(lines, "invoice_id")
        return [rows.read_invoice(head, by_invoice[head["invoice_id"]]) for head in heads]
