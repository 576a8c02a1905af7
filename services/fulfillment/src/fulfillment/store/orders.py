"""Sales orders as rows: heads found and locked, lines read by part, everything held until it is put back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crossdock_kit import json_rows
from crossdock_kit.courtesy import in_pieces
from crossdock_kit.database.claims import claimed, grouped
from crossdock_kit.database.planning import fetch_for_values
from crossdock_kit.driver import Driver
from crossdock_kit.json_rows import Row

from fulfillment.domain.check_lifecycle import Kind
from fulfillment.domain.check_lifecycle import State as Checked
from fulfillment.domain.lifecycle import State
from fulfillment.domain.order_line import OrderLine, part_of, positions_of
from fulfillment.domain.questions import Part
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import LifecyclePage, OrderName, OrderPage, Supply
from fulfillment.store import rows
from fulfillment.store.tables import UNDER_WAY

_LINES = """
SELECT * FROM order_line WHERE tenant = $1 AND order_id = $2 AND position BETWEEN $3 AND $4 ORDER BY position
"""
_SCHEDULES = """
SELECT * FROM line_schedule WHERE tenant = $1 AND order_id = $2 AND position BETWEEN $3 AND $4
ORDER BY position, number
"""
_PARTS = "SELECT * FROM order_part WHERE tenant = $1 AND order_id = $2 AND part BETWEEN $3 AND $4"
_FINGERPRINTS = """
SELECT line_number, fingerprint FROM order_line WHERE tenant = $1 AND order_id = $2 AND line_number = ANY($3::text[])
"""
_POSITIONS = "SELECT position FROM order_line WHERE tenant = $1 AND order_id = $2 AND line_number = ANY($3::text[])"
_CONSIGNEES = "SELECT order_id, consignee_id FROM sales_order WHERE tenant = $1 AND order_id = ANY($2::text[])"
_SHIPPED = """
SELECT DISTINCT order_id, position FROM line_schedule WHERE tenant = $1 AND shipment_id = $2 AND shipment_id <> ''
"""
_WAITING = """
SELECT order_id, position FROM (
  SELECT w.*, sum(quantity) OVER (ORDER BY turn_at, order_id, position, number) - quantity AS before FROM (
    SELECT s.order_id, s.position, s.number, s.quantity, s.turn_at FROM line_schedule s
    JOIN sales_order o ON o.tenant = s.tenant AND o.order_id = s.order_id
    WHERE s.tenant = $1 AND s.state = 'backordered' AND s.sku = $2 AND s.reason <> ALL($5::text[])
      AND o.business_unit = $3 AND (o.locations = '{}' OR $4 = ANY(o.locations))
    ORDER BY s.turn_at, s.order_id, s.position, s.number LIMIT $6
  ) w
) c WHERE before < $7 ORDER BY turn_at, order_id, position
"""
_WAITED_FOR = """
SELECT w.place FROM unnest($2::text[], $3::text[], $4::text[])
WITH ORDINALITY AS w (sku, business_unit, location_id, place)
WHERE EXISTS (
  SELECT FROM line_schedule s JOIN sales_order o ON o.tenant = s.tenant AND o.order_id = s.order_id
  WHERE s.tenant = $1 AND s.state = 'backordered' AND s.sku = w.sku AND s.reason <> ALL($5::text[])
    AND o.business_unit = w.business_unit AND (o.locations = '{}' OR w.location_id = ANY(o.locations))
)
"""
_HELD = """
SELECT order_id FROM sales_order WHERE tenant = $1 AND customer_id = $2 AND barred AND checks @> $3::jsonb
ORDER BY order_id LIMIT $4
"""
_DECIDED = json_rows.encode([{"kind": Kind.CUSTOMER.value, "state": Checked.HELD.value}])
_LET_THROUGH = json_rows.encode([{"kind": Kind.CUSTOMER.value, "state": Checked.RELEASED.value}])
_OWED_TO = f"""
SELECT order_id FROM sales_order WHERE tenant = $1 AND customer_id = $2 AND {UNDER_WAY}
  AND NOT (coalesce(checks, '[]') @> $3::jsonb OR coalesce(checks, '[]') @> $4::jsonb)
ORDER BY order_id LIMIT $5
"""  # noqa: S608  our own words
_MOVE_ALL = """
UPDATE line_schedule SET state = $3, reached = coalesce(reached, '{}') || jsonb_build_object($3::text, $5::text)
WHERE tenant = $1 AND order_id = $2 AND state = $4
"""
_OF_TENANT = "SELECT * FROM sales_order WHERE tenant = $1 AND "
_LIVES = """
SELECT l.order_id, l.position FROM order_line l JOIN sales_order o ON o.tenant = l.tenant AND o.order_id = l.order_id
WHERE l.tenant = $1 AND (l.order_id, l.position) > ($2, $3) AND ($4 = '' OR o.business_unit = $4)
  AND ($5 = '' OR o.channel = $5) AND ($6 = '' OR l.order_id = $6)
ORDER BY l.order_id, l.position LIMIT $7
"""


@dataclass(slots=True)
class Stored:
    """What the database holds of an order, as far as it was read, to tell what changed."""

    head: Row | None = None
    lines: dict[int, Row] = field(default_factory=dict)
    schedules: dict[tuple[int, int], Row] = field(default_factory=dict)
    parts: dict[int, Row] = field(default_factory=dict)

    def forget_lines(self) -> None:
        for each in (self.lines, self.schedules, self.parts):
            each.clear()


class Orders:
    def __init__(self, driver: Driver, tenant: str, when: datetime) -> None:
        self._driver, self._tenant, self._when = driver, tenant, when
        self.held: dict[str, SalesOrder] = {}
        self.stored: dict[str, Stored] = {}

    async def claim(self, channel: str, number: str) -> SalesOrder | None:
        await claimed(self._driver, self._tenant, "sales_order", channel, number)
        found = await self._read("channel = $2 AND number = $3 ORDER BY order_id FOR UPDATE", (channel, number))
        return self._hold(found)[0] if found else None

    async def lock(self, order_ids: Iterable[str]) -> list[SalesOrder]:
        wanted = sorted(set(order_ids) - set(self.held))
        if wanted:
            self._hold(await self._read("order_id = ANY($2::text[]) ORDER BY order_id FOR UPDATE", (wanted,)))
        return [self.held[each] for each in sorted(set(order_ids)) if each in self.held]

    async def find(self, name: OrderName) -> list[SalesOrder]:
        if name.order_id:
            return await self._read("order_id = $2", (name.order_id,))
        where = "number = $2 AND ($3 = '' OR channel = $3) ORDER BY order_id LIMIT 2"
        return await self._read(where, (name.number, name.channel))

    async def consignees(self, order_ids: Sequence[str]) -> dict[str, str]:
        found = await self._driver.fetch(_CONSIGNEES, self._tenant, list(order_ids))
        return {row["order_id"]: row["consignee_id"] for row in found}

    async def page(self, page: OrderPage) -> list[SalesOrder]:
        state = page.state.value if page.state else ""
        where = (
            "($2 = '' OR state = $2) AND ($3 = '' OR channel = $3) AND ($4 = '' OR customer_id = $4)"
            " AND ($5 = '' OR order_id < $5) ORDER BY order_id DESC LIMIT $6"
        )
        values = (self._tenant, state, page.channel, page.customer_id, page.after, page.size)
        return [rows.read_order(each) for each in await fetch_for_values(self._driver, _OF_TENANT + where, *values)]

    async def lines(self, order_id: str, first: int, last: int) -> list[OrderLine]:
        place = (self._tenant, order_id, first, last)
        kept, scheduled = await self._driver.fetch(_LINES, *place), await self._driver.fetch(_SCHEDULES, *place)
        found, schedules = list[OrderLine](), grouped(scheduled, "position")
        async for some in in_pieces(kept):
            for each in some:
                line = rows.read_line(each)
                line.schedules = [rows.read_schedule(each) for each in schedules[line.position]]
                found.append(line)
        return found

    async def lifecycles(self, page: LifecyclePage) -> list[tuple[SalesOrder, OrderLine]]:
        asked = (*page.after, page.business_unit, page.channel, page.order_id, page.size)
        positions: dict[str, list[int]] = {}
        for row in await fetch_for_values(self._driver, _LIVES, self._tenant, *asked):
            positions.setdefault(row["order_id"], []).append(row["position"])
        orders = {each.order_id: each for each in await self._read("order_id = ANY($2::text[])", (list(positions),))}
        found: list[tuple[SalesOrder, OrderLine]] = []
        for order_id, some in positions.items():
            lines = await self.lines(order_id, some[0], some[-1])
            found += [(orders[order_id], line) for line in lines]
        return found

    async def load_parts(self, order: SalesOrder, parts: Sequence[int]) -> None:
        """Lines that this work holds already are those that it goes on with."""
        if not parts:
            return
        first, last = min(parts), max(parts)
        found = await self.lines(order.order_id, positions_of(first)[0], positions_of(last)[1])
        lines = [each for each in found if each.position not in order.lines]
        known = {
            each["part"]: each for each in await self._driver.fetch(_PARTS, self._tenant, order.order_id, first, last)
        }
        stored = self.stored[order.order_id]
        for part in range(first, last + 1):
            if part not in order.parts:
                order.parts[part] = rows.read_part(known[part]) if part in known else Part(part)
                stored.parts[part] = rows.part_row(order.order_id, order.parts[part])
        order.hold(lines)
        async for some in in_pieces(lines):
            stored.lines |= {line.position: rows.line_row(line) for line in some}
            stored.schedules |= {
                (line.position, each.number): rows.schedule_row(line, each) for line in some for each in line.schedules
            }

    async def part_with(self, order: SalesOrder, line_number: str) -> OrderLine | None:
        return (await self.load_lines(order, [line_number])).get(line_number)

    async def load_lines(self, order: SalesOrder, line_numbers: Iterable[str]) -> dict[str, OrderLine]:
        found = await self._driver.fetch(_POSITIONS, self._tenant, order.order_id, sorted(set(line_numbers)))
        for part in sorted({part_of(row["position"]) for row in found}):
            await self.load_parts(order, [part])
        return {order.lines[row["position"]].line_number: order.lines[row["position"]] for row in found}

    async def parts_of_shipment(self, shipment_id: str) -> dict[str, list[int]]:
        found: dict[str, set[int]] = {}
        for row in await self._driver.fetch(_SHIPPED, self._tenant, shipment_id):
            found.setdefault(row["order_id"], set()).add(part_of(row["position"]))
        return {order_id: sorted(parts) for order_id, parts in found.items()}

    async def held_for(self, customer_id: str, kind: Kind, most: int) -> list[str]:
        held = json_rows.encode([{"kind": kind.value, "state": Checked.HELD.value}])
        return [row["order_id"] for row in await self._driver.fetch(_HELD, self._tenant, customer_id, held, most)]

    async def owed_to(self, customer_id: str, most: int) -> list[str]:
        decided = (_DECIDED, _LET_THROUGH, most)
        return [row["order_id"] for row in await self._driver.fetch(_OWED_TO, self._tenant, customer_id, *decided)]

    async def waiting_for(self, supply: Supply, but: Sequence[str], most: int) -> dict[str, list[int]]:
        found: dict[str, set[int]] = {}
        place = (supply.sku, supply.business_unit, supply.location_id)
        for row in await self._driver.fetch(_WAITING, self._tenant, *place, list(but), most, supply.available):
            found.setdefault(row["order_id"], set()).add(part_of(row["position"]))
        return {order_id: sorted(parts) for order_id, parts in found.items()}

    async def waited_for(self, supplies: Sequence[Supply], but: Sequence[str]) -> frozenset[Supply]:
        skus, units = [each.sku for each in supplies], [each.business_unit for each in supplies]
        places = [each.location_id for each in supplies]
        found = await self._driver.fetch(_WAITED_FOR, self._tenant, skus, units, places, list(but))
        return frozenset(supplies[row["place"] - 1] for row in found)

    async def fingerprints(self, order: SalesOrder, line_numbers: Iterable[str]) -> Mapping[str, str]:
        found = await self._driver.fetch(_FINGERPRINTS, self._tenant, order.order_id, list(line_numbers))
        return {row["line_number"]: row["fingerprint"] for row in found}

    async def move_all(self, order: SalesOrder, before: State, after: State) -> None:
        states = (after.value, before.value)
        await self._driver.execute(_MOVE_ALL, self._tenant, order.order_id, *states, self._when.isoformat())

    def add(self, order: SalesOrder) -> None:
        self.held[order.order_id] = order
        self.stored[order.order_id] = Stored()

    async def _read(self, where: str, arguments: tuple[Any, ...]) -> list[SalesOrder]:
        found = await self._driver.fetch(
            _OF_TENANT + where,
            self._tenant,
            *arguments,
        )
        return [rows.read_order(each) for each in found]

    def _hold(self, orders: list[SalesOrder]) -> list[SalesOrder]:
        """An order that this work holds already is the one that it goes on with."""
        for each in orders:
            if each.order_id not in self.held:
                self.held[each.order_id] = each
                self.stored[each.order_id] = Stored(head=rows.order_row(each))
        return [self.held[each.order_id] for each in orders]
