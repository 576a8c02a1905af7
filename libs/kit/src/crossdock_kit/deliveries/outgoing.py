"""Writes deliveries with the transaction that decides them, so that their order is the order of the decisions.

Positions come from a sequence, which runs ahead of commits: without a lock a later call could become visible first and
overtake an earlier one that is still uncommitted. One advisory lock per ordering key, taken in sorted order at the end
of the transaction, rules that out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from crossdock_kit import json_rows
from crossdock_kit.deliveries.model import NewDelivery
from crossdock_kit.deliveries.replacing import replace
from crossdock_kit.driver import Driver

_ENQUEUE = """
INSERT INTO delivery (tenant, delivery_id, business_unit, partner, kind, ordering_key, after, payload, content_type,
  idempotency_key, transaction_ids, keys, express, state, next_attempt_at, created_at, finished_at, correlation_id,
  causation_id, traceparent)
SELECT tenant, delivery_id, business_unit, partner, kind, ordering_key, after, payload, content_type,
  idempotency_key, transaction_ids, keys, express, CASE WHEN suppressed THEN 'suppressed' ELSE 'waiting' END,
  coalesce(not_before, now()), $3::timestamptz, CASE WHEN suppressed THEN $3::timestamptz END, correlation_id,
  causation_id, traceparent
FROM json_to_recordset($1::json) AS r(
  n bigint, tenant text, delivery_id uuid, business_unit text, partner text, kind text, ordering_key text, after uuid[],
  content_type text, idempotency_key text, transaction_ids text[], keys text[], express boolean, suppressed boolean,
  not_before timestamptz, correlation_id text, causation_id text, traceparent text)
JOIN unnest($2::bytea[]) WITH ORDINALITY AS p(payload, n) USING (n)
ORDER BY n
ON CONFLICT (tenant, partner, idempotency_key) DO NOTHING
"""


async def enqueue(driver: Driver, deliveries: Sequence[NewDelivery], *, at: datetime) -> None:
    """Writes them in the order given. A delivery whose idempotency key the partner has already is not written again."""
    if not deliveries:
        return
    locks = sorted({_lock(each) for each in deliveries})
    await driver.execute("SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k", locks)
    rows = [_row(each, n) for n, each in enumerate(deliveries, start=1)]
    await driver.execute(_ENQUEUE, json_rows.encode(rows), [each.payload for each in deliveries], at)
    await replace([each.delivery_id for each in deliveries if each.replaces and not each.suppressed], driver, at=at)


def _lock(delivery: NewDelivery) -> int:
    name = f"delivery\x1f{delivery.tenant}\x1f{delivery.partner}\x1f{delivery.ordering_key}"
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


def _row(each: NewDelivery, n: int) -> json_rows.Row:
    return {
        "n": n,
        "tenant": each.tenant,
        "delivery_id": each.delivery_id,
        "business_unit": each.business_unit,
        "partner": each.partner,
        "kind": each.kind,
        "ordering_key": each.ordering_key,
        "after": each.after,
        "content_type": each.content_type,
        "idempotency_key": each.idempotency_key,
        "transaction_ids": each.transaction_ids,
        "keys": each.keys,
        "express": each.express,
        "suppressed": each.suppressed,
        "not_before": each.not_before,
        "correlation_id": each.correlation_id,
        "causation_id": each.causation_id,
        "traceparent": each.traceparent,
    }
