"""Finds the kit's own work that a replay may mean, and judges each piece: held messages, deliveries, timers that rest.

Reads only. What is judged here is judged again by whoever starts it, under the lock of its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import asyncpg

from crossdock_kit.events import decoded, decoded_list, parsed_headers
from crossdock_kit.repairs.model import LIMIT, Decision, Find, Item, Selection
from crossdock_kit.subscriptions import held
from crossdock_kit.subscriptions.plan import CONTRADICTION
from crossdock_kit.unit_of_work import Work

_HELD = """
SELECT h.consumer, h.event_id, h.type, h.aggregate, h.version, h.headers, h.held_at, h.last_error, h.why,
  h.next_attempt_at > now() AS resting, coalesce(w.version, 0) AS reached, w.parked_at IS NOT NULL AS parked,
  (SELECT min(e.version) FROM held e WHERE e.consumer = h.consumer AND e.tenant = h.tenant
     AND e.aggregate = h.aggregate AND e.why <> 'disowned') AS first
FROM held h LEFT JOIN watermark w ON w.consumer = h.consumer AND w.tenant = h.tenant AND w.aggregate = h.aggregate
WHERE h.held_at >= coalesce($1, h.held_at) AND ($2::timestamptz IS NULL OR h.held_at < $2)
ORDER BY h.held_at, h.event_id LIMIT 20000
"""


async def held_messages(selection: Selection, work: Work) -> Sequence[Item]:
    """Messages that this service's consumers could not apply yet."""
    rows = await work.driver.fetch(_HELD, selection.recorded_from, selection.recorded_to)
    items = [_held(row) for row in rows if selection.names(row["type"]) and _of_partner(row, selection.partner)]
    return [item for item in items if selection.meets(item.keys, item.transaction_ids)][: LIMIT + 1]


def _of_partner(row: asyncpg.Record, partner: str) -> bool:
    """A message is a partner's if that partner's document is its origin."""
    return not partner or f'"{partner}"' in decoded(parsed_headers(row["headers"]).get("ce-origin", ""))


def _held(row: asyncpg.Record) -> Item:
    headers = parsed_headers(row["headers"])
    decision, why = _judged_message(row)
    return Item(
        subject=held.subject_of(row["consumer"], row["event_id"]),
        what=f"{row['type'].rpartition('.')[2]} of {row['aggregate']}, version {row['version']}, at {row['consumer']}",
        decision=decision,
        why=why,
        keys=decoded_list(headers.get("ce-keys", "")),
        transaction_ids=decoded_list(headers.get("ce-transactionids", "")),
    )


def _judged_message(row: asyncpg.Record) -> tuple[Decision, str]:
    version, reached, first = row["version"], row["reached"], row["first"]
    if version <= reached or row["why"] == held.DISOWNED:
        return _judged_out_of_order(row)
    if version > first:
        return Decision.SKIP, f"follows version {first} by itself"
    if version > reached + 1:
        missing = f"versions {reached + 1} to {version - 1} have not come"
        return Decision.REFUSE, f"{missing}; `reconcile` brings what the journal has of them"
    if row["parked"]:
        return Decision.DO, f"the park is lifted and it is applied: {row['last_error']}"
    if row["resting"]:
        return Decision.DO, f"its next attempt is now: {row['last_error']}"
    return Decision.SKIP, "its turn has come; it is applied by itself"


def _judged_out_of_order(row: asyncpg.Record) -> tuple[Decision, str]:
    if row["why"] == held.DISOWNED:
        return Decision.REFUSE, "its owner's journal does not know it; somebody decides at its exception"
    if row["why"] == CONTRADICTION:
        return Decision.REFUSE, f"{row['last_error']}; somebody decides at its exception"
    return Decision.SKIP, "it had its effect; the row goes away by itself"


_DELIVERIES = """
SELECT delivery_id, partner, kind, ordering_key, state, attempts, last_error, foreign_number, keys, transaction_ids,
  next_attempt_at > now() AS resting,
  EXISTS (SELECT FROM delivery e WHERE e.tenant = d.tenant AND e.partner = d.partner
    AND e.ordering_key = d.ordering_key AND e.position < d.position AND e.state IN ('waiting', 'leased', 'dead')
  ) AS behind
FROM delivery d
WHERE ($1 = '' OR partner = $1) AND (cardinality($2::text[]) = 0 OR kind = ANY($2))
  AND created_at >= coalesce($3, created_at) AND ($4::timestamptz IS NULL OR created_at < $4)
  AND ($5 = '' OR EXISTS (SELECT FROM unnest(keys || transaction_ids) k
    WHERE lower(k) = $5 OR lower(substr(k, strpos(k, ':') + 1)) = $5))
ORDER BY state NOT IN ('dead', 'waiting', 'leased'), position LIMIT $6
"""


async def deliveries(selection: Selection, work: Work) -> Sequence[Item]:
    """Calls to the outside: what is unfinished first."""
    rows = await work.driver.fetch(
        _DELIVERIES,
        selection.partner,
        list(selection.types),
        selection.recorded_from,
        selection.recorded_to,
        selection.key.lower(),
        LIMIT + 1,
    )
    return [_delivery(row) for row in rows]


def _delivery(row: asyncpg.Record) -> Item:
    decision, why = _judged_delivery(row)
    return Item(
        subject=f"delivery/{row['delivery_id']}",
        what=f"{row['kind']} to {row['partner']} about {row['ordering_key']}",
        decision=decision,
        why=why,
        keys=tuple(row["keys"]),
        transaction_ids=tuple(row["transaction_ids"]),
    )


def _judged_delivery(row: asyncpg.Record) -> tuple[Decision, str]:  # noqa: PLR0911  one line for each state
    match row["state"]:
        case "dead":
            return Decision.DO, f"it is tried again after {row['attempts']} attempts: {row['last_error']}"
        case "waiting" if row["behind"]:
            return Decision.SKIP, "waits for an earlier delivery of the same document"
        case "waiting" if row["resting"]:
            return Decision.DO, f"its next attempt is now: {row['last_error'] or 'it waited for its time'}"
        case "waiting":
            return Decision.SKIP, "it is due and goes by itself"
        case "leased":
            return Decision.SKIP, "somebody is just making the call"
        case "delivered":
            return Decision.SKIP, f"delivered {row['foreign_number']}".strip()
        case _ as ended:
            return Decision.REFUSE, f"it is {ended}: nobody is to get it"


_TIMERS = """
SELECT timer_id, kind, subject, keys, transaction_ids, attempts FROM timer
WHERE due_at = 'infinity' AND (cardinality($1::text[]) = 0 OR kind = ANY($1))
  AND created_at >= coalesce($2, created_at) AND ($3::timestamptz IS NULL OR created_at < $3)
ORDER BY created_at, timer_id LIMIT 5000
"""


async def timers(selection: Selection, work: Work) -> Sequence[Item]:
    """Timers whose handler failed too often; one that is yet to come due is no matter of a replay."""
    if selection.partner:
        return []
    rows = await work.driver.fetch(_TIMERS, list(selection.types), selection.recorded_from, selection.recorded_to)
    items = [
        Item(
            subject=f"timer/{row['timer_id']}",
            what=f"{row['kind']} of {row['subject']}",
            decision=Decision.DO,
            why=f"it is due again after {row['attempts']} failed attempts",
            keys=tuple(row["keys"]),
            transaction_ids=tuple(row["transaction_ids"]),
        )
        for row in rows
    ]
    return [item for item in items if selection.meets(item.keys, item.transaction_ids)][: LIMIT + 1]


FINDS: Mapping[str, Find] = {"held": held_messages, "delivery": deliveries, "timer": timers}
