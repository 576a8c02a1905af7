"""A service's events: written with the state that they tell of, kept for years, read again by whoever comes later.

Beside each stands a pending row until the relay has the broker's acknowledgment. Nothing here publishes. Two events
of an aggregate are recorded by transactions that hold its row, one after the other, so positions and recording times
follow its versions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from crossdock_kit import arrays
from crossdock_kit.database import Engine, transaction
from crossdock_kit.driver import Driver
from crossdock_kit.events import Sealed, instant_text, subject_of

# statement_timestamp and not now(): the statement runs after the aggregate's row is locked, the transaction may have
# begun before another one that was faster.
COLUMNS = dict(zip(Sealed._fields, ("uuid", "text", "int2", "text", "text", "int8", "text", "bytea"), strict=True))
_NAMES = ", ".join(COLUMNS)


def writing(first: int = 1) -> str:
    """Common table expressions that write the journal and pending rows of events bound from parameter `first` on, for a
    statement that announces in the same breath as it changes. `columns` says what is bound."""
    return _writing(arrays.unnested(COLUMNS, first))


def writing_one(first: int = 1) -> str:
    """The same for a single event, whose `values` are bound: a command's usual case, at half the cost of arrays."""
    values_bound = ", ".join(
        f"${first + place}::{kind} AS {name}" for place, (name, kind) in enumerate(COLUMNS.items())
    )
    return _writing(f"SELECT {values_bound}, 1 AS place")


def _writing(source: str) -> str:
    return f"""
announced AS MATERIALIZED ({source}
), journalled AS (
  INSERT INTO journal (recorded_at, {_NAMES}) SELECT statement_timestamp(), {_NAMES} FROM announced
), queued AS (
  INSERT INTO pending (tenant, slot, event_id, recorded_at)
  SELECT tenant, slot, event_id, statement_timestamp() FROM announced ORDER BY place
)"""  # noqa: S608 - only constants of this module


def columns(events: Sequence[Sealed]) -> list[str | None]:
    """What is bound to the parameters of `writing`."""
    return arrays.columns(events, COLUMNS)


def values(event: Sealed) -> list[object]:
    """What is bound to the parameters of `writing_one`."""
    return list(event)


_RECORD = f"WITH {writing()} SELECT"
PARAMETERS = arrays.parameters(COLUMNS)
"""Parameters of `writing`."""
WIDTH = len(COLUMNS)
"""Parameters of `writing_one`."""


async def record(driver: Driver, events: Sequence[Sealed]) -> None:
    """Journal and pending rows of any number of events in one statement, inside the caller's transaction."""
    await driver.execute(_RECORD, *columns(events))


def complete_headers(headers: str, event_id: UUID, recorded_at: datetime) -> str:
    """The headers as they travel: with the time of recording and the id by which the broker drops a repetition."""
    return f"{headers}ce-time: {instant_text(recorded_at)}\r\nNats-Msg-Id: {event_id}\r\n"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An event as it is published: its subject, its header block and its body."""

    subject: str
    headers: str
    body: bytes


_READ = """
SELECT event_id, recorded_at, slot, type, headers, body FROM journal
WHERE (recorded_at, event_id) > ($1, $2) AND recorded_at < $3 AND (cardinality($4::text[]) = 0 OR type = ANY($4))
ORDER BY recorded_at, event_id LIMIT $5
"""
BEGINNING = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
PAGE = 500


@dataclass(frozen=True, slots=True)
class Extract:
    """Which part of the journal is read; no types means all of them."""

    tenants: tuple[str, ...]
    types: tuple[str, ...] = ()
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None


async def read(engine: Engine, extract: Extract) -> AsyncIterator[list[JournalEntry]]:
    """Pages in the order of recording, which is each aggregate's order, up to what was recorded when it began.

    A transaction that is still open may yet add events of the last minute; a reader finds those on the stream.
    """
    after, seen = extract.recorded_from or BEGINNING, UUID(int=0)
    until = extract.recorded_to or await _database_now(engine, extract.tenants)
    while True:
        async with transaction(engine, extract.tenants) as tx:
            rows = await tx.driver.fetch(_READ, after, seen, until, list(extract.types), PAGE)
        if not rows:
            return
        after, seen = rows[-1]["recorded_at"], rows[-1]["event_id"]
        yield [entry_of(row) for row in rows]


def entry_of(row: asyncpg.Record) -> JournalEntry:
    headers = complete_headers(row["headers"], row["event_id"], row["recorded_at"])
    return JournalEntry(subject_of(row["type"], row["slot"]), headers, row["body"])


async def _database_now(engine: Engine, tenants: Iterable[str]) -> datetime:
    async with transaction(engine, tenants) as tx:
        now: datetime = await tx.driver.fetchval("SELECT now() + interval '1 second'")
    return now


async def make_partitions(engine: Engine, tenants: Iterable[str], months_ahead: int) -> int:
    """Makes the journal's partitions for this month and the next ones; returns how many were missing."""
    async with transaction(engine, tenants) as tx:
        made: int = await tx.driver.fetchval("SELECT kit_journal_partitions($1)", months_ahead)
    return made
