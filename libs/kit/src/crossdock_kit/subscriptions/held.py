"""Messages that cannot be applied now: behind a gap, waiting for their next attempt, or behind a parked aggregate.

They are acknowledged to the broker and stand here instead, so nothing depends on its redelivery. Knows rows only; when
to look at them is the consumer's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from crossdock_kit.driver import Driver
from crossdock_kit.errors import NotFound
from crossdock_kit.events import parsed_headers
from crossdock_kit.subscriptions.inbox import Key
from crossdock_kit.subscriptions.model import Arrival, HeldFacts

OVERDUE = timedelta(minutes=5)
DISOWNED = "disowned"
"""Why a message is held that its owner's journal does not know: it takes part in no order (disowned.py)."""

_COLUMNS = """h.event_id, h.tenant, h.aggregate, h.version, h.slot, h.type, h.headers, h.body, h.why, h.attempts,
  h.held_at, h.raised_at IS NOT NULL AS raised, h.last_traceparent, h.redriven_by"""

_PUT = """
INSERT INTO held (consumer, event_id, tenant, aggregate, version, slot, type, headers, body, why)
SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::int8[], $6::int2[], $7::text[], $8::text[],
  $9::bytea[], $10::text[])
ON CONFLICT (consumer, event_id) DO NOTHING
"""


async def put(driver: Driver, consumer: str, messages: Sequence[tuple[Arrival, str]]) -> None:
    """Holds messages of the broker, each with the reason why."""
    arrivals = [arrival for arrival, _ in messages]
    await driver.execute(
        _PUT,
        consumer,
        [a.event_id for a in arrivals],
        [a.tenant for a in arrivals],
        [a.aggregate for a in arrivals],
        [a.version for a in arrivals],
        [a.slot for a in arrivals],
        [a.type for a in arrivals],
        [a.block for a in arrivals],
        [a.body for a in arrivals],
        [why for _, why in messages],
    )


async def remove(driver: Driver, consumer: str, event_ids: Sequence[UUID]) -> int:
    """How many were there: fewer than asked for means that another owner was faster."""
    done = await driver.execute(
        "DELETE FROM held WHERE consumer = $1 AND event_id = ANY ($2::uuid[])", consumer, list(event_ids)
    )
    return int(done.rpartition(" ")[2])


@dataclass(frozen=True, slots=True)
class Setback:
    """A failed attempt: when the next one is due, or that there is none because the aggregate is parked.

    `traceparent` is the attempt's place in its trace.
    """

    why: str
    error: str
    pause: timedelta | None
    traceparent: str = ""


async def set_back(driver: Driver, consumer: str, arrival: Arrival, setback: Setback) -> None:
    """Counts the attempt. The row must be there."""
    await driver.execute(
        "UPDATE held SET why = $3, attempts = attempts + 1, last_error = $4, next_attempt_at = now() + $5::interval,"
        " raised_at = CASE WHEN $5::interval IS NULL THEN now() ELSE raised_at END,"
        " last_traceparent = $6, redriven_by = ''"
        " WHERE consumer = $1 AND event_id = $2",
        consumer,
        arrival.event_id,
        setback.why,
        setback.error[:500],
        setback.pause,
        setback.traceparent,
    )


async def park(driver: Driver, consumer: str, key: Key, reason: str) -> None:
    """Nothing of this aggregate is applied until the park is lifted."""
    await driver.execute(
        "INSERT INTO watermark (consumer, tenant, aggregate, parked_at, park_reason) VALUES ($1, $2, $3, now(), $4)"
        " ON CONFLICT (consumer, tenant, aggregate)"
        " DO UPDATE SET parked_at = now(), park_reason = excluded.park_reason",
        consumer,
        *key,
        reason[:500],
    )


_DUE = f"""
SELECT {_COLUMNS} FROM held h
LEFT JOIN watermark w ON w.consumer = h.consumer AND w.tenant = h.tenant AND w.aggregate = h.aggregate
WHERE h.consumer = $1 AND h.slot = ANY ($2::int2[]) AND (h.next_attempt_at IS NULL OR h.next_attempt_at <= now())
  AND w.parked_at IS NULL AND h.version <= coalesce(w.version, 0) + 1 AND h.why <> '{DISOWNED}'
ORDER BY h.held_at, h.version LIMIT $3
"""  # noqa: S608 - the columns stand above

_CHAIN = f"""
SELECT {_COLUMNS}, w.version AS reached, coalesce(h.next_attempt_at <= now(), true) AS due
FROM unnest($2::text[], $3::text[]) AS k (tenant, aggregate)
JOIN watermark w ON w.consumer = $1 AND w.tenant = k.tenant AND w.aggregate = k.aggregate AND w.parked_at IS NULL
JOIN held h ON h.consumer = $1 AND h.tenant = k.tenant AND h.aggregate = k.aggregate AND h.why <> '{DISOWNED}'
ORDER BY h.tenant, h.aggregate, h.version LIMIT $4
"""  # noqa: S608 - the columns stand above


async def due(driver: Driver, consumer: str, slots: Iterable[int], limit: int) -> list[Arrival]:
    """Messages whose turn it is: next in their aggregate, or seen already, and not waiting for a later attempt."""
    return [_arrival(row) for row in await driver.fetch(_DUE, consumer, list(slots), limit)]


async def chain(driver: Driver, consumer: str, keys: Sequence[Key], limit: int) -> list[Arrival]:
    """Of aggregates that have just moved: the held messages that follow without a gap."""
    rows = await driver.fetch(_CHAIN, consumer, [tenant for tenant, _ in keys], [name for _, name in keys], limit)
    reached: dict[Key, int] = {}
    found: list[Arrival] = []
    for row in rows:
        key = (row["tenant"], row["aggregate"])
        last = reached.setdefault(key, row["reached"])
        if row["due"] and row["version"] <= last + 1:
            found.append(_arrival(row))
            reached[key] = max(last, row["version"])
    return found


@dataclass(frozen=True, slots=True)
class Overdue:
    """A message that has been held too long. `behind` tells that an earlier held version is the one to look at."""

    arrival: Arrival
    reached: int
    behind: bool
    last_error: str


# The outer condition is looked at again when the row was waited for, the inner one is not.
_OVERDUE = f"""
WITH late AS (
  UPDATE held SET raised_at = now() WHERE raised_at IS NULL AND (consumer, event_id) IN (
    SELECT consumer, event_id FROM held
    WHERE consumer = $1 AND slot = ANY ($2::int2[]) AND raised_at IS NULL AND held_at < now() - $3::interval LIMIT 500)
  RETURNING *
)
SELECT {_COLUMNS}, h.last_error, coalesce(w.version, 0) AS reached,
  EXISTS (SELECT FROM held e WHERE e.consumer = h.consumer AND e.tenant = h.tenant AND e.aggregate = h.aggregate
          AND e.version < h.version AND e.why <> '{DISOWNED}') AS behind
FROM late h
LEFT JOIN watermark w ON w.consumer = h.consumer AND w.tenant = h.tenant AND w.aggregate = h.aggregate
ORDER BY h.tenant, h.aggregate, h.version
"""  # noqa: S608 - the columns stand above


async def take_overdue(driver: Driver, consumer: str, slots: Iterable[int], after: timedelta) -> list[Overdue]:
    """Messages held longer than `after`, each once: whoever takes them raises what has to be raised."""
    rows = await driver.fetch(_OVERDUE, consumer, list(slots), after)
    return [Overdue(_arrival(row), row["reached"], row["behind"], row["last_error"]) for row in rows]


_WAITING = f"""
SELECT {_COLUMNS} FROM held h WHERE h.consumer = $1 AND h.why NOT IN ('contradiction', '{DISOWNED}')
ORDER BY h.held_at, h.event_id LIMIT $2
"""  # noqa: S608 - the columns stand above

_DISOWN = f"""
UPDATE held h SET why = '{DISOWNED}', last_error = $3, raised_at = now(), next_attempt_at = NULL
WHERE h.consumer = $1 AND h.event_id = ANY ($2::uuid[]) AND h.why NOT IN ('contradiction', '{DISOWNED}')
RETURNING {_COLUMNS}
"""  # noqa: S608 - the columns stand above


async def waiting(driver: Driver, consumer: str, limit: int) -> list[Arrival]:
    """What waits for an earlier version or for its next attempt, the oldest first."""
    return [_arrival(row) for row in await driver.fetch(_WAITING, consumer, limit)]


async def disown(driver: Driver, consumer: str, event_ids: Sequence[UUID], code: str) -> list[Arrival]:
    """Takes messages out of their aggregates' order; those that were still there."""
    return [_arrival(row) for row in await driver.fetch(_DISOWN, consumer, event_ids, code)]


async def forget_raised(driver: Driver, consumer: str, keys: Sequence[Key]) -> None:
    """Lets what waits behind a gap in these aggregates become overdue once more."""
    await driver.execute(
        "UPDATE held h SET raised_at = NULL FROM unnest($2::text[], $3::text[]) AS k (tenant, aggregate)"
        " WHERE h.consumer = $1 AND h.tenant = k.tenant AND h.aggregate = k.aggregate AND h.why = 'gap'",
        consumer,
        [tenant for tenant, _ in keys],
        [name for _, name in keys],
    )


async def try_again(driver: Driver, consumer: str, event_id: UUID, *, by: str) -> str:
    """Lifts the park of a held message's aggregate and makes its next attempt due now; its aggregate. `by` wanted it.

    Raises NotFound when it is held no more.
    """
    row = await driver.fetchrow(
        "UPDATE held SET attempts = 0, next_attempt_at = NULL, redriven_by = $3,"
        " why = CASE WHEN why = 'contradiction' THEN why ELSE 'retry' END WHERE consumer = $1 AND event_id = $2"
        " RETURNING tenant, aggregate",
        consumer,
        event_id,
        by,
    )
    if row is None:
        raise NotFound(f"message {event_id} is held no more")
    await lift_park(driver, consumer, (row["tenant"], row["aggregate"]))
    return str(row["aggregate"])


async def lift_park(driver: Driver, consumer: str, key: Key) -> None:
    """Lets the aggregate go on; one that is not parked stays as it is."""
    await driver.execute(
        "UPDATE watermark SET parked_at = NULL, park_reason = ''"
        " WHERE consumer = $1 AND tenant = $2 AND aggregate = $3",
        consumer,
        *key,
    )


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A row as operators see it."""

    consumer: str
    event_id: UUID
    type: str
    aggregate: str
    version: int
    why: str
    attempts: int
    last_error: str
    held_at: datetime
    next_attempt_at: datetime | None


_LIST = """
SELECT consumer, event_id, type, aggregate, version, why, attempts, last_error, held_at, next_attempt_at FROM held
WHERE (held_at, event_id) > ($1, $2) ORDER BY held_at, event_id LIMIT $3
"""


async def list_page(driver: Driver, after: tuple[datetime, UUID], limit: int) -> list[HeldMessage]:
    """A page of what is held for the transaction's tenants, the oldest first."""
    return [HeldMessage(**dict(row)) for row in await driver.fetch(_LIST, *after, limit)]


def subject_of(consumer: str, event_id: UUID) -> str:
    """How an exception names a held message; `reference_of` reads it."""
    return f"held/{consumer}/{event_id}"


def reference_of(subject: str) -> tuple[str, UUID]:
    """Consumer and event of a subject. Raises ValueError if it names no held message."""
    kind, _, rest = subject.partition("/")
    consumer, _, event_id = rest.rpartition("/")
    if kind != "held" or not consumer:
        raise ValueError(f"not a held message: {subject}")
    return consumer, UUID(event_id)


def _arrival(row: asyncpg.Record) -> Arrival:
    return Arrival(
        event_id=row["event_id"],
        tenant=row["tenant"],
        aggregate=row["aggregate"],
        version=row["version"],
        type=row["type"],
        slot=row["slot"],
        headers=parsed_headers(row["headers"]),
        block=row["headers"],
        body=row["body"],
        held=HeldFacts(
            row["why"], row["attempts"], row["held_at"], row["raised"], row["last_traceparent"], row["redriven_by"]
        ),
    )
