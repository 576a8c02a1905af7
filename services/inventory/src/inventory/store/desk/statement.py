"""The one statement that commits a batch: it repeats what was decided and writes all that follows, or writes nothing.

Per row and in key order it demands `available >= quantity` and the version that was remembered; for every shard the
version that was remembered; where that does not hold it divides by zero, which undoes all of it even where it is a
transaction by itself. Stock rows are locked before the request ids are claimed, everywhere, so no two batches can
wait for each other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from crossdock_kit import arrays, audit, journal, timeline
from crossdock_kit.driver import Driver
from crossdock_kit.ids import uuid7

from inventory.domain.reservation import State
from inventory.domain.rules import Event
from inventory.store.desk import batch as batches
from inventory.store.desk.batch import OPEN_DEMAND, RESERVED, Batch, Outcome
from inventory.store.desk.memory import Memory, Shard

METHOD = "crossdock.inventory.v1.InventoryService/ReserveStock"


class Mismatch(Exception):
    """The database is not as remembered: a row moved, a shard was written by somebody else, an id was used before."""


_KEY = "tenant, sku, location_id, business_unit"
_WANTED = {
    "tenant": "text",
    "sku": "text",
    "location_id": "text",
    "business_unit": "text",
    "quantity": "numeric",
    "version": "int8",
}
# Of a basket that was refused there is no more than its claim.
_BASKET = {
    "tenant": "text",
    "request_id": "text",
    "request_hash": "bytea",
    "answer": "bytea",
    "business_unit": "text",
    "channel": "text",
    "priority": "int2",
    "reference": "text",
    "requested_on": "date",
    "expires_at": "timestamptz",
}
_PART = {
    "tenant": "text",
    "sku": "text",
    "location_id": "text",
    "business_unit": "text",
    "reservation_id": "uuid",
    "quantity": "numeric",
    "unit": "text",
    "movement_id": "uuid",
}
_ROOTS = """
SELECT tenant, request_id AS transaction_id, 'reservation' AS type, 'reservation:' || request_id AS root_key
FROM promised
"""
_SETTLE = f"""
WITH want AS MATERIALIZED ({arrays.unnested(_WANTED, 1)}
), unmoved AS MATERIALIZED (
  SELECT count(*) AS shards FROM unnest($8::text[], $9::int2[], $10::int8[]) AS h (tenant, shard, version)
  LEFT JOIN shard USING (tenant, shard) WHERE coalesce(shard.version, 0) = h.version
), locked AS MATERIALIZED (
  SELECT s.tenant, s.sku, s.location_id, s.business_unit, w.quantity
  FROM stock s JOIN want w USING (tenant, sku, location_id, business_unit)
  WHERE s.available >= w.quantity AND s.version = w.version AND (SELECT shards FROM unmoved) = cardinality($8)
  ORDER BY s.tenant, s.sku, s.location_id, s.business_unit FOR UPDATE OF s
), claim AS MATERIALIZED ({arrays.unnested(_BASKET, 12)}
), claimed AS MATERIALIZED (
  INSERT INTO idempotency (tenant, method, request_id, request_hash, status, answer)
  SELECT tenant, $11, request_id, request_hash, 0, answer FROM claim
  WHERE (SELECT count(*) FROM locked) = (SELECT count(*) FROM want) ORDER BY tenant, request_id
  ON CONFLICT DO NOTHING RETURNING request_id
), alone AS MATERIALIZED (
  SELECT (SELECT count(*) FROM claimed) = (SELECT count(*) FROM claim) AS so
), moved AS (
  UPDATE stock s SET reserved = s.reserved + l.quantity, version = s.version + 1, event_version = s.event_version + 1
  FROM locked l WHERE s.tenant = l.tenant AND s.sku = l.sku AND s.location_id = l.location_id
    AND s.business_unit = l.business_unit AND (SELECT so FROM alone)
  RETURNING s.sku
), promised AS MATERIALIZED (
  SELECT *, request_id::uuid AS reservation_id FROM claim WHERE expires_at IS NOT NULL
), held AS (
  INSERT INTO reservation (tenant, reservation_id, business_unit, state, channel, priority, reference, requested_on,
    expires_at, created_at, version)
  SELECT tenant, reservation_id, business_unit, {int(State.HELD)}, channel, priority, reference, requested_on,
    expires_at, $23, 1
  FROM promised
  WHERE (SELECT so FROM alone) ORDER BY tenant, reservation_id
  ON CONFLICT DO NOTHING RETURNING reservation_id
), new AS MATERIALIZED (
  SELECT (SELECT count(*) FROM held) = (SELECT count(*) FROM promised) AS so
), part AS MATERIALIZED (
  SELECT * FROM ({arrays.unnested(_PART, 24)}) p WHERE (SELECT so FROM new)
), kept AS (
  INSERT INTO reservation_part (tenant, reservation_id, sku, location_id, quantity, unit)
  SELECT tenant, reservation_id, sku, location_id, quantity, unit FROM part
), booked AS (
  INSERT INTO movement ({_KEY}, movement_id, source, target, quantity, unit, reason, document, transaction_id,
    occurred_at)
  SELECT {_KEY}, movement_id, {int(OPEN_DEMAND)}, {int(RESERVED)}, quantity, unit, '{Event.RESERVED.name}',
    'reservation/' || reservation_id, reservation_id::text, $23 FROM part
), bumped AS (
  INSERT INTO shard (tenant, shard, version)
  SELECT tenant, shard, 1 FROM unnest($33::text[], $34::int2[]) AS b (tenant, shard)
  WHERE (SELECT count(*) FROM moved) > 0 ORDER BY tenant, shard
  ON CONFLICT (tenant, shard) DO UPDATE SET version = shard.version + 1
), {journal.writing(35)}, {timeline.writing(35 + journal.PARAMETERS, _ROOTS)},
{audit.writing(35 + journal.PARAMETERS + timeline.STEP_PARAMETERS)}
SELECT 1 / ((SELECT count(*) FROM moved) = (SELECT count(*) FROM want)
  AND (SELECT so FROM alone) AND (SELECT so FROM new))::int
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Footing:
    """What a batch relies on: the shards' versions (an owner's memory), or else the row locks that it holds, and then
    the shards' owners must be told."""

    expected: Sequence[tuple[Shard, int]] = ()
    bumped: Sequence[Shard] = ()

    @classmethod
    def of_owner(cls, batch: Batch, memory: Memory) -> Footing:
        shards = sorted({shard for each in batch.outcomes for shard in each.pending.shards})
        return cls(expected=[(shard, memory.shards.get(shard, 0)) for shard in shards])

    @classmethod
    def of_stranger(cls, batch: Batch) -> Footing:
        return cls(bumped=sorted({shard for each in batch.outcomes for shard in each.pending.shards}))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch with the values that its statement binds, so that little is left to do but to send it."""

    batch: Batch
    values: Sequence[object]

    @classmethod
    def of(cls, batch: Batch, footing: Footing, now: datetime) -> Prepared:
        return cls(batch, _values(batch, footing, now))


Executes = Callable[..., Awaitable[object]]
"""Sends a statement with its values and gives its first value."""


async def settle(execute: Executes, prepared: Prepared) -> None:
    """Writes the batch. Raises Mismatch; then nothing is written, or the transaction around it must be rolled back."""
    # Known only now: a call of many baskets may have been audited by the batch before.
    audited = audit.columns([scope.audit for scope in unaudited(prepared.batch)])
    try:
        await execute(_SETTLE, *prepared.values, *audited)
    except asyncpg.DivisionByZeroError:
        # The statement's way to fail as a whole, whether or not a transaction stands around it.
        raise Mismatch from None


def _values(batch: Batch, footing: Footing, now: datetime) -> list[object]:
    return [
        *_wanted(batch),
        [shard.tenant for shard, _ in footing.expected],
        [shard.shard for shard, _ in footing.expected],
        [version for _, version in footing.expected],
        METHOD,
        *_baskets(batch),
        now,
        *_parts(batch),
        [shard.tenant for shard in footing.bumped],
        [shard.shard for shard in footing.bumped],
        *journal.columns(batches.events(batch, now)),
        *timeline.columns_of_steps(batches.steps(batch, now)),
    ]


def unaudited(batch: Batch) -> list[Any]:
    """Scopes of the calls whose audit row this batch carries."""
    scopes = {id(each.pending.scope): each.pending.scope for each in batch.outcomes}
    return [scope for scope in scopes.values() if scope is not None and scope.audit is not None and not scope.audited]


def _wanted(batch: Batch) -> list[str | None]:
    rows = ((*key, quantity, batch.before[key].version) for key, quantity in batch.taken.items())
    return arrays.columns(rows, _WANTED)


def _baskets(batch: Batch) -> list[str | None]:
    return arrays.columns(map(_basket, batch.outcomes), _BASKET)


def _basket(outcome: Outcome) -> tuple[object, ...]:
    pending, its = outcome.pending, outcome.pending.basket
    claim = its.tenant, pending.identity, pending.ask.fingerprint, outcome.answer
    if outcome.reservation is None:
        return *claim, "", "", 0, "", None, None
    said = its.business_unit, its.channel, its.priority, its.reference, its.requested_on
    return *claim, *said, outcome.reservation.expires_at


def _parts(batch: Batch) -> list[str | None]:
    rows = (
        (its.tenant, part.sku, part.location_id, its.business_unit, its.reservation_id, part.quantity, unit, uuid7())
        for its in batch.promised
        for part in its.parts
        for unit in [its.units[part.sku]]
    )
    return arrays.columns(rows, _PART)


_ANSWERED = """
SELECT tenant, request_id, request_hash, answer FROM idempotency
WHERE method = $1 AND tenant = ANY ($2::text[]) AND request_id = ANY ($3::text[]) AND answer IS NOT NULL
"""


async def answered(
    driver: Driver, tenants: Collection[str], ids: Collection[UUID]
) -> dict[tuple[str, str], tuple[bytes, bytes]]:
    """Fingerprint and answer of requests that were answered before."""
    rows = await driver.fetch(_ANSWERED, METHOD, list(tenants), [str(each) for each in ids])
    return {(row["tenant"], row["request_id"]): (row["request_hash"], row["answer"]) for row in rows}
