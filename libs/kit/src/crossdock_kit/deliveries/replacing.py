"""The newest word takes the place of an older one that nobody has sent: its turn, its due time and what it blocks.

What is on its way stays, and the newest waits behind it: so a receiver never hears an older word after a newer one.
Must be called under the lock of the ordering keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from crossdock_kit import exceptions, json_rows
from crossdock_kit.driver import Driver

_REASON = "a newer one takes its place"
_CANCEL = """
UPDATE delivery o SET state = 'cancelled', finished_at = $2, last_error = $3
FROM delivery n
WHERE n.delivery_id = ANY($1::uuid[]) AND n.state = 'waiting'
  AND o.tenant = n.tenant AND o.partner = n.partner AND o.ordering_key = n.ordering_key AND o.kind = n.kind
  AND o.position < n.position AND o.state IN ('waiting', 'dead')
RETURNING o.tenant, o.delivery_id, o.position, o.next_attempt_at, n.delivery_id AS by_id, n.position AS by_position
"""
# Positions stay distinct: whoever gives up its turn gets the other's.
_TAKE_TURN = """
UPDATE delivery d SET position = r.position, next_attempt_at = coalesce(r.due, d.next_attempt_at)
FROM json_to_recordset($1::json) AS r(tenant text, delivery_id uuid, position bigint, due timestamptz)
WHERE d.tenant = r.tenant AND d.delivery_id = r.delivery_id
"""


async def replace(newest: Sequence[UUID], driver: Driver, *, at: datetime) -> None:
    """Cancels what these make superfluous, with the exceptions that stood for it; each takes the first turn of it."""
    if not newest:
        return
    gone = await driver.fetch(_CANCEL, list(newest), at, _REASON)
    first: dict[UUID, json_rows.Row] = {}
    for row in sorted(gone, key=lambda row: int(row["position"])):
        first.setdefault(row["by_id"], dict(row))
    turns = [turn for row in first.values() for turn in _swapped(row)]
    if turns:
        await driver.execute(_TAKE_TURN, json_rows.encode(turns))
    for tenant in sorted({row["tenant"] for row in gone}):
        subjects = [f"delivery/{row['delivery_id']}" for row in gone if row["tenant"] == tenant]
        await exceptions.resolve(driver, tenant, subjects, resolution=_REASON, by="crossdock", at=at)


def _swapped(row: json_rows.Row) -> tuple[json_rows.Row, json_rows.Row]:
    tenant, due = row["tenant"], row["next_attempt_at"]
    return (
        {"tenant": tenant, "delivery_id": row["by_id"], "position": row["position"], "due": due},
        {"tenant": tenant, "delivery_id": row["delivery_id"], "position": row["by_position"], "due": None},
    )
