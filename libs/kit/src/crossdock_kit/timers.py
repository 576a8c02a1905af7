"""Timers as rows: set and cancelled with the state that they watch, due by the database's clock.

A timer is known by its kind and subject; setting it again moves it. What happens when it is due is timer_loop's
business; from when on it counts is a calendar's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from crossdock_kit import json_rows
from crossdock_kit.driver import Driver
from crossdock_kit.exceptions import NothingLeft
from crossdock_kit.ids import uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTimer:
    kind: str
    subject: str
    due_at: datetime
    payload: bytes = b""
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    correlation_id: str = ""
    causation_id: str = ""
    tenant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTimer:
    tenant: str
    timer_id: UUID
    kind: str
    subject: str
    due_at: datetime
    payload: bytes
    transaction_ids: tuple[str, ...]
    keys: tuple[str, ...]
    correlation_id: str
    causation_id: str
    attempts: int


_SET = """
INSERT INTO timer (tenant, timer_id, kind, subject, due_at, payload, transaction_ids, keys, correlation_id,
  causation_id)
SELECT tenant, timer_id, kind, subject, due_at, payload, transaction_ids, keys, correlation_id, causation_id
FROM json_to_recordset($1::json) AS r(
  tenant text, timer_id uuid, kind text, subject text, due_at timestamptz, payload bytea, transaction_ids text[],
  keys text[], correlation_id text, causation_id text)
ORDER BY tenant, kind, subject
ON CONFLICT (tenant, kind, subject) DO UPDATE SET
  timer_id = excluded.timer_id, due_at = excluded.due_at, payload = excluded.payload, attempts = 0,
  transaction_ids = excluded.transaction_ids, keys = excluded.keys,
  correlation_id = excluded.correlation_id, causation_id = excluded.causation_id
"""


async def set_timers(driver: Driver, timers: Sequence[NewTimer]) -> None:
    """Sets or moves them in one statement; of several for the same subject the last counts."""
    latest = {(each.tenant, each.kind, each.subject): each for each in timers}
    if latest:
        rows = [asdict(each) | {"timer_id": uuid7()} for each in latest.values()]
        await driver.execute(_SET, json_rows.encode(rows))


async def cancel_timers(driver: Driver, cancelled: Sequence[tuple[str, str, str]]) -> None:
    """Removes timers by (tenant, kind, subject); one that is not there is no matter."""
    if cancelled:
        rows = [{"tenant": t, "kind": kind, "subject": subject} for t, kind, subject in sorted(set(cancelled))]
        await driver.execute(
            "DELETE FROM timer USING json_to_recordset($1::json) AS r(tenant text, kind text, subject text)"
            " WHERE timer.tenant = r.tenant AND timer.kind = r.kind AND timer.subject = r.subject",
            json_rows.encode(rows),
        )


_DUE = """
SELECT DISTINCT tenant, kind FROM timer WHERE due_at <= now() AND kind = ANY($1::text[])
"""

# Who runs a timer holds an advisory lock and not its row: whoever changes what a timer is about moves or cancels it
# last, and would wait for a row whose handler waits for that very thing. More are looked at than are taken, because
# others may be running.
_CLAIM = """
SELECT timer_id FROM (
  SELECT timer_id FROM timer WHERE tenant = $1 AND kind = $2 AND due_at <= now()
  ORDER BY due_at, timer_id LIMIT $3::int + 100) AS due
WHERE pg_try_advisory_xact_lock(hashtextextended('timer ' || timer_id, 0)) LIMIT $3::int
"""
# Of what is claimed some may have run since the claim's snapshot: that is gone here.
_TAKE = """
SELECT tenant, timer_id, kind, subject, due_at, payload, transaction_ids, keys, correlation_id, causation_id, attempts
FROM timer WHERE tenant = $1 AND timer_id = ANY($2::uuid[]) AND due_at <= now()
"""
_REMOVE = """
DELETE FROM timer WHERE (tenant, timer_id) IN (
  SELECT tenant, timer_id FROM timer WHERE tenant = $1 AND timer_id = ANY($2::uuid[]) ORDER BY kind, subject FOR UPDATE)
"""


async def due_kinds(driver: Driver, kinds: Sequence[str]) -> list[tuple[str, str]]:
    """Tenant and kind of whatever is due now."""
    return [(row["tenant"], row["kind"]) for row in await driver.fetch(_DUE, list(kinds))]


async def take_due(driver: Driver, tenant: str, kind: str, limit: int) -> list[DueTimer]:
    """Due timers that nobody else runs, until the transaction ends. They stay until `remove`."""
    claimed = [row["timer_id"] for row in await driver.fetch(_CLAIM, tenant, kind, limit)]
    rows = await driver.fetch(_TAKE, tenant, claimed) if claimed else []
    due = [
        DueTimer(**dict(row) | {"transaction_ids": tuple(row["transaction_ids"]), "keys": tuple(row["keys"])})
        for row in rows
    ]
    return sorted(due, key=lambda each: (each.due_at, each.timer_id))


async def remove(driver: Driver, tenant: str, timers: Sequence[DueTimer]) -> bool:
    """Removes timers of a tenant that ran: their effects commit with their removal or not at all. False if one of them
    was set anew or cancelled meanwhile."""
    done = await driver.execute(_REMOVE, tenant, [each.timer_id for each in timers])
    return done.endswith(f" {len(timers)}")


_PUT_OFF = """
UPDATE timer SET attempts = attempts + 1, due_at = coalesce(now() + make_interval(secs => $3), 'infinity')
WHERE tenant = $1 AND timer_id = $2
"""
_REDRIVE = "UPDATE timer SET attempts = 0, due_at = now() WHERE timer_id = $1 AND attempts > 0"


async def put_off(driver: Driver, timer: DueTimer, seconds: float | None) -> bool:
    """Moves a timer whose handler failed, or lets it rest until `redrive`. False if it was set anew or cancelled."""
    return (await driver.execute(_PUT_OFF, timer.tenant, timer.timer_id, seconds)).endswith(" 1")


async def redrive(driver: Driver, timer_id: UUID) -> str:
    """Makes a timer due again that rests, or that would be tried later, and says so in words. Raises NothingLeft."""
    if not (await driver.execute(_REDRIVE, timer_id)).endswith(" 1"):
        raise NothingLeft("the timer ran or was set anew")
    return "the timer is due again"


async def discard(driver: Driver, timer_id: UUID) -> str:
    """Removes a timer that failed, and says so in words. Raises NothingLeft."""
    done = await driver.execute("DELETE FROM timer WHERE timer_id = $1 AND attempts > 0", timer_id)
    if not done.endswith(" 1"):
        raise NothingLeft("the timer ran or was set anew")
    return "the timer is removed without having run"
