"""The records of a work by the ports' verbs. What was loaded or added is remembered and written when the work ends.

Locks are taken in the order of ids; a claim on a natural key is an advisory lock, because the row may not be there yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from crossdock_kit.driver import Driver

from procurement.domain.expected import ExpectedReceipt
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.receipt import Receipt
from procurement.domain.ship_notice import NoticeState, ShipNotice
from procurement.ports import NoticeName, OrderName, OrderPage
from procurement.store import rows

Record = Mapping[str, Any]

_CLAIM = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


async def claim(driver: Driver, tenant: str, *natural_key: str) -> None:
    """Nobody else holds this natural key until the work ends."""
    await driver.execute(_CLAIM, "\x1f".join((tenant, *natural_key)))


def _grouped(records: Iterable[Any], column: str) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        groups[record[column]].append(record)
    return groups


class Orders:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.held: dict[str, PurchaseOrder] = {}
        self.stored: dict[str, dict[str, Any]] = {}

    async def claim(self, system: str, business_unit: str, number: str) -> PurchaseOrder | None:
        await claim(self._driver, self._tenant, "purchase_order", system, business_unit, number)
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
        return await self._read(
            "($2 = '' OR state = $2) AND ($3 = '' OR supplier_id = $3) AND ($4 = '' OR purchase_order_id < $4)",
            (page.state.value if page.state else "", page.supplier_id, page.after),
            tail=f"ORDER BY purchase_order_id DESC LIMIT {int(page.size)}",
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
        # The lines are read after the lock is held: one statement would show those of before the wait.
        heads = await self._driver.fetch(
            f"SELECT * FROM purchase_order WHERE tenant = $1 AND {where} {tail}{' FOR UPDATE' if lock else ''}",  # noqa: S608
            self._tenant,
            *arguments,
        )
        lines = await self._driver.fetch(
            "SELECT * FROM purchase_order_line WHERE tenant = $1 AND purchase_order_id = ANY($2::text[])"
            " ORDER BY purchase_order_id, position",
            self._tenant,
            [head["purchase_order_id"] for head in heads],
        )
        by_order = _grouped(lines, "purchase_order_id")
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


class Notices:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.held: dict[str, ShipNotice] = {}
        self.stored: dict[str, dict[str, Any]] = {}

    async def claim(self, supplier_id: str, number: str) -> frozenset[str]:
        await claim(self._driver, self._tenant, "ship_notice", supplier_id, number)
        found = await self._driver.fetch(
            "SELECT DISTINCT l.purchase_order_id FROM ship_notice n JOIN ship_notice_line l"
            " ON l.tenant = n.tenant AND l.ship_notice_id = n.ship_notice_id"
            " WHERE n.tenant = $1 AND n.supplier_id = $2 AND n.number = $3",
            self._tenant,
            supplier_id,
            number,
        )
        return frozenset(each["purchase_order_id"] for each in found)

    async def orders_of(self, names: Iterable[NoticeName]) -> frozenset[str]:
        ids, numbers = _named(names)
        if not ids and not numbers:
            return frozenset()
        found = await self._driver.fetch(
            "SELECT DISTINCT l.purchase_order_id FROM ship_notice n JOIN ship_notice_line l"
            " ON l.tenant = n.tenant AND l.ship_notice_id = n.ship_notice_id"
            " WHERE n.tenant = $1 AND (n.ship_notice_id = ANY($2::text[]) OR n.number = ANY($3::text[]))",
            self._tenant,
            ids,
            numbers,
        )
        return frozenset(each["purchase_order_id"] for each in found)

    async def lock_number(self, supplier_id: str, number: str) -> list[ShipNotice]:
        found = await self._read("supplier_id = $2 AND number = $3", (supplier_id, number), lock=True)
        return self._hold(found)

    async def lock(self, names: Iterable[NoticeName], order_ids: Iterable[str]) -> list[ShipNotice]:
        ids, numbers = _named(names)
        wanted = sorted(order_ids)
        if not (ids or numbers or wanted):
            return []
        found = await self._read(
            "((state NOT IN ('replaced', 'cancelled')"
            "  AND (ship_notice_id = ANY($2::text[]) OR number = ANY($3::text[])))"
            " OR (state IN ('in_transit', 'partly_received') AND ship_notice_id IN ("
            "  SELECT ship_notice_id FROM ship_notice_line"
            "  WHERE tenant = $1 AND purchase_order_id = ANY($4::text[]))))",
            (ids, numbers, wanted),
            lock=True,
        )
        return self._hold(found)

    async def find(self, supplier_id: str, number: str, ship_notice_id: str) -> ShipNotice | None:
        found = await self._read(
            "($2 <> '' AND ship_notice_id = $2 OR $2 = '' AND supplier_id = $3 AND number = $4)",
            (ship_notice_id, supplier_id, number),
        )
        in_force = [each for each in found if ship_notice_id or each.state is not NoticeState.REPLACED]
        return in_force[-1] if in_force else None

    async def of_order(self, purchase_order_id: str) -> list[ShipNotice]:
        return await self._read(
            "ship_notice_id IN (SELECT ship_notice_id FROM ship_notice_line"
            " WHERE tenant = $1 AND purchase_order_id = $2)",
            (purchase_order_id,),
        )

    def add(self, notice: ShipNotice) -> None:
        self.held[notice.ship_notice_id] = notice

    async def _read(self, where: str, arguments: tuple[Any, ...], *, lock: bool = False) -> list[ShipNotice]:
        heads = await self._driver.fetch(
            f"SELECT * FROM ship_notice WHERE tenant = $1 AND {where} ORDER BY ship_notice_id"  # noqa: S608
            + (" FOR UPDATE" if lock else ""),
            self._tenant,
            *arguments,
        )
        lines = await self._driver.fetch(
            "SELECT * FROM ship_notice_line WHERE tenant = $1 AND ship_notice_id = ANY($2::text[])"
            " ORDER BY ship_notice_id, line_id",
            self._tenant,
            [head["ship_notice_id"] for head in heads],
        )
        by_notice = _grouped(lines, "ship_notice_id")
        return [rows.read_notice(head, by_notice[head["ship_notice_id"]]) for head in heads]

    def _hold(self, notices: list[ShipNotice]) -> list[ShipNotice]:
        for each in notices:
            if each.ship_notice_id not in self.held:
                self.held[each.ship_notice_id] = each
                self.stored[each.ship_notice_id] = snapshot_notice(each)
        return [self.held[each.ship_notice_id] for each in notices]


def snapshot_notice(notice: ShipNotice) -> dict[str, Any]:
    lines = {line.line_id: rows.notice_line_row(notice, line) for line in notice.lines}
    return {"head": rows.notice_row(notice), "lines": lines}


def _named(names: Iterable[NoticeName]) -> tuple[list[str], list[str]]:
    wanted = list(names)
    ids = sorted({each.ship_notice_id for each in wanted} - {""})
    return ids, sorted({each.number for each in wanted if not each.ship_notice_id} - {""})


class Receipts:
    """A receipt is a fact: once written, its row never changes."""

    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.added: list[Receipt] = []

    async def claim(self, system: str, number: str) -> Receipt | None:
        await claim(self._driver, self._tenant, "receipt", system, number)
        return await self.find(system, number, "")

    async def find(self, system: str, number: str, receipt_id: str) -> Receipt | None:
        found = await self._read(
            "($2 <> '' AND receipt_id = $2 OR $2 = '' AND system = $3 AND number = $4)", (receipt_id, system, number)
        )
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
        lines = await self._driver.fetch(
            "SELECT * FROM receipt_line WHERE tenant = $1 AND receipt_id = ANY($2::text[])"
            " ORDER BY receipt_id, line_id",
            self._tenant,
            [head["receipt_id"] for head in heads],
        )
        by_receipt = _grouped(lines, "receipt_id")
        return [rows.read_receipt(head, by_receipt[head["receipt_id"]]) for head in heads]


class Expected:
    """Rows of an order or a notice that this work holds the lock of, so they need none of their own."""

    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.held: dict[tuple[str, str], ExpectedReceipt] = {}

    async def of(self, references: Iterable[str]) -> dict[str, dict[str, ExpectedReceipt]]:
        wanted = sorted(set(references))
        found = await self._driver.fetch(
            "SELECT * FROM expected_receipt WHERE tenant = $1 AND reference = ANY($2::text[])", self._tenant, wanted
        )
        for row in found:
            self.held.setdefault((row["reference"], row["location_id"]), rows.read_expected(row))
        by_reference: dict[str, dict[str, ExpectedReceipt]] = defaultdict(dict)
        for (reference, location_id), each in self.held.items():
            by_reference[reference][location_id] = each
        return {reference: by_reference[reference] for reference in wanted if reference in by_reference}

    def add(self, expected: Iterable[ExpectedReceipt]) -> None:
        self.held.update({(each.reference, each.location_id): each for each in expected})
