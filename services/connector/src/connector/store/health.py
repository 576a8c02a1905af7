"""How business with each partner stands: one statement for a page of partners, each part by an index of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from crossdock_kit.driver import Driver


@dataclass(frozen=True, slots=True)
class Health:
    """`delivered_percent` is of the deliveries that ended in the last 24 hours; None where none did.
    `last_polled_at` is of the kind that was read to its end longest ago; None where one never was.
    """

    partner: str
    last_received_at: datetime | None
    last_sent_at: datetime | None
    backlog: int
    oldest_waiting_at: datetime | None
    given_up: int
    unacknowledged: int
    oldest_unacknowledged_at: datetime | None
    unread: int
    breaker: str
    delivered_percent: int | None
    worker_active: bool
    last_polled_at: datetime | None
    cursor_moved_at: datetime | None
    polling_fault: str
    polling_code: str


_PAGE = """
SELECT p.partner, received.at AS last_received_at, sent.at AS last_sent_at,
  waiting.backlog, waiting.oldest_waiting_at, waiting.given_up,
  unacknowledged.number AS unacknowledged, unacknowledged.oldest AS oldest_unacknowledged_at,
  unread.number AS unread, coalesce(b.state, 'closed') AS breaker, ended.delivered_percent,
  EXISTS (SELECT FROM worker_lease l WHERE (l.tenant, l.partner) = (p.tenant, p.partner)
    AND l.transport = 'outbound' AND l.expires_at > now()) AS worker_active,
  polls.last_polled_at, polls.cursor_moved_at, coalesce(failing.fault, '') AS polling_fault,
  coalesce(failing.code, '') AS polling_code
FROM (SELECT tenant, partner FROM partner WHERE tenant = $1 AND ($2 = '' OR partner = $2) AND partner > $3
  ORDER BY partner LIMIT $4) p
LEFT JOIN breaker b ON (b.tenant, b.partner) = (p.tenant, p.partner)
LEFT JOIN LATERAL (SELECT received_at AS at FROM document d WHERE (d.tenant, d.partner) = (p.tenant, p.partner)
  AND NOT outbound ORDER BY position DESC LIMIT 1) received ON true
LEFT JOIN LATERAL (SELECT sent_at AS at FROM document d WHERE (d.tenant, d.partner) = (p.tenant, p.partner)
  AND outbound AND sent_at IS NOT NULL ORDER BY position DESC LIMIT 1) sent ON true
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state <> 'dead') AS backlog,
  min(created_at) FILTER (WHERE state <> 'dead' AND (failures > 0 OR next_attempt_at <= now())) AS oldest_waiting_at,
  count(*) FILTER (WHERE state = 'dead') AS given_up
  FROM delivery d WHERE (d.tenant, d.partner) = (p.tenant, p.partner)
  AND state IN ('waiting', 'leased', 'dead')) waiting
CROSS JOIN LATERAL (SELECT count(*) AS number, min(sent_at) AS oldest FROM document d
  WHERE (d.tenant, d.partner) = (p.tenant, p.partner)
  AND outbound AND state = 9 AND kind LIKE 'x12.%' AND kind <> 'x12.997') unacknowledged
CROSS JOIN LATERAL (SELECT count(*) AS number FROM document d WHERE (d.tenant, d.partner) = (p.tenant, p.partner)
  AND NOT outbound AND state IN (1, 2, 5, 7)) unread
CROSS JOIN LATERAL (
  SELECT 100 * count(*) FILTER (WHERE state = 'delivered') / nullif(count(*), 0) AS delivered_percent
  FROM delivery d WHERE (d.tenant, d.partner) = (p.tenant, p.partner) AND state IN ('delivered', 'dead')
  AND finished_at > now() - interval '24 hours') ended
CROSS JOIN LATERAL (SELECT CASE WHEN bool_and(polled_at IS NOT NULL) THEN min(polled_at) END AS last_polled_at,
  max(moved_at) AS cursor_moved_at
  FROM poll q WHERE (q.tenant, q.partner) = (p.tenant, p.partner) AND polled) polls
LEFT JOIN LATERAL (SELECT fault, code FROM poll q WHERE (q.tenant, q.partner) = (p.tenant, p.partner)
  AND polled AND fault <> '' ORDER BY kind LIMIT 1) failing ON true
ORDER BY p.partner
"""


async def page(driver: Driver, tenant: str, only: str, *, after: str, limit: int) -> Sequence[Health]:
    """By partner id; of one partner alone where it is named."""
    return [_health(row) for row in await driver.fetch(_PAGE, tenant, only, after, limit)]


def _health(row: asyncpg.Record) -> Health:
    return Health(**dict(row))
