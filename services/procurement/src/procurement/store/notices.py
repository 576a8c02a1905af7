"""Ship notices as rows: found by id, number or order; locked after the orders that they name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crossdock_kit.database.claims import claimed, grouped
from crossdock_kit.driver import Driver

from procurement.domain.ship_notice import NoticeState, ShipNotice
from procurement.ports import SEPARATOR, CarrierReference, NoticeName
from procurement.store import rows

_CARRIED = f"""
SELECT ship_notice_id FROM ship_notice
WHERE tenant = $1 AND state IN ('in_transit', 'partly_received') AND (
  carrier_reference <> '' AND carrier_reference = ANY($2::text[])
  OR bill_of_lading <> '' AND bill_of_lading = ANY($3::text[])
  OR number = ANY($5::text[]) AND supplier_id || chr({ord(SEPARATOR)}) || number = ANY($4::text[]))
ORDER BY ship_notice_id
"""  # noqa: S608 - only a constant


class Notices:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.held: dict[str, ShipNotice] = {}
        self.stored: dict[str, dict[str, Any]] = {}

    async def claim(self, supplier_id: str, number: str) -> frozenset[str]:
        await claimed(self._driver, self._tenant, "ship_notice", supplier_id, number)
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

    async def carried_as(self, references: Iterable[CarrierReference]) -> list[NoticeName]:
        by_kind: dict[str, list[str]] = {"carrier": [], "bill": [], "notice": []}
        for each in references:
            by_kind[each.kind].append(each.name)
        numbers = [name.rpartition(SEPARATOR)[2] for name in by_kind["notice"]]
        found = await self._driver.fetch(_CARRIED, self._tenant, *by_kind.values(), numbers)
        return [NoticeName(ship_notice_id=row["ship_notice_id"]) for row in found]

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
        if ship_notice_id:
            found = await self._read("ship_notice_id = $2", (ship_notice_id,))
        else:
            found = await self._read("supplier_id = $2 AND number = $3", (supplier_id, number))
        in_force = [each for each in found if ship_notice_id or each.state is not NoticeState.REPLACED]
        return in_force[-1] if in_force else None

    async def of_order(self, purchase_order_id: str) -> list[ShipNotice]:
        return await self._read(
            "ship_notice_id IN (SELECT ship_notice_id FROM ship_notice_line"
            " WHERE tenant = $1 AND purchase_order_id = $2)",
            (purchase_order_id,),
        )

    async def on_the_way(self, purchase_order_ids: Iterable[str]) -> list[ShipNotice]:
        return await self._read(
            "state IN ('in_transit', 'partly_received') AND ship_notice_id IN ("
            " SELECT ship_notice_id FROM ship_notice_line WHERE tenant = $1 AND purchase_order_id = ANY($2::text[]))",
            (sorted(set(purchase_order_ids)),),
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
        if not heads:
            return []
        lines = await self._driver.fetch(
            "SELECT * FROM ship_notice_line WHERE tenant = $1 AND ship_notice_id = ANY($2::text[])"
            " ORDER BY ship_notice_id, line_id",
            self._tenant,
            [head["ship_notice_id"] for head in heads],
        )
        by_notice = grouped(lines, "ship_notice_id")
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
