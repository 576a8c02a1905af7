"""Purchase orders as rows: found by id or number, locked in the order of their ids, held until the work ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crossdock_kit.database.claims import all_claimed, grouped
from crossdock_kit.driver import Driver

from procurement.domain.purchase_order import PurchaseOrder
from procurement.ports import OrderName, OrderPage
from procurement.store import rows

_SHIPPED = """EXISTS (
  SELECT FROM ship_notice_line l JOIN ship_notice n ON n.tenant = l.tenant AND n.ship_notice_id = l.ship_notice_id
  WHERE l.tenant = $1 AND l.purchase_order_id = purchase_order.purchase_order_id
    AND n.state IN ('in_transit', 'partly_received'))"""


def order_number(number: str) -> tuple[str, str]:
    """What is claimed by whoever may create an order of this number, and by whoever finds that there is none."""
    return "order_number", number


class Orders:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.held: dict[str, PurchaseOrder] = {}
        self.stored: dict[str, dict[str, Any]] = {}

    async def claim(self, system: str, business_unit: str, number: str) -> PurchaseOrder | None:
        named = (("purchase_order", system, business_unit, number), order_number(number))
        await all_claimed(self._driver, self._tenant, named)
        found = await self._read(
            "system = $2 AND business_unit = $3 AND number = $4", (system, business_unit, number), lock=True
        )
        return self._hold(found)[0] if found else None

    async def lock(self, names: Iterable[OrderName], ids: Iterable[str] = ()) -> list[PurchaseOrder]:
        wanted = list(names)
        found = await self._named(wanted, ids, lock=True)
        return self._hold(found)

    async def find(self, names: Iterable[OrderName]) -> list[PurchaseOrder]:
        return await self._named(list(names), (), lock=False)

    async def page(self, page: OrderPage) -> list[PurchaseOrder]:
        state = page.state.value if page.state else ""
        wanted = {"state =": state, "supplier_id =": page.supplier_id, "purchase_order_id <": page.after}
        given = {condition: value for condition, value in wanted.items() if value}
        return await self._read(
            # Only what is asked for: one statement for all ways to ask would read all orders.
            " AND ".join(f"{asked} ${at}" for at, asked in enumerate(given, 2)) or "true",
            tuple(given.values()),
            tail=f"ORDER BY purchase_order_id DESC LIMIT {int(page.size)}",
        )

    async def unfinished(self, after: str, size: int) -> list[PurchaseOrder]:
        """Goods may be on their way for an order that was cancelled."""
        return await self._read(
            "purchase_order_id > $2 AND state NOT IN ('completed', 'rejected')"
            f" AND (state <> 'cancelled' OR {_SHIPPED})",
            (after,),
            tail=f"ORDER BY purchase_order_id LIMIT {int(size)}",
        )

    async def under(self, system: str, business_unit: str, blanket: str) -> list[PurchaseOrder]:
        """The last thousand that count on this blanket order, to read only."""
        return await self._read(
            "system = $2 AND business_unit = $3 AND blanket_number = $4 AND blanket_number <> ''"
            " AND called_off_from = $4",
            (system, business_unit, blanket),
            tail="ORDER BY purchase_order_id DESC LIMIT 1000",
        )

    def add(self, order: PurchaseOrder) -> None:
        self.held[order.purchase_order_id] = order

    async def _named(self, names: list[OrderName], ids: Iterable[str], *, lock: bool) -> list[PurchaseOrder]:
        wanted_ids = sorted({*ids, *(each.purchase_order_id for each in names)} - {""})
        numbers = sorted({each.number for each in names if not each.purchase_order_id} - {""})
        if not wanted_ids and not numbers:
            return []
        units = {each.number: each.business_unit for each in names if each.business_unit}
        found = await self._read(
            "(purchase_order_id = ANY($2::text[]) OR number = ANY($3::text[]))", (wanted_ids, numbers), lock=lock
        )
        return [each for each in found if units.get(each.number, each.business_unit) == each.business_unit]

    async def _read(
        self, where: str, arguments: tuple[Any, ...], *, lock: bool = False, tail: str = "ORDER BY purchase_order_id"
    ) -> list[PurchaseOrder]:
        heads = await self._driver.fetch(
            f"SELECT * FROM purchase_order WHERE tenant = $1 AND {where} {tail}{' FOR UPDATE' if lock else ''}",  # noqa: S608
            self._tenant,
            *arguments,
        )
        if not heads:
            return []
        # Read after the lock is held: one statement for both would show the lines of before the wait.
        lines = await self._driver.fetch(
            "SELECT * FROM purchase_order_line WHERE tenant = $1 AND purchase_order_id = ANY($2::text[])"
            " ORDER BY purchase_order_id, position",
            self._tenant,
            [head["purchase_order_id"] for head in heads],
        )
        by_order = grouped(lines, "purchase_order_id")
        return [rows.read_order(head, by_order[head["purchase_order_id"]]) for head in heads]

    def _hold(self, orders: list[PurchaseOrder]) -> list[PurchaseOrder]:
        """An order that this work holds already is the one that it goes on with."""
        for each in orders:
            if each.purchase_order_id not in self.held:
                self.held[each.purchase_order_id] = each
                self.stored[each.purchase_order_id] = snapshot_order(each)
        return [self.held[each.purchase_order_id] for each in orders]


def snapshot_order(order: PurchaseOrder) -> dict[str, Any]:
    """The order's row, and its lines' rows by id, to tell what changed."""
    lines = {line.line_id: rows.order_line_row(order, n, line) for n, line in enumerate(order.lines)}
    return {"head": rows.order_row(order), "lines": lines}
