"""What became of an exception since it was raised: who did what to it, when and why, in the row that it stands in.

Raising and resolving write their own transition in the statement that does it; assigning and escalating are here. One
that nobody resolved in time is escalated by itself. It must not know what an exception stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from crossdock_kit import policy
from crossdock_kit.driver import Driver
from crossdock_kit.errors import Refused
from crossdock_kit.policy import ANYWHERE

What = Literal["raised", "assigned", "escalated", "resolved"]
LONGEST = 200
"""Transitions of one exception: whoever hands it on more often than this has lost it."""
ESCALATE_AFTER, ESCALATE_TO = "exceptions.escalate_after", "exceptions.escalate_to"
DEFAULT_AFTER, DEFAULT_TO = timedelta(days=2), "operations"
MOST_ESCALATIONS = 3
"""By itself; after the third everybody who could be told has been."""
BY_ITSELF = "crossdock"


@dataclass
class ExceptionClosed(Refused):
    """It was resolved before: there is nobody whom it could be given to."""

    exception_id: str


@dataclass
class ExceptionHandedOnTooOften(Refused):
    exception_id: str
    most: int


@dataclass(frozen=True, slots=True)
class Transition:
    """`by` is who did it, `owner` the role or team that has to act since, `assignee` who of it took it on, if any."""

    what: What
    at: datetime
    by: str
    why: str
    owner: str
    assignee: str


def first(*, at: datetime, by: str, why: str, owner: str) -> list[dict[str, Any]]:
    """The history of an exception that is just raised, as the column holds it."""
    return [{"what": "raised", "at": at, "by": by, "why": why, "owner": owner, "assignee": ""}]


def read(rows: Iterable[Mapping[str, Any]]) -> tuple[Transition, ...]:
    return tuple(Transition(**{**row, "at": datetime.fromisoformat(row["at"])}) for row in rows)


def appended(what: What, *, at: str, by: str, why: str, owner: str = "owner", assignee: str = "assignee") -> str:
    """The column's new value; the arguments are SQL."""
    return f"""history || jsonb_build_array(jsonb_build_object('what', '{what}', 'at', {at}::timestamptz,
      'by', {by}::text, 'why', {why}::text, 'owner', {owner}, 'assignee', {assignee}))"""


_HANDED_ON = "exception_id = $1 AND resolved_at IS NULL AND jsonb_array_length(history) < $5"
_ASSIGN = f"""
UPDATE exception SET assignee = $2, waits_since = now(),
  history = {appended("assigned", at="$6", by="$3", why="$4", assignee="$2::text")}
WHERE {_HANDED_ON}
"""  # noqa: S608 - only constants of this module
_ESCALATE = f"""
UPDATE exception SET owner = $2, assignee = '', waits_since = now(),
  history = {appended("escalated", at="$6", by="$3", why="$4", owner="$2::text", assignee="''")}
WHERE {_HANDED_ON}
"""  # noqa: S608
_OVERDUE = f"""
UPDATE exception SET owner = $3, assignee = '', waits_since = now(), escalations = escalations + 1,
  history = {appended("escalated", at="now()", by="$4", why="$5", owner="$3::text", assignee="''")}
WHERE tenant = $1 AND exception_id IN (
  SELECT exception_id FROM exception
  WHERE tenant = $1 AND resolved_at IS NULL AND waits_since < now() - $2::interval AND escalations < $6
  ORDER BY raised_at LIMIT $7 FOR UPDATE SKIP LOCKED)
"""  # noqa: S608


async def assign(driver: Driver, exception_id: UUID, to: str, *, by: str, why: str, at: datetime) -> None:
    """Says who of its owner's people took it on. Raises ExceptionClosed, ExceptionHandedOnTooOften."""
    await _hand_on(driver, _ASSIGN, exception_id, (to, by, why, LONGEST, at))


async def escalate(driver: Driver, exception_id: UUID, to: str, *, by: str, why: str, at: datetime) -> None:
    """Gives it to another role or team, which is its owner from now on. Raises as `assign`."""
    await _hand_on(driver, _ESCALATE, exception_id, (to, by, why, LONGEST, at))


async def _hand_on(driver: Driver, statement: str, exception_id: UUID, said: tuple[Any, ...]) -> None:
    """The caller has looked it up, and holds its lock."""
    if not (await driver.execute(statement, exception_id, *said)).endswith(" 1"):
        closed = await driver.fetchval(
            "SELECT resolved_at IS NOT NULL FROM exception WHERE exception_id = $1", exception_id
        )
        if closed:
            raise ExceptionClosed(str(exception_id))
        raise ExceptionHandedOnTooOften(str(exception_id), LONGEST)


async def escalate_overdue(driver: Driver, tenant: str, portion: int) -> int:
    """Gives a portion of what waited for longer than the policy allows to whom the policy names; how many those were.

    The clock is the database's, and begins again with each assignment and escalation."""
    now: datetime = await driver.fetchval("SELECT now()")
    book = await policy.read(driver, tenant, [ESCALATE_AFTER, ESCALATE_TO])
    after = book.decide(ESCALATE_AFTER, ANYWHERE, now, DEFAULT_AFTER)
    to = str(book.decide(ESCALATE_TO, ANYWHERE, now, DEFAULT_TO).value)
    why = f"nobody resolved it within {after.span} (policy {ESCALATE_AFTER}, version {after.version})"
    done = await driver.execute(_OVERDUE, tenant, after.span, to, BY_ITSELF, why, MOST_ESCALATIONS, portion)
    return int(done.rpartition(" ")[2])
