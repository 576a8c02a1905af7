"""The durable truth about a transaction: one row per step, and the keys by which people find it.

A step is a call, an event, a document, a delivery or a timer with what is synchronous under it. Rows are written with
the effects of the step in the same transaction. It must not know what a key stands for: "po:4711" is text here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from crossdock_kit import arrays
from crossdock_kit.context import Cause
from crossdock_kit.driver import Driver
from crossdock_kit.ids import uuid7

Topic: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Keys, and the transactions that they lead to."""


_NO_TIME = timedelta(0)


# Not frozen: one is made for every event, and freezing so many fields would double what that costs.
@dataclass(slots=True, kw_only=True)
class Step:
    """One row of a timeline. `outcome`: advanced, duplicate, refused, retry, held, parked, failed; `reason` is a code.

    `waited` is the time between the cause and the start (unknown for a first cause), `took` the time in the step.
    `topics` say which of its keys lead to which of its transactions; without them each leads to all.
    """

    kind: str
    name: str
    at: datetime
    tenant: str = ""
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    actor: str = ""
    attempt: int = 1
    outcome: str = "advanced"
    reason: str = ""
    waited: timedelta | None = None
    took: timedelta = _NO_TIME
    trace_id: str = ""
    span_id: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    aggregate: str = ""
    event_version: int = 0
    step_id: UUID = field(default_factory=uuid7)
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A transaction that this service mints, with the key that names it before all others."""

    transaction_id: str
    type: str
    root_key: str
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A transaction that a key names; `type` and `root_key` are known only to the service that minted it."""

    transaction_id: str
    type: str
    root_key: str
    first_seen_at: datetime


def step_of(cause: Cause, *, now: datetime, **facts: Any) -> Step:
    """The step that a cause has become; `facts` are fields of Step that the cause does not carry, or its name
    or transactions where the step has others."""
    trace_id, span_id = trace_of(cause.traceparent)
    facts.setdefault("name", cause.name)
    facts.setdefault("transaction_ids", cause.transaction_ids)
    return Step(
        kind=cause.kind,
        tenant=cause.tenant,
        at=cause.started_at,
        actor=cause.actor,
        attempt=cause.attempt,
        correlation_id=cause.correlation_id,
        causation_id=cause.causation_id,
        waited=None if cause.caused_at is None else max(_NO_TIME, cause.started_at - cause.caused_at),
        took=max(_NO_TIME, now - cause.started_at),
        trace_id=trace_id,
        span_id=span_id,
        **facts,
    )


def trace_of(traceparent: str) -> tuple[str, str]:
    """Trace and span id of a W3C traceparent with any flags; two empty strings if there is none."""
    parts = traceparent.split("-")
    return (parts[1], parts[2]) if len(parts) >= 4 else ("", "")


# A row per consumed event makes this hot: plain arrays cost half of JSON. unnest would flatten arrays of arrays, so
# the lists of a row travel as one text.
_SEPARATOR = "\x1f"
_COLUMNS = {
    "tenant": "text",
    "step_id": "uuid",
    "kind": "text",
    "name": "text",
    "transaction_ids": "text",
    "keys": "text",
    "at": "timestamptz",
    "actor": "text",
    "attempt": "int",
    "outcome": "text",
    "reason": "text",
    "waited": "interval",
    "took": "interval",
    "trace_id": "text",
    "span_id": "text",
    "correlation_id": "text",
    "causation_id": "text",
    "aggregate": "text",
    "event_version": "bigint",
}
_LISTS = {"transaction_ids", "keys"}
_NAMES = ", ".join(_COLUMNS)
_VALUES = ", ".join(f"string_to_array({name}, chr(31))" if name in _LISTS else name for name in _COLUMNS)
_ROOT_COLUMNS = dict.fromkeys(("tenant", "transaction_id", "type", "root_key"), "text")
_LINK_COLUMNS = dict.fromkeys(("tenant", "key", "transaction_id", "beside"), "text")
STEP_PARAMETERS = arrays.parameters(_COLUMNS) + arrays.parameters(_LINK_COLUMNS)
"""Parameters of `writing` where it is told the roots."""
_row = attrgetter(*_COLUMNS)
_root_row = attrgetter(*_ROOT_COLUMNS)


def writing(first: int = 1, roots: str = "") -> str:
    """Common table expressions that write any number of steps, the keys that lead to their transactions, and newly
    minted roots, bound from parameter `first` on, for a statement that tells in the same breath as it changes.
    `columns` says what is bound. `roots`: a SELECT of their tenant, transaction_id, type and root_key, where the
    statement knows what it mints; then only `columns_of_steps` are bound."""
    links = first + arrays.parameters(_COLUMNS)
    minted = roots or arrays.unnested(_ROOT_COLUMNS, first + STEP_PARAMETERS)
    return f"""
minted AS (
  INSERT INTO transaction_key (tenant, key, transaction_id, type, root_key)
  SELECT tenant, root_key, transaction_id, type, root_key
  FROM ({minted}) r
  ORDER BY tenant, root_key, transaction_id
  ON CONFLICT (tenant, key, transaction_id) DO UPDATE SET type = excluded.type, root_key = excluded.root_key
), linked AS (
  INSERT INTO transaction_key (tenant, key, transaction_id)
  SELECT p.tenant, p.key, p.transaction_id
  FROM ({arrays.unnested(_LINK_COLUMNS, links)}) p
  WHERE p.beside IS NULL OR NOT EXISTS (
    SELECT 1 FROM transaction_key k
    WHERE k.tenant = p.tenant AND k.key = p.key AND k.transaction_id = ANY(string_to_array(p.beside, chr(31))))
  ORDER BY p.tenant, p.key, p.transaction_id
  ON CONFLICT (tenant, key, transaction_id) DO NOTHING
), stepped AS (
  INSERT INTO step ({_NAMES}) SELECT {_VALUES} FROM ({arrays.unnested(_COLUMNS, first)}) s
)"""  # noqa: S608 - only constants of this module, and of the caller's


def columns(steps: Sequence[Step], roots: Sequence[Root] = ()) -> list[str | None]:
    """What is bound to the parameters of `writing`."""
    named = {(each.tenant, each.root_key, each.transaction_id): each for each in roots}
    return [*columns_of_steps(steps, named.keys()), *arrays.columns(map(_root_row, named.values()), _ROOT_COLUMNS)]


def columns_of_steps(steps: Sequence[Step], minted: Collection[tuple[str, str, str]] = ()) -> list[str | None]:
    """The same but for roots; `minted` are their tenants, keys and transactions, as far as steps name them too."""
    return [*arrays.columns(map(_flat, steps), _COLUMNS), *_links(steps, minted)]


async def record(driver: Driver, steps: Sequence[Step], roots: Sequence[Root] = ()) -> None:
    """Writes steps, the keys that lead to their transactions, and newly minted roots, in one statement."""
    if steps or roots:
        await driver.execute(_RECORD, *columns(steps, roots))


def writing_one(first: int = 1) -> str:
    """Common table expressions that write one step of at most one transaction, whose `values` are bound from parameter
    `first` on: a command's usual case, at a fraction of the cost of arrays."""
    numbered = {name: f"${first + place}::{kind}" for place, (name, kind) in enumerate(_COLUMNS.items())}
    numbered |= {name: f"string_to_array({numbered[name]}, chr(31))" for name in _LISTS}
    return f"""
stepped AS (
  INSERT INTO step ({_NAMES}) VALUES ({", ".join(numbered.values())})
), linked AS (
  INSERT INTO transaction_key (tenant, key, transaction_id)
  SELECT {numbered["tenant"]}, k, t FROM unnest({numbered["keys"]}) k CROSS JOIN unnest({numbered["transaction_ids"]}) t
  ORDER BY k ON CONFLICT (tenant, key, transaction_id) DO NOTHING
)"""  # noqa: S608 - only constants of this module


def values(step: Step) -> list[Any]:
    """What is bound to the parameters of `writing_one`."""
    return list(_flat(step))


_RECORD = f"WITH {writing()} SELECT"
PARAMETERS = STEP_PARAMETERS + arrays.parameters(_ROOT_COLUMNS)
"""Parameters of `writing`."""
WIDTH = len(_COLUMNS)
"""Parameters of `writing_one`."""


def _flat(step: Step) -> tuple[Any, ...]:
    tenant, step_id, kind, name, transaction_ids, keys, *rest = _row(step)
    return tenant, step_id, kind, name, _joined(transaction_ids), _joined(keys), *rest


def _joined(words: tuple[str, ...]) -> str:
    """One text of a list. The separator cannot stand in a key of a document; a key that has it shows U+FFFD instead."""
    text = _SEPARATOR.join(words)
    if text.count(_SEPARATOR) >= max(1, len(words)):
        return _SEPARATOR.join(word.replace(_SEPARATOR, "\ufffd") for word in words)
    return text


def _links(steps: Iterable[Step], minted: Collection[tuple[str, str, str]]) -> list[str | None]:
    """Key and transaction of each step, once, as arrays of tenant, key, transaction and those served beside it. What is
    minted leads already.

    A topic of several transactions (an ASN over two orders) names their own keys too. Such a key must not lead
    to the other order: it is linked only if none of the topic's transactions is known by it yet.
    """
    alone: dict[tuple[str, str, str], str | None] = {}
    shared: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for step in steps:
        for keys, transaction_ids in step.topics or ((step.keys, step.transaction_ids),):
            if len(transaction_ids) == 1:
                for key in keys:
                    alone[step.tenant, key, transaction_ids[0]] = None
            else:
                shared.update(((step.tenant, key, each), transaction_ids) for key in keys for each in transaction_ids)
    linked = {link: beside for link, beside in alone.items() if link not in minted}
    for (tenant, key, transaction_id), beside in shared.items():
        own = [(tenant, key, other) for other in beside]
        if not any(link in alone or link in minted for link in own):
            linked[tenant, key, transaction_id] = _joined(beside)
    return arrays.columns(((*link, beside) for link, beside in linked.items()), _LINK_COLUMNS)


_FIND = """
WITH named AS (
  SELECT transaction_id, coalesce(root_key = key, false) AS is_root FROM transaction_key
  WHERE key = $1 AND value = lower(substr($1, strpos($1, ':') + 1)) OR value = lower($1) OR transaction_id = $1
  UNION
  SELECT unnest(transaction_ids), false FROM step WHERE correlation_id = $1
), chosen AS (
  SELECT transaction_id FROM named WHERE is_root OR NOT EXISTS (SELECT 1 FROM named WHERE is_root)
)
SELECT transaction_id, coalesce(max(type), '') AS type, coalesce(max(root_key), '') AS root_key,
       min(first_seen_at) AS first_seen_at
FROM transaction_key WHERE transaction_id IN (SELECT transaction_id FROM chosen)
GROUP BY tenant, transaction_id ORDER BY min(first_seen_at), transaction_id LIMIT $2
"""


async def find_transactions(driver: Driver, key: str, limit: int = 200) -> list[Match]:
    """The transactions that a business key, its bare value, a correlation id or a transaction id names.

    A key that is some transaction's root names only that one, though others have mentioned it.
    """
    rows = await driver.fetch(_FIND, key, limit)
    return [Match(**dict(row)) for row in rows]


_SHOWN = f"position, {_NAMES}"
# Row security lets an index serve only what cannot tell of other tenants' rows, and that two lists overlap is no such
# thing: the first transaction of a step is found by its value, and only steps of several are looked through.
# What was done before the transaction had a name (a document is read, then its order accepted) named none. It belongs
# where its correlation id came to and one of its keys leads: either alone may be shared by much else.
LIST = f"""
WITH named AS MATERIALIZED (
  SELECT {_SHOWN} FROM step WHERE transaction_ids[1] = ANY ($1::text[])
  UNION ALL
  SELECT {_SHOWN} FROM step
  WHERE cardinality(transaction_ids) > 1 AND transaction_ids && $1 AND NOT transaction_ids[1] = ANY ($1)
)
SELECT {_SHOWN} FROM named WHERE position > $2
UNION ALL
SELECT {_SHOWN} FROM step WHERE transaction_ids = '{{}}' AND position > $2
  AND correlation_id = ANY (ARRAY(SELECT DISTINCT correlation_id FROM named WHERE correlation_id <> ''))
  AND keys && ARRAY(SELECT key FROM transaction_key WHERE transaction_id = ANY ($1))
ORDER BY position LIMIT $3
"""  # noqa: S608 - only constants of this module
"""For the ids of transactions, a position after which, and how many."""


async def list_steps(
    driver: Driver, transaction_ids: Sequence[str], limit: int, after: int = 0
) -> list[tuple[int, Step]]:
    """Steps of the transactions, and those that led to them before they had a name, in the order in which they were
    recorded, each with its position for the next page."""
    rows = await driver.fetch(LIST, list(transaction_ids), after, limit)
    return [(row["position"], _step(row)) for row in rows]


def _step(row: asyncpg.Record) -> Step:
    facts = {name: value for name, value in row.items() if name != "position"}
    return Step(**facts | {"transaction_ids": tuple(facts["transaction_ids"]), "keys": tuple(facts["keys"])})
