"""A long queue is claimed from at the cost of what is claimed, also where the planner has heard nothing of it.

After a crash PostgreSQL has forgotten how much was written, so nobody tells the planner for a long time.
"""

from __future__ import annotations

import re
from datetime import timedelta

from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries.claim import _CLAIM
from crossdock_kit.timers import _CLAIM as _CLAIM_TIMERS
from crossdock_kit.timers import _REMOVE, _TAKE, take_due
from kit_schema import TENANTS

ROWS, PARTNERS, LIMIT = 12_000, 24, 50
KIND = "json.supplier_order"
FILL = """
INSERT INTO delivery (tenant, delivery_id, partner, kind, ordering_key, idempotency_key, state, business_unit, payload,
  content_type, express)
SELECT $1, gen_random_uuid(), 'SUP-' || i % $3, $4, 'po:' || i / $3 / 4 || '/' || i % $3, 'D-' || i,
  CASE WHEN i % 3 = 0 THEN 'delivered' ELSE 'waiting' END, 'EU01', '', 'application/json', false
FROM generate_series(1, $2::int) AS i
"""

FILL_TIMERS = """
INSERT INTO timer (tenant, timer_id, kind, subject, due_at, payload)
SELECT $1, gen_random_uuid(), 'k' || i % 4, 's' || i, now() + make_interval(secs => i - 600), ''
FROM generate_series(1, $2::int) AS i
"""


async def test_the_first_of_each_key_are_found_without_going_through_all_others(engine: Engine) -> None:
    tenant = TENANTS[0]
    wanted = (tenant, "SUP-4", [KIND], LIMIT, 0.5, "worker", timedelta(minutes=1))
    async with transaction(engine, (tenant,)) as tx:
        await tx.driver.execute(FILL, tenant, ROWS, PARTNERS, KIND)
        plan = "\n".join(row[0] for row in await tx.driver.fetch(f"EXPLAIN (ANALYZE) {_CLAIM}", *wanted))
        rest = await tx.driver.fetch(_CLAIM, *wanted)
    assert len(rest) == LIMIT
    assert len({row["ordering_key"] for row in rest}) == LIMIT
    assert _looked_at(plan) < ROWS / 4, plan


async def test_due_timers_are_taken_without_going_through_those_that_wait(engine: Engine) -> None:
    tenant = TENANTS[0]
    async with transaction(engine, (tenant,)) as tx:
        await tx.driver.execute(FILL_TIMERS, tenant, ROWS)
        rest = await take_due(tx.driver, tenant, "k1", LIMIT)
        of_taken = (tenant, [each.timer_id for each in rest])
        statements = ((_CLAIM_TIMERS, (tenant, "k1", LIMIT)), (_TAKE, of_taken), (_REMOVE, of_taken))
        plans = [await tx.driver.fetch(f"EXPLAIN (ANALYZE) {sql}", *values) for sql, values in statements]
    assert len(rest) == LIMIT
    for rows in plans:
        plan = "\n".join(row[0] for row in rows)
        assert _looked_at(plan) < ROWS / 4, plan


def _looked_at(plan: str) -> int:
    found = re.findall(r"Scan .*actual time=\S+ rows=([\d.]+) loops=(\d+)", plan)
    thrown_away = re.findall(
        r"loops=(\d+)\)(?:(?!->).)*?Rows Removed by (?:Join )?(?:Filter|Index Recheck): (\d+)", plan, re.DOTALL
    )
    return sum(int(float(rows) * int(loops)) for rows, loops in (*found, *thrown_away))
