"""How each partner stands now, and what was last announced of it: a statement for all, then a row for each change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from crossdock_kit.driver import Driver

from connector.domain.condition import Condition, Signs

CHANGE_OF_HANDS = timedelta(seconds=60)
"""A worker that is replaced is back by then: six terms of its lease."""
_SIGNS = """
SELECT p.tenant, p.partner, p.condition AS announced,
  (SELECT count(*) FROM delivery d
    WHERE (d.tenant, d.partner) = (p.tenant, p.partner) AND d.state = 'dead') AS given_up,
  coalesce(b.state, 'closed') AS breaker, coalesce(failing.fault, '') AS polling_fault,
  EXISTS (SELECT FROM worker_lease l WHERE (l.tenant, l.partner) = (p.tenant, p.partner)
    AND l.transport = 'outbound' AND l.expires_at < now() - $1::interval) AND p.attended AS worker_lost
FROM partner p
LEFT JOIN breaker b ON (b.tenant, b.partner) = (p.tenant, p.partner)
LEFT JOIN LATERAL (SELECT fault FROM poll q WHERE (q.tenant, q.partner) = (p.tenant, p.partner)
  AND polled AND fault <> '' ORDER BY kind LIMIT 1) failing ON true
WHERE $2 = '' OR p.tenant = $2 AND p.partner = $3
ORDER BY p.tenant, p.partner
"""
_ANNOUNCED = """
UPDATE partner SET condition = $3, event_version = event_version + 1
WHERE tenant = $1 AND partner = $2 RETURNING event_version
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A partner with its signs; `announced` is the reason that the last event gave, empty where it was well."""

    tenant: str
    partner: str
    announced: str
    signs: Signs


async def seen(driver: Driver, tenant: str = "", partner: str = "") -> list[Seen]:
    """All partners of the tenants that the transaction serves, or one."""
    rows = await driver.fetch(_SIGNS, CHANGE_OF_HANDS, tenant, partner)
    return [
        Seen(
            row["tenant"],
            row["partner"],
            row["announced"],
            Signs(row["given_up"], row["breaker"], row["polling_fault"], row["worker_lost"]),
        )
        for row in rows
    ]


async def announced(driver: Driver, tenant: str, partner: str, condition: Condition) -> int:
    """Keeps what is announced now; the version of the partner's event."""
    return int(await driver.fetchval(_ANNOUNCED, tenant, partner, condition.reason))
