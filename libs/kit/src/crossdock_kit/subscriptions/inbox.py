"""Admission: which messages of a batch are new, and how far each of their aggregates has come.

One statement writes the inbox rows and locks the watermarks in key order. Decides nothing: what is applied, dropped or
held is said by plan.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from crossdock_kit import watermarks
from crossdock_kit.driver import Driver
from crossdock_kit.subscriptions.model import Arrival
from crossdock_kit.watermarks import Watermark

Key = tuple[str, str]
KEPT = timedelta(days=45)
"""Longer than any stream keeps its messages."""

# The lateral join makes one index look-up per key, whatever the planner thinks of the table's size, and takes the locks
# in the order of the keys.
_ADMIT = """
WITH fresh AS (
  INSERT INTO inbox (consumer, event_id, tenant)
  SELECT $1, g.event_id, g.tenant FROM unnest($2::uuid[], $3::text[]) AS g (event_id, tenant)
  ON CONFLICT DO NOTHING RETURNING event_id
)
SELECT f.event_id, NULL::text AS tenant, NULL::text AS aggregate, 0::int8 AS version, false AS parked, false AS holding
FROM fresh f
UNION ALL
SELECT NULL, k.tenant, k.aggregate, coalesce(w.version, 0), coalesce(w.parked, false),
  EXISTS (SELECT FROM held h WHERE h.consumer = $1 AND h.tenant = k.tenant AND h.aggregate = k.aggregate)
FROM unnest($4::text[], $5::text[]) AS k (tenant, aggregate)
LEFT JOIN LATERAL (
  SELECT version, parked_at IS NOT NULL AS parked FROM watermark
  WHERE consumer = $1 AND tenant = k.tenant AND aggregate = k.aggregate FOR UPDATE
) w ON true
"""

_FORGET = """
DELETE FROM inbox WHERE (consumer, event_id) IN (
  SELECT consumer, event_id FROM inbox WHERE seen_at < now() - $1::interval ORDER BY seen_at LIMIT 5000)
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an aggregate has come with this consumer."""

    version: int = 0
    parked: bool = False
    holding: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """`fresh` are the messages that were never seen; `marks` are locked until the transaction ends."""

    fresh: frozenset[UUID]
    marks: Mapping[Key, Mark]


async def admit(driver: Driver, consumer: str, arrivals: Sequence[Arrival]) -> Admission:
    """Writes the inbox rows of messages from the broker; waits for whoever is just admitting one of them."""
    new = sorted({a.event_id: a for a in arrivals if a.held is None}.values(), key=lambda a: a.event_id.int)
    keys = sorted({a.key for a in arrivals})
    rows = await driver.fetch(
        _ADMIT,
        consumer,
        [a.event_id for a in new],
        [a.tenant for a in new],
        [tenant for tenant, _ in keys],
        [aggregate for _, aggregate in keys],
    )
    fresh, marks = set(), {}
    for event_id, tenant, aggregate, version, parked, holding in rows:
        if event_id is not None:
            fresh.add(event_id)
        else:
            marks[tenant, aggregate] = Mark(version, parked, holding)
    return Admission(frozenset(fresh), marks)


async def advance(driver: Driver, consumer: str, versions: Mapping[Key, int]) -> None:
    """Moves watermarks forward, never back."""
    await watermarks.record(driver, reaching(consumer, versions))


def reaching(consumer: str, versions: Mapping[Key, int]) -> list[Watermark]:
    """The watermarks of a consumer that has come so far with these aggregates."""
    return [Watermark(consumer, tenant, aggregate, version) for (tenant, aggregate), version in versions.items()]


_REACHED = """
SELECT w.tenant, w.aggregate, w.version FROM unnest($2::text[], $3::text[]) AS k (tenant, aggregate)
JOIN watermark w ON w.consumer = $1 AND w.tenant = k.tenant AND w.aggregate = k.aggregate
"""


async def reached(driver: Driver, consumer: str, keys: Iterable[Key]) -> dict[Key, int]:
    """How far aggregates have come; those that never began are left out."""
    wanted = sorted(keys)
    rows = await driver.fetch(_REACHED, consumer, [tenant for tenant, _ in wanted], [name for _, name in wanted])
    return {(row["tenant"], row["aggregate"]): row["version"] for row in rows}


async def forget(driver: Driver, kept: timedelta = KEPT) -> int:
    """Removes some inbox rows that no stream can ask for any more; how many."""
    done = await driver.execute(_FORGET, kept)
    return int(done.rpartition(" ")[2])


async def seen(driver: Driver, consumer: str, event_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Which of these messages this consumer has admitted."""
    rows = await driver.fetch(
        "SELECT event_id FROM inbox WHERE consumer = $1 AND event_id = ANY ($2::uuid[])", consumer, list(event_ids)
    )
    return frozenset(row["event_id"] for row in rows)
