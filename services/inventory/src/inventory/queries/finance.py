"""The ledger held against the financial books: what documents moved, and what the ERP says that it posted of them.

Each movement that the ERP has to post names the posting; what the ERP answers stands under the same name. One statement
sees one state. It finds differences and repairs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crossdock_kit.database import Engine, transaction

from inventory.domain.accounts import PHYSICAL
from inventory.domain.reports import FIRST_PAGE, FinancePlace, Period
from inventory.domain.stock_report import AdjustmentState
from inventory.store.master_data import described

Row = Mapping[str, Any]
_GOODS = ", ".join(str(int(each)) for each in sorted(PHYSICAL))
_ADJUSTMENT = "stock_adjustment/"
_TRANSFER = "stock_transfer/"
"""Whether an ERP posts transfers its profile says; what it is told and does not take is its delivery's to raise."""
_JUDGED = f"""
WITH moved AS (
  SELECT m.posting_key, m.sku, m.location_id, m.business_unit, min(m.document) AS document, max(m.unit) AS unit,
    min(m.recorded_at) AS recorded_at,
    sum(CASE WHEN m.target IN ({_GOODS}) THEN m.quantity ELSE 0 END
      - CASE WHEN m.source IN ({_GOODS}) THEN m.quantity ELSE 0 END) AS moved
  FROM movement m
  WHERE m.tenant = $1 AND m.posting_key <> '' AND m.recorded_at >= $2 AND m.recorded_at < $3
    AND ($4 = '' OR m.business_unit = $4)
  GROUP BY m.posting_key, m.sku, m.location_id, m.business_unit
), held AS (
  SELECT v.*, p.number, p.posted_on, coalesce(p.reason, '') AS reason, (p.lines ->> v.sku)::numeric AS posted,
    coalesce(p.state, 'pending') AS state,
    CASE
      WHEN p.state = 'withdrawn' THEN 'none'
      WHEN p.state = 'refused' THEN 'refused'
      WHEN p.posting_key IS NULL AND a.state = {int(AdjustmentState.AWAITING_DECISION)} THEN 'awaiting_decision'
      WHEN p.posting_key IS NULL AND v.posting_key LIKE '{_TRANSFER}%' THEN 'none'
      WHEN p.posting_key IS NULL THEN 'pending'
      WHEN p.number = '' THEN 'number_missing'
      WHEN p.lines IS NOT NULL AND coalesce((p.lines ->> v.sku)::numeric, 0) <> abs(v.moved) THEN 'quantity_different'
      ELSE 'none'
    END AS cause
  FROM moved v
  LEFT JOIN posting p ON p.tenant = $1 AND p.posting_key = v.posting_key
  LEFT JOIN adjustment a ON a.tenant = $1 AND v.posting_key = '{_ADJUSTMENT}' || a.adjustment_id::text
  UNION ALL
  SELECT p.posting_key, l.key, '', p.business_unit, p.posting_key || '/', '', p.noted_at, 0, p.number, p.posted_on,
    p.reason, l.value::numeric, p.state, 'not_in_ledger'
  FROM posting p CROSS JOIN LATERAL jsonb_each_text(p.lines) l
  WHERE p.tenant = $1 AND p.noted_at >= $2 AND p.noted_at < $3 AND ($4 = '' OR p.business_unit = $4)
    AND p.state = 'posted' AND NOT EXISTS (
      SELECT FROM movement m
      WHERE m.tenant = $1 AND m.posting_key = p.posting_key AND m.posting_key <> '' AND m.sku = l.key)
)
"""  # noqa: S608 - only constants of this module
_PAGE = (
    _JUDGED
    + f"""
SELECT h.*, coalesce(nullif(h.unit, ''), i.base_unit, '') AS shown_unit
FROM held h {described("h")}
WHERE (h.posting_key, h.sku, h.location_id, h.business_unit) > ($5, $6, $7, $8) AND (NOT $9 OR h.cause <> 'none')
ORDER BY h.posting_key, h.sku, h.location_id, h.business_unit LIMIT $10
"""  # noqa: S608 - only constants of this module
)
_COUNTS = _JUDGED + "SELECT cause, count(*) AS records FROM held GROUP BY cause ORDER BY cause"  # noqa: S608


async def finance_page(
    engine: Engine, period: Period, after: FinancePlace, *, differences_only: bool, size: int
) -> tuple[Sequence[Row], dict[str, int]]:
    """At most `size` records behind `after`; with the first page how many there are of each cause."""
    said = (period.tenant, period.begins, period.ends, period.business_unit)
    async with transaction(engine, (period.tenant,)) as tx:
        rows = await tx.driver.fetch(_PAGE, *said, *after, differences_only, size)
        counted = [] if after != FIRST_PAGE else await tx.driver.fetch(_COUNTS, *said)
    return rows, {row["cause"]: int(row["records"]) for row in counted}
