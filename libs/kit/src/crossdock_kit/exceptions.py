"""Open exceptions with an owner: what could not go on by itself and waits for somebody.

An exception that is open already is not raised twice: the same dedupe key counts up and gathers the transactions that
it concerns. It must not know how to repair: `subject` names what it stands for, and ops_api asks who is in charge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

import asyncpg

from crossdock_kit import exception_history, json_rows
from crossdock_kit.context import current_cause
from crossdock_kit.driver import Driver
from crossdock_kit.errors import FailureClass, NotFound
from crossdock_kit.exception_history import Transition, appended
from crossdock_kit.ids import uuid7


@dataclass
class ExceptionUnknown(NotFound):
    exception_id: str


@dataclass
class NothingLeft(NotFound):
    """What an exception stands for is done or gone: there is nothing to start again."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewException:
    """`summary` is a sentence for people, without secrets and personal data. `owner` is a role or a team.

    `subject` names what it stands for ("delivery/018f..."). While one with the same `dedupe_key` (by default code and
    subject) is open, raising it again only counts. `by` is who raised it, where that is not the cause under way.
    """

    failure_class: FailureClass
    code: str
    summary: str
    owner: str
    subject: str = ""
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)
    dedupe_key: str = ""
    tenant: str = ""
    by: str = ""

    @property
    def identity(self) -> str:
        return self.dedupe_key or f"{self.code}:{self.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedException:
    """An exception as it stands; open while `resolved_at` is None. `history` begins with its raising."""

    tenant: str
    exception_id: UUID
    failure_class: FailureClass
    code: str
    summary: str
    owner: str
    subject: str
    transaction_ids: tuple[str, ...]
    keys: tuple[str, ...]
    details: dict[str, str]
    occurrences: int
    raised_at: datetime
    resolved_at: datetime | None
    resolution: str
    resolved_by: str
    assignee: str
    history: tuple[Transition, ...]


_RAISE = """
INSERT INTO exception (tenant, exception_id, failure_class, code, summary, owner, subject, transaction_ids, keys,
                       details, dedupe_key, occurrences, history, raised_at, last_raised_at)
SELECT tenant, exception_id, failure_class, code, summary, owner, subject, transaction_ids, keys,
       details, dedupe_key, occurrences, history, $2, $2
FROM json_to_recordset($1::json) AS r(
  tenant text, exception_id uuid, failure_class text, code text, summary text, owner text, subject text,
  transaction_ids text[], keys text[], details jsonb, dedupe_key text, occurrences int, history jsonb)
ORDER BY tenant, dedupe_key
ON CONFLICT (tenant, dedupe_key) WHERE resolved_at IS NULL DO UPDATE SET
  occurrences = exception.occurrences + excluded.occurrences,
  last_raised_at = excluded.last_raised_at,
  summary = excluded.summary,
  details = exception.details || excluded.details,
  transaction_ids = ARRAY(SELECT DISTINCT unnest(exception.transaction_ids || excluded.transaction_ids) ORDER BY 1),
  keys = ARRAY(SELECT DISTINCT unnest(exception.keys || excluded.keys) ORDER BY 1)
"""


async def raise_all(driver: Driver, raised: Sequence[NewException], *, at: datetime) -> None:
    """Raises them in one statement; those that are open already are counted up."""
    rows = [_row(each, occurrences, at) for each, occurrences in _merged(raised)]
    if rows:
        await driver.execute(_RAISE, json_rows.encode(rows), at)


def _merged(raised: Sequence[NewException]) -> list[tuple[NewException, int]]:
    """One statement may not touch a row twice: equal ones of a batch become one with a count."""
    merged: dict[tuple[str, str], tuple[NewException, int]] = {}
    for each in raised:
        identity = (each.tenant, each.identity)
        before, count = merged.get(identity, (each, 0))
        gathered = replace(
            each,
            transaction_ids=_union(before.transaction_ids, each.transaction_ids),
            keys=_union(before.keys, each.keys),
            details=before.details | each.details,
        )
        merged[identity] = (gathered, count + 1)
    return list(merged.values())


def _union(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(some + more))


def acting() -> str:
    """Who causes what is done now; empty where nobody does."""
    because = current_cause.get()
    return because.actor if because else ""


def _row(each: NewException, occurrences: int, at: datetime) -> json_rows.Row:
    by = each.by or acting() or exception_history.BY_ITSELF
    return asdict(each) | {
        "exception_id": uuid7(),
        "failure_class": each.failure_class.value,
        "dedupe_key": each.identity,
        "occurrences": occurrences,
        "history": exception_history.first(at=at, by=by, why=each.summary, owner=each.owner),
    }


_RESOLVE = f"""
UPDATE exception SET resolved_at = $5, resolution = $3, resolved_by = $4,
  history = {appended("resolved", at="$5", by="$4", why="$3")}
WHERE tenant = $1 AND dedupe_key = ANY($2::text[]) AND resolved_at IS NULL
"""  # noqa: S608 - only constants of this module


async def resolve(
    driver: Driver, tenant: str, dedupe_keys: Sequence[str], *, resolution: str, by: str, at: datetime
) -> int:
    """Closes what has gone by itself; the number of exceptions that were open."""
    done = await driver.execute(_RESOLVE, tenant, list(dedupe_keys), resolution, by, at)
    return int(done.rpartition(" ")[2])


_RESOLVE_SUBJECT = f"""
UPDATE exception SET resolved_at = $4, resolution = $2, resolved_by = $3,
  history = {appended("resolved", at="$4", by="$3", why="$2")}
WHERE subject = $1 AND resolved_at IS NULL
"""  # noqa: S608 - only constants of this module


async def resolve_subject(driver: Driver, subject: str, *, resolution: str, by: str, at: datetime) -> None:
    """Closes what stands for a piece of work that was started again."""
    await driver.execute(_RESOLVE_SUBJECT, subject, resolution, by, at)


class Resolved(Protocol):
    """An exception whose cause has gone."""

    @property
    def tenant(self) -> str: ...
    @property
    def dedupe_key(self) -> str: ...
    @property
    def resolution(self) -> str: ...


_RESOLVE_ALL = f"""
UPDATE exception e SET resolved_at = $2, resolution = r.resolution, resolved_by = $3,
  history = {appended("resolved", at="$2", by="$3", why="r.resolution")}
FROM json_to_recordset($1::json) AS r(tenant text, dedupe_key text, resolution text)
WHERE e.tenant = r.tenant AND e.dedupe_key = r.dedupe_key AND e.resolved_at IS NULL
"""  # noqa: S608 - only constants of this module


async def resolve_all(driver: Driver, resolved: Iterable[Resolved], *, by: str, at: datetime) -> None:
    """Closes many in one statement; of those that are not open nothing is said."""
    rows = [{"tenant": e.tenant, "dedupe_key": e.dedupe_key, "resolution": e.resolution} for e in resolved]
    await driver.execute(_RESOLVE_ALL, json_rows.encode(rows), at, by)


_COLUMNS = """tenant, exception_id, failure_class, code, summary, owner, subject, transaction_ids, keys, details::text,
  occurrences, raised_at, resolved_at, coalesce(resolution, '') AS resolution, coalesce(resolved_by, '') AS resolved_by,
  assignee, history::text
"""
_CLOSE = f"""
UPDATE exception SET resolved_at = coalesce(resolved_at, $4), resolution = CASE WHEN resolved_at IS NULL THEN $2
  ELSE resolution END, resolved_by = CASE WHEN resolved_at IS NULL THEN $3 ELSE resolved_by END,
  history = CASE WHEN resolved_at IS NULL THEN {appended("resolved", at="$4", by="$3", why="$2")} ELSE history END
WHERE exception_id = $1 RETURNING {_COLUMNS}
"""  # noqa: S608 - only constants of this module
_GET = f"SELECT {_COLUMNS} FROM exception WHERE exception_id = $1 FOR UPDATE"  # noqa: S608
_LIST = f"""
SELECT {_COLUMNS} FROM exception
WHERE resolved_at IS {{state}} AND ($1 = '' OR transaction_ids @> ARRAY[$1]::text[])
  AND (raised_at, exception_id) > ($2::timestamptz, $3::uuid)
ORDER BY raised_at, exception_id LIMIT $4
"""  # noqa: S608
# A statement each: the few that are open have an index of their own, and one statement for both would read all.
_LIST_OPEN, _LIST_RESOLVED = _LIST.format(state="NULL"), _LIST.format(state="NOT NULL")
BEGINNING = (datetime.fromisoformat("0001-01-02T00:00:00+00:00"), UUID(int=0))


async def close(driver: Driver, exception_id: UUID, *, resolution: str, by: str, at: datetime) -> RaisedException:
    """Closes one by hand, with a reason. One that is closed already stays as it is. Raises ExceptionUnknown."""
    return _found(await driver.fetchrow(_CLOSE, exception_id, resolution, by, at), exception_id)


async def get(driver: Driver, exception_id: UUID) -> RaisedException:
    """One exception, locked until the transaction ends. Raises ExceptionUnknown."""
    return _found(await driver.fetchrow(_GET, exception_id), exception_id)


async def list_page(
    driver: Driver,
    *,
    still_open: bool,
    transaction_id: str = "",
    after: tuple[datetime, UUID] = BEGINNING,
    limit: int = 100,
) -> list[RaisedException]:
    """A page, the oldest first."""
    statement = _LIST_OPEN if still_open else _LIST_RESOLVED
    rows = await driver.fetch(statement, transaction_id, *after, limit)
    return [_raised(row) for row in rows]


def _found(row: asyncpg.Record | None, exception_id: UUID) -> RaisedException:
    if row is None:
        raise ExceptionUnknown(str(exception_id))
    return _raised(row)


def _raised(row: asyncpg.Record) -> RaisedException:
    facts = dict(row)
    facts["failure_class"] = FailureClass(facts["failure_class"])
    facts["details"] = json_rows.decode(facts["details"])
    facts["history"] = exception_history.read(json_rows.decode(facts["history"]))
    return RaisedException(**facts | {"transaction_ids": tuple(facts["transaction_ids"]), "keys": tuple(facts["keys"])})
