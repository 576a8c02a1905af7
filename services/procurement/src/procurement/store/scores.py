"""A supplier's score, counted by the database from procurement's own tables. A statement for each kind of fact.

Days are those of UTC. A part of a line has arrived in full when all that was received of the line by its day covers
what was due by then, itself included: goods fill the earliest day first, whichever notice they came with. What has not
arrived is not late before its day has passed.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from crossdock_kit.driver import Driver

from procurement.domain.score import Measure, Score, ScoreScope, Share

_OWN = "o.tenant = $1 AND o.supplier_id = $2 AND ($3 = '' OR o.business_unit = $3)"
_PERIOD = "BETWEEN $4 AND $5"

_ANSWERS = f"""
WITH asked AS (
  SELECT (d->>'occurred_at')::timestamptz AS asked_at, (d->>'answered_at')::timestamptz AS answered_at,
    (d->>'revision')::int = o.revision AND EXISTS (
      SELECT FROM purchase_order_line l
      WHERE l.tenant = o.tenant AND l.purchase_order_id = o.purchase_order_id AND l.state = 'open'
    ) AS owed
  FROM purchase_order o CROSS JOIN LATERAL jsonb_array_elements(o.documents) d
  WHERE {_OWN} AND (d->>'revision')::int > 0 AND d->>'placement' <> 'cancelled'
)
SELECT count(answered_at) AS good, count(*) AS total, percentile_cont(0.5) WITHIN GROUP (
    ORDER BY greatest(0, extract(epoch FROM answered_at - asked_at))
  ) FILTER (WHERE answered_at IS NOT NULL) AS median_seconds
FROM asked WHERE (asked_at AT TIME ZONE 'UTC')::date {_PERIOD} AND (answered_at IS NOT NULL OR owed)
"""  # noqa: S608

_PUNCTUAL = f"""
WITH due AS (
  SELECT l.purchase_order_id, l.line_id, (s->>'on')::date AS day,
    sum((s->>'quantity')::numeric) OVER (PARTITION BY l.line_id ORDER BY s->>'on', place) AS through
  FROM purchase_order o
  JOIN purchase_order_line l ON l.tenant = o.tenant AND l.purchase_order_id = o.purchase_order_id
  CROSS JOIN LATERAL jsonb_array_elements(l.{{schedules}}) WITH ORDINALITY AS part(s, place)
  WHERE {_OWN} AND NOT l.cancelled AND l.drop_ship_party_id = '' AND s->>'on' IS NOT NULL
)
SELECT count(*) FILTER (WHERE arrived.base >= due.through) AS good, count(*) AS total
FROM due CROSS JOIN LATERAL (
  SELECT coalesce(sum(r.base), 0) AS base FROM receipt_line r JOIN receipt h USING (tenant, receipt_id)
  WHERE r.tenant = $1 AND r.purchase_order_id = due.purchase_order_id AND r.order_line_id = due.line_id
    AND (h.received_at AT TIME ZONE 'UTC')::date <= due.day
) arrived
WHERE due.day {_PERIOD} AND (due.day < $6 OR arrived.base >= due.through)
"""  # noqa: S608

_FILLED = f"""
SELECT count(*) FILTER (WHERE l.received >= l.ordered) AS good, count(*) AS total
FROM purchase_order o JOIN purchase_order_line l ON l.tenant = o.tenant AND l.purchase_order_id = o.purchase_order_id
WHERE {_OWN} AND o.ordered_on {_PERIOD} AND l.state IN ('received', 'closed_short', 'rejected')
"""  # noqa: S608

_NOTICES = f"""
SELECT count(*) FILTER (WHERE l.received = l.base AND cardinality(l.flags) = 0) AS good, count(*) AS total
FROM ship_notice o JOIN ship_notice_line l ON l.tenant = o.tenant AND l.ship_notice_id = o.ship_notice_id
WHERE {_OWN} AND o.state IN ('received', 'closed_short') AND o.state <> 'replaced'
  AND (o.recorded_at AT TIME ZONE 'UTC')::date {_PERIOD}
"""  # noqa: S608

_RECEIPTS = f"""
SELECT count(*) FILTER (WHERE {{good}}) AS good, count(*) AS total
FROM purchase_order o
JOIN receipt_line r ON r.tenant = o.tenant AND r.purchase_order_id = o.purchase_order_id
JOIN receipt h ON h.tenant = r.tenant AND h.receipt_id = r.receipt_id
WHERE {_OWN} AND (h.received_at AT TIME ZONE 'UTC')::date {_PERIOD}
"""  # noqa: S608

_INVOICES = f"""
SELECT count(*) FILTER (WHERE l.outcome IN ('matched', 'within_tolerance')) AS good, count(*) AS total
FROM supplier_invoice o JOIN supplier_invoice_line l ON l.tenant = o.tenant AND l.invoice_id = o.invoice_id
WHERE {_OWN} AND NOT o.credit AND o.invoiced_on {_PERIOD}
"""  # noqa: S608

PUNCTUAL = frozenset({Measure.AS_PROMISED, Measure.AS_REQUESTED})
STATEMENTS: dict[Measure, str] = {
    Measure.AS_PROMISED: _PUNCTUAL.format(schedules="confirmed"),
    Measure.AS_REQUESTED: _PUNCTUAL.format(schedules="requested"),
    Measure.FILLED: _FILLED,
    Measure.ANNOUNCED_EXACTLY: _NOTICES,
    Measure.ANNOUNCED: _RECEIPTS.format(good="r.ship_notice_id <> ''"),
    Measure.UNDAMAGED: _RECEIPTS.format(good="r.terms->>'condition' = 'good'"),
    Measure.INVOICES_MATCHED: _INVOICES,
}


class SupplierScores:
    def __init__(self, driver: Driver, tenant: str, today: date) -> None:
        self._driver, self._tenant, self._today = driver, tenant, today

    async def count(self, scope: ScoreScope) -> Score:
        facts = (self._tenant, scope.supplier_id, scope.business_unit, scope.first, scope.last)
        shares = dict[Measure, Share]()
        [answers] = await self._driver.fetch(_ANSWERS, *facts)
        shares[Measure.ANSWERED] = Share(answers["good"], answers["total"])
        for measure, statement in STATEMENTS.items():
            more = (self._today,) if measure in PUNCTUAL else ()
            [row] = await self._driver.fetch(statement, *facts, *more)
            shares[measure] = Share(row["good"], row["total"])
        return Score(scope, shares, _hours(answers["median_seconds"]))


def _hours(seconds: float | None) -> Decimal | None:
    return None if seconds is None else (Decimal(round(seconds)) / 3600).quantize(Decimal("0.01"))
