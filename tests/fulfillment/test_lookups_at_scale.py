"""Orders are found past all others, and who waits for an item in the sequence of its turns, under the row security of
the service's own user, which keeps indexes over whole lists from it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from crossdock_kit.database import Engine, create_engine, transaction
from crossdock_local.migrated import MigratedDatabases
from fulfillment.domain.order_line import STOCK
from fulfillment.ports import Supply
from fulfillment.store import orders, supplies

TENANT, CROWD, WAITING = "acme", 4000, 300
BORN = datetime(2026, 3, 2, 9, tzinfo=UTC)
ORDERS = """
INSERT INTO sales_order (tenant, order_id, system, business_unit, channel, number, customer_id, currency, ordered_on,
  shortage, state, net, counts, created_at, turn_at)
SELECT $1, 'o-' || n, 'SHOP', 'EU01', 'shop', 'S-' || n, 'CUS', 'EUR', '2026-03-02', 'backorder',
  CASE WHEN n <= $3 THEN 'accepted' ELSE 'released' END, 0, '{}', $4::timestamptz, $4::timestamptz
FROM generate_series(1, $2) AS n
"""
# The younger an order's number, the older its turn: only the index has them in their sequence.
SCHEDULES = """
INSERT INTO line_schedule (tenant, order_id, position, number, sku, state, quantity, turn_at)
SELECT $1, 'o-' || n, 1, 1, CASE WHEN n <= $3 THEN 'SCARCE' ELSE 'SKU-' || n % 50 END,
  CASE WHEN n <= $3 THEN 'backordered' ELSE 'released' END, 1, $4::timestamptz - n * interval '1 second'
FROM generate_series(1, $2) AS n
"""


@pytest.fixture(scope="module")
async def crowded(migrated: MigratedDatabases) -> AsyncIterator[Engine]:
    """Many orders, of which the planner has heard, and some that wait for one item."""
    fresh = await migrated.fresh("fulfillment")
    engine = create_engine(fresh.urls.database, "fulfillment")
    async with transaction(engine, (TENANT,)) as tx:
        await tx.driver.execute(ORDERS, TENANT, CROWD, WAITING, BORN)
        await tx.driver.execute(SCHEDULES, TENANT, CROWD, WAITING, BORN)
    owner = await asyncpg.connect(fresh.urls.migration)
    await owner.execute("ANALYZE sales_order, line_schedule")
    await owner.close()
    yield engine
    await engine.stop()


async def plan_of(engine: Engine, statement: str, *values: Any) -> str:
    async with transaction(engine, (TENANT,)) as tx:
        rows = await tx.driver.fetch(f"EXPLAIN (ANALYZE) {statement}", TENANT, *values)
    return "\n".join(row[0] for row in rows)


def thrown_away(plan: str) -> int:
    return sum(map(int, re.findall(r"Rows Removed by (?:Filter|Index Recheck): (\d+)", plan)))


async def test_who_waits_longest_is_found_by_the_index_of_turns_whatever_else_there_is(crowded: Engine) -> None:
    asked = ("SCARCE", "EU01", "WH-EAST", ["PICK_SHORT"], 200, 3)
    plan = await plan_of(crowded, orders._WAITING, *asked)
    assert "line_schedule_waiting" in plan
    assert thrown_away(plan) < 300
    async with transaction(crowded, (TENANT,)) as tx:
        found = await orders.Orders(tx.driver, TENANT, BORN).waiting_for(
            Supply("SCARCE", "WH-EAST", "EU01", Decimal(3)), ["PICK_SHORT"], 200
        )
    assert list(found) == [f"o-{WAITING - n}" for n in range(3)]


async def test_an_item_that_nobody_waits_for_costs_a_look_at_the_index(crowded: Engine) -> None:
    asked = (["SKU-7"], ["EU01"], ["WH-EAST"], ["PICK_SHORT"])
    plan = await plan_of(crowded, orders._WAITED_FOR, *asked)
    assert "line_schedule_waiting" in plan
    assert thrown_away(plan) < 10


async def test_promises_are_counted_over_those_who_wait_alone(crowded: Engine) -> None:
    plan = await plan_of(crowded, supplies._WAITING, ["SCARCE", "SKU-7"], STOCK, "EU01", 5000)
    assert "line_schedule_waiting" in plan
    assert thrown_away(plan) < 300
    async with transaction(crowded, (TENANT,)) as tx:
        rows = supplies.SupplyRows(tx.driver, TENANT, date(2026, 3, 2))
        [first, *_] = (await rows.waiting("EU01", ["SCARCE"], 5000))["SCARCE"]
    assert (first.order_id, first.turn_at) == (f"o-{WAITING}", BORN - timedelta(seconds=WAITING))


@pytest.mark.parametrize(
    ("where", "values"),
    [
        ("channel = $2 AND number = $3 ORDER BY order_id FOR UPDATE", ("shop", "S-77")),
        ("order_id = ANY($2::text[]) ORDER BY order_id FOR UPDATE", (["o-77"],)),
        ("number = $2 AND ($3 = '' OR channel = $3) ORDER BY order_id LIMIT 2", ("S-77", "")),
    ],
)
async def test_an_order_is_found_past_all_others(crowded: Engine, where: str, values: tuple[Any, ...]) -> None:
    plan = await plan_of(crowded, f"SELECT * FROM sales_order WHERE tenant = $1 AND {where}", *values)
    assert "Seq Scan" not in plan
    assert thrown_away(plan) < 10
