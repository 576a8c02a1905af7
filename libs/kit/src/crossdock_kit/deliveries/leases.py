"""What a holder does with its lease meanwhile, and what happens to leases whose holder is gone.

A lease that ran out, or that its holder knows nothing of, is a failure of its carrier: it counts, so that a delivery
which kills its workers ends as an exception and not in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from crossdock_kit import exceptions
from crossdock_kit.deliveries.model import Leased, LeaseLost
from crossdock_kit.deliveries.report import LimitsOf
from crossdock_kit.driver import Driver
from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import NewException

_EXTEND = """
UPDATE delivery SET leased_until = greatest(leased_until, now() + $4), recovery_point = coalesce($5, recovery_point)
WHERE tenant = $1 AND delivery_id = $2 AND lease_epoch = $3 AND state = 'leased' RETURNING leased_until
"""


async def extend(driver: Driver, held: Leased, lease: timedelta, recovery_point: str | None = None) -> None:
    """Keeps the lease for longer and notes how far the call came, so that a successor continues from there.

    Raises LeaseLost if the lease is somebody else's by now.
    """
    until = await driver.fetchval(_EXTEND, held.tenant, held.delivery_id, held.epoch, lease, recovery_point)
    if until is None:
        raise LeaseLost(str(held.delivery_id), held.epoch)


_BACK = """
WITH gone AS (
  SELECT tenant, delivery_id FROM delivery WHERE state = 'leased' AND {which}
  ORDER BY tenant, delivery_id LIMIT 500 FOR UPDATE SKIP LOCKED)
UPDATE delivery d SET state = 'waiting', failures = d.failures + 1, next_attempt_at = now(), leased_until = NULL,
  last_error = {why}
FROM gone WHERE d.tenant = gone.tenant AND d.delivery_id = gone.delivery_id
RETURNING d.tenant, d.delivery_id, d.partner, d.kind, d.failures, d.last_error, d.transaction_ids, d.keys, now() AS now
"""
_EXPIRED = _BACK.format(which="leased_until < now()", why="'the lease of ' || d.leased_by || ' ran out'")
_FORGOTTEN = _BACK.format(
    which="tenant = $1 AND partner = $2 AND kind = ANY($3::text[]) AND delivery_id <> ALL($4::uuid[])",
    why="d.leased_by || ' does not have it'",
)
_BURY = """
UPDATE delivery SET state = 'dead' WHERE tenant = $1 AND delivery_id = ANY($2::uuid[]) AND state = 'waiting'
"""


async def expire(driver: Driver, limits_of: LimitsOf) -> int:
    """Takes deliveries back from holders that went silent; the number of them."""
    return await _return(driver, await driver.fetch(_EXPIRED), limits_of)


async def take_back(
    driver: Driver, partner: tuple[str, str], kinds: Sequence[str], holding: Sequence[UUID], limits_of: LimitsOf
) -> int:
    """For a partner (and its tenant) whose only holder names what it has: takes back what else is leased; the number.

    An answer that was lost on its way, or a worker that died, need not be waited for until the leases run out.
    """
    return await _return(driver, await driver.fetch(_FORGOTTEN, *partner, list(kinds), list(holding)), limits_of)


async def _return(driver: Driver, rows: Sequence[asyncpg.Record], limits_of: LimitsOf) -> int:
    exhausted = [row for row in rows if row["failures"] >= limits_of(row["tenant"], row["partner"]).attempts]
    for tenant in sorted({row["tenant"] for row in exhausted}):
        await driver.execute(_BURY, tenant, [row["delivery_id"] for row in exhausted if row["tenant"] == tenant])
    if exhausted:
        raised = [_killed_its_workers(row, limits_of) for row in exhausted]
        await exceptions.raise_all(driver, raised, at=rows[0]["now"])
    return len(rows)


def _killed_its_workers(row: asyncpg.Record, limits_of: LimitsOf) -> NewException:
    subject = f"delivery/{row['delivery_id']}"
    return NewException(
        tenant=row["tenant"],
        failure_class=FailureClass.BUG,
        code="DELIVERY_NEVER_REPORTED",
        summary=f"{row['kind']} to {row['partner']}: {row['failures']} workers took it and none reported",
        owner=limits_of(row["tenant"], row["partner"]).owner,
        subject=subject,
        dedupe_key=subject,
        transaction_ids=tuple(row["transaction_ids"]),
        keys=tuple(row["keys"]),
        details={"partner": row["partner"], "kind": row["kind"]},
    )
