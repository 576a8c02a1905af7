"""Gives out deliveries under a lease: only the first unfinished one of each ordering key, express before standard.

A lease carries an epoch that grows with each claim, so that a report of an earlier holder is recognised. Rows locked by
another claim are skipped: order is kept per key, and only one row of a key can be claimed at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from crossdock_kit import breaker
from crossdock_kit.breaker import Admission
from crossdock_kit.deliveries.model import Leased, PartnerLimits
from crossdock_kit.driver import Driver

# Of five deliveries one is standard while both lanes have work.
_EXPRESS_PER_STANDARD = 4

# The first of a key is looked up for each row, not joined: a planner that has heard nothing of a table yet, as after a
# crash, joins every row of the partner to every other.
_READY = """
  SELECT d.tenant, d.delivery_id, d.position FROM delivery d
  WHERE d.tenant = $1 AND d.partner = $2 AND d.kind = ANY($3::text[]) AND d.state = 'waiting'
    AND d.next_attempt_at <= now() AND d.express = {express}
    AND d.position = (
      SELECT p.position FROM delivery p WHERE p.tenant = d.tenant AND p.partner = d.partner
        AND p.ordering_key = d.ordering_key AND p.state IN ('waiting', 'leased', 'dead')
      ORDER BY p.position LIMIT 1)
    AND (d.after = '{{}}' OR NOT EXISTS (
      SELECT 1 FROM delivery p WHERE p.tenant = d.tenant AND p.delivery_id = ANY(d.after)
        AND p.state IN ('waiting', 'leased', 'dead')))
  ORDER BY d.position LIMIT $4 FOR UPDATE OF d SKIP LOCKED
"""
_CLAIM = f"""
WITH express AS ({_READY.format(express="true")}),
standard AS ({_READY.format(express="false")}),
ranked AS (
  SELECT tenant, delivery_id, (row_number() OVER (ORDER BY position))::float AS turn FROM express
  UNION ALL
  SELECT tenant, delivery_id, row_number() OVER (ORDER BY position) * {_EXPRESS_PER_STANDARD}.0 + $5 FROM standard
),
chosen AS (SELECT tenant, delivery_id FROM ranked ORDER BY turn LIMIT $4)
UPDATE delivery d SET state = 'leased', attempts = d.attempts + 1, lease_epoch = d.lease_epoch + 1, leased_by = $6,
  leased_until = now() + $7
FROM chosen WHERE d.tenant = chosen.tenant AND d.delivery_id = chosen.delivery_id
RETURNING d.tenant, d.delivery_id, d.lease_epoch AS epoch, d.business_unit, d.partner, d.kind, d.ordering_key,
  d.payload, d.content_type, d.idempotency_key, d.transaction_ids, d.keys, d.express, d.attempts AS attempt,
  d.recovery_point, d.leased_until, d.created_at, d.next_attempt_at AS due_at, d.correlation_id, d.causation_id,
  d.traceparent, d.last_traceparent, d.redriven_by, d.position
"""  # noqa: S608 - only constants of this module


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who wants how many deliveries of one partner. `standard_first` lets the standard lane go first; a claimer of few
    rows sets it in one claim of five, which is what guarantees that lane its share.
    """

    tenant: str
    partner: str
    kinds: Sequence[str]
    limit: int
    worker: str
    standard_first: bool = False


async def claim(driver: Driver, wanted: Claim, limits: PartnerLimits) -> list[Leased]:
    """Leases at most `limit` deliveries, in the order in which they were written; none while the breaker is open."""
    partner = (wanted.tenant, wanted.partner)
    now, allowed = await _admission(driver, partner)
    if allowed is Admission.NONE or wanted.limit < 1:
        return []
    limit = 1 if allowed is Admission.PROBE else wanted.limit
    head_start = -(_EXPRESS_PER_STANDARD - 0.5) if wanted.standard_first else 0.5
    rows = await driver.fetch(
        _CLAIM,
        wanted.tenant,
        wanted.partner,
        list(wanted.kinds),
        limit,
        head_start,
        wanted.worker,
        limits.lease,
    )
    if rows and allowed is Admission.PROBE:
        current = (await breaker.load(driver, [partner]))[partner]
        await breaker.save(driver, {partner: breaker.probing(current, now + limits.lease)})
    return [_leased(row) for row in sorted(rows, key=lambda row: int(row["position"]))]


async def _admission(driver: Driver, partner: tuple[str, str]) -> tuple[datetime, Admission]:
    """What the breaker allows. Unless it is closed, its row is locked, so that only one claimer gets the probe."""
    now: datetime = await driver.fetchval("SELECT now()")
    seen = (await breaker.load(driver, [partner]))[partner]
    if breaker.admission(seen, now) is not Admission.PROBE:
        return now, breaker.admission(seen, now)
    locked = (await breaker.load(driver, [partner], lock=True))[partner]
    return now, breaker.admission(locked, now)


def _leased(row: asyncpg.Record) -> Leased:
    facts = {name: value for name, value in row.items() if name != "position"}
    return Leased(**facts | {"transaction_ids": tuple(facts["transaction_ids"]), "keys": tuple(facts["keys"])})


_DUE = """
SELECT DISTINCT tenant, partner FROM delivery
WHERE state = 'waiting' AND next_attempt_at <= now() AND kind = ANY($1::text[])
"""


async def due_partners(driver: Driver, kinds: Sequence[str]) -> list[tuple[str, str]]:
    """Tenant and partner of whatever could be claimed now."""
    return [(row["tenant"], row["partner"]) for row in await driver.fetch(_DUE, list(kinds))]
