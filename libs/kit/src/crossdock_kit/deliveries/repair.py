"""What operators see of deliveries and do about them: list, try a dead one again, cancel one that nobody needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from crossdock_kit import exceptions
from crossdock_kit.database.planning import fetch_for_values
from crossdock_kit.deliveries.model import State
from crossdock_kit.driver import Driver
from crossdock_kit.errors import NotFound, Refused
from crossdock_kit.exceptions import NothingLeft


@dataclass
class DeliveryUnknown(NotFound):
    delivery_id: str


@dataclass
class DeliveryNotCancellable(Refused):
    """It is finished, or somebody is just making the call."""

    delivery_id: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    position: int
    delivery_id: UUID
    partner: str
    kind: str
    ordering_key: str
    state: State
    attempts: int
    last_error: str
    foreign_number: str
    transaction_ids: tuple[str, ...]
    created_at: datetime
    next_attempt_at: datetime
    finished_at: datetime | None


_LIST = """
SELECT position, delivery_id, partner, kind, ordering_key, state, attempts, last_error, foreign_number, transaction_ids,
  created_at, next_attempt_at, finished_at
FROM delivery
WHERE ($1 = '' OR partner = $1)
  AND ($2 = '' OR transaction_ids[1] = $2 OR cardinality(transaction_ids) > 1 AND $2 = ANY (transaction_ids))
  AND (NOT $3 OR state IN ('waiting', 'leased', 'dead')) AND position > $4
ORDER BY position LIMIT $5
"""


async def list_page(
    driver: Driver, *, partner: str = "", transaction_id: str = "", unfinished: bool = False, after: int = 0, limit: int
) -> list[Shown]:
    """A page in the order in which they were written."""
    rows = await fetch_for_values(driver, _LIST, partner, transaction_id, unfinished, after, limit)
    return [Shown(**dict(row) | {"transaction_ids": tuple(row["transaction_ids"])}) for row in rows]


_REDRIVE = """
UPDATE delivery SET state = 'waiting', failures = 0, next_attempt_at = now(), leased_by = '', redriven_by = $2
WHERE delivery_id = $1 AND state IN ('dead', 'waiting')
"""
_STATE = "SELECT state FROM delivery WHERE delivery_id = $1 FOR UPDATE"
_REDRIVABLE = "SELECT state, next_attempt_at > now() AS resting FROM delivery WHERE delivery_id = $1 FOR UPDATE"


async def redrive(driver: Driver, delivery_id: UUID, *, by: str) -> str:
    """Lets a dead delivery be tried again, or one that waits for a later attempt be tried now; says so in words.

    Raises DeliveryUnknown, and NothingLeft where there is nothing to hurry.
    """
    row = await driver.fetchrow(_REDRIVABLE, delivery_id)
    if row is None:
        raise DeliveryUnknown(str(delivery_id))
    if row["state"] != "dead" and not (row["state"] == "waiting" and row["resting"]):
        raise NothingLeft(f"the delivery is {row['state']}")
    await driver.execute(_REDRIVE, delivery_id, by)
    return "the delivery waits for its next attempt"


_CANCEL = """
UPDATE delivery SET state = 'cancelled', finished_at = now(), last_error = $2
WHERE delivery_id = $1 AND state IN ('waiting', 'dead') RETURNING tenant, now() AS now
"""


async def cancel(driver: Driver, delivery_id: UUID, *, reason: str, by: str) -> None:
    """Takes back a delivery that is not under way; what waited behind it goes on. Its exception is closed."""
    row = await driver.fetchrow(_CANCEL, delivery_id, reason)
    if row is None:
        state = await driver.fetchval(_STATE, delivery_id)
        if state is None:
            raise DeliveryUnknown(str(delivery_id))
        raise DeliveryNotCancellable(str(delivery_id), state)
    subject = f"delivery/{delivery_id}"
    await exceptions.resolve(driver, row["tenant"], [subject], resolution=reason, by=by, at=row["now"])


async def backlog(driver: Driver) -> tuple[int, timedelta]:
    """How many deliveries are unfinished, and the age of the oldest."""
    row = await driver.fetchrow(
        "SELECT count(*) AS n, coalesce(now() - min(created_at), '0') AS age FROM delivery"
        " WHERE state IN ('waiting', 'leased', 'dead')"
    )
    return (row["n"], row["age"]) if row else (0, timedelta(0))


_FOREIGN = """
SELECT idempotency_key, foreign_number FROM delivery
WHERE tenant = $1 AND partner = $2 AND idempotency_key = ANY($3::text[]) AND state = 'delivered'
"""


async def foreign_numbers(driver: Driver, tenant: str, partner: str, idempotency_keys: Sequence[str]) -> dict[str, str]:
    """The numbers that the other system gave back, by idempotency key."""
    rows = await driver.fetch(_FOREIGN, tenant, partner, list(idempotency_keys))
    return {row["idempotency_key"]: row["foreign_number"] for row in rows}
