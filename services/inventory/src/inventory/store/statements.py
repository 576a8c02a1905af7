"""Statements as rows, and the statement's own comparison with the ledger: one set-based query for a whole warehouse.

The ledger of an instant is today's balances without what has happened since. Movements are found item by item from the
newest backwards, so the cost follows the items and what they moved since, not the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import asyncpg
from crossdock_kit import policy
from crossdock_kit.driver import Driver
from crossdock_kit.policy import PolicyBook, Scope

from inventory.domain.accounts import PHYSICAL, Account
from inventory.domain.likely_cause import explained
from inventory.domain.quantity import ZERO, of_rule
from inventory.domain.statement import Comparison, Difference, Stated, Statement, StatementOutdated
from inventory.store.around import known_around
from inventory.store.master_data import described
from inventory.store.moved_since import CLOCKS_DIFFER_BY, first_id_at

TOLERANCE = "inventory.statement_tolerance"
"""Its value: {"quantity": "5"}, in the item's base unit, for one item, lot and bucket. Without a rule nothing is
tolerated."""

MOST_COMPARED = 10_000
"""Differences that are looked at; of a statement that differs in more somebody has to look at the whole."""
MOST_EXPLAINED = 1000
"""Differences of which a likely cause is looked for: as many as are shown."""
_WHERE = "tenant = $1 AND location_id = $2 AND business_unit = $3"
_KNOWN = f"SELECT * FROM statement WHERE {_WHERE}"  # noqa: S608
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('statement ' || $1 || ' ' || $2 || ' ' || $3, 0))"
_PUT = """
INSERT INTO statement (tenant, location_id, business_unit, system, number, content, as_of, buckets, complete)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (tenant, location_id, business_unit) DO UPDATE SET system = excluded.system, number = excluded.number,
  content = excluded.content, as_of = excluded.as_of, buckets = excluded.buckets, complete = excluded.complete
"""
_FORGET = f"DELETE FROM statement_line WHERE {_WHERE}"  # noqa: S608
_LINES = """
INSERT INTO statement_line (tenant, location_id, business_unit, sku, lot, bucket, quantity)
SELECT $1, $2, $3, * FROM unnest($4::text[], $5::text[], $6::int2[], $7::numeric[])
"""
_DRAFT = f"SELECT * FROM statement_draft WHERE {_WHERE}"  # noqa: S608
_BEGIN = """
INSERT INTO statement_draft (tenant, location_id, business_unit, system, number, as_of, buckets, complete, parts, came)
VALUES ($1, $2, $3, $4, $5, $6, '{}', $7, $8, '{}')
"""
_PART_LINES = """
INSERT INTO statement_draft_line (tenant, location_id, business_unit, part, sku, lot, bucket, quantity)
SELECT $1, $2, $3, $8, * FROM unnest($4::text[], $5::text[], $6::int2[], $7::numeric[])
"""
_FORGET_PART = f"DELETE FROM statement_draft_line WHERE {_WHERE} AND part = $4"  # noqa: S608
_CAME = f"""
UPDATE statement_draft SET came = ARRAY(SELECT DISTINCT unnest(came || $4::int4)),
  buckets = ARRAY(SELECT DISTINCT unnest(buckets || $5::int2[]) ORDER BY 1)
WHERE {_WHERE} RETURNING parts - cardinality(came) AS missing
"""  # noqa: S608
_COLLECTED = f"""
INSERT INTO statement_line (tenant, location_id, business_unit, sku, lot, bucket, quantity)
SELECT tenant, location_id, business_unit, sku, lot, bucket, sum(quantity) FROM statement_draft_line
WHERE {_WHERE} GROUP BY tenant, location_id, business_unit, sku, lot, bucket
"""  # noqa: S608
_END = f"DELETE FROM statement_draft WHERE {_WHERE} RETURNING buckets"  # noqa: S608
_END_LINES = f"DELETE FROM statement_draft_line WHERE {_WHERE}"  # noqa: S608
_RAISED = f"UPDATE statement SET raised = $4 WHERE {_WHERE}"  # noqa: S608
_BALANCES = ", ".join(f"({int(each)}, {each.name.lower()})" for each in sorted(PHYSICAL))
_DIFFERENCES = f"""
WITH stated AS MATERIALIZED (
  SELECT sku, lot, bucket, quantity FROM statement_line WHERE {_WHERE}
), named AS MATERIALIZED (
  SELECT sku, bool_or(lot <> '') AS by_lot FROM stated GROUP BY sku
), balances AS MATERIALIZED (
  SELECT sku, lot, b.bucket, b.quantity FROM lot_stock, LATERAL (VALUES {_BALANCES}) AS b (bucket, quantity)
  WHERE {_WHERE} AND ($4 OR sku IN (SELECT sku FROM named))
), since AS MATERIALIZED (
  SELECT m.sku, m.lot, m.source, m.target, m.quantity
  FROM (SELECT sku FROM balances UNION SELECT sku FROM named) AS i CROSS JOIN LATERAL (
    SELECT * FROM movement m WHERE {_WHERE} AND m.sku = i.sku AND m.movement_id >= $6 AND m.occurred_at > $7 OFFSET 0
  ) AS m
), then_held AS (
  SELECT sku, lot, bucket, quantity FROM balances
  UNION ALL SELECT sku, lot, source, quantity FROM since
  UNION ALL SELECT sku, lot, target, -quantity FROM since
), ledger AS (
  SELECT sku, CASE WHEN coalesce(by_lot, true) THEN lot ELSE '' END AS lot, bucket, sum(quantity) AS quantity
  FROM then_held LEFT JOIN named USING (sku) WHERE bucket = ANY ($5::int2[]) GROUP BY 1, 2, 3
)
SELECT sku, lot, bucket, total, coalesce(stated, 0) AS stated, coalesce(in_ledger, 0) AS in_ledger,
  coalesce(i.base_unit, '') AS unit, coalesce(i.category, '') AS category
FROM (
  SELECT sku, lot, bucket, count(*) OVER () AS total, s.quantity AS stated, l.quantity AS in_ledger
  FROM stated s FULL JOIN ledger l USING (sku, lot, bucket)
  WHERE coalesce(s.quantity, 0) <> coalesce(l.quantity, 0) AND (cardinality($8::text[]) = 0 OR sku = ANY ($8))
  ORDER BY sku COLLATE "C", bucket, lot LIMIT {MOST_COMPARED}
) AS d {described("d")}
ORDER BY sku COLLATE "C", bucket, lot
"""  # noqa: S608


# Lines that were just written are in no statistics: the planner takes a million of them for one, and would go through
# all of the ledger for each. Where a loop is meant, the statement leaves it no choice.
_NO_LOOPS, _LOOPS = "SET LOCAL enable_nestloop = off", "SET LOCAL enable_nestloop = on"


class StoredStatements:
    def __init__(self, driver: Driver, tenant: str, now: datetime) -> None:
        self._driver, self._tenant, self._now = driver, tenant, now

    async def newest(self, location_id: str, business_unit: str) -> Statement | None:
        await self._driver.execute(_LOCK, self._tenant, location_id, business_unit)
        return await self.known(location_id, business_unit)

    async def known(self, location_id: str, business_unit: str) -> Statement | None:
        """The newest, as others may replace it at any time."""
        rows = await self._driver.fetch(_KNOWN, self._tenant, location_id, business_unit)
        return _statement(rows[0]) if rows else None

    async def put(self, statement: Statement, lines: Sequence[Stated]) -> None:
        await self._head(statement)
        if lines:
            await self._driver.execute(_LINES, *_place(statement), *_columns(lines))

    async def _head(self, statement: Statement) -> None:
        its = statement
        buckets = [int(each) for each in its.buckets]
        said = its.system, its.number, its.whole, its.as_of, buckets, its.complete
        await self._driver.execute(_PUT, *_place(its), *said)
        await self._driver.execute(_FORGET, *_place(its))

    async def collect(self, statement: Statement, lines: Sequence[Stated]) -> int:
        where = _place(statement)
        await self._continue(statement)
        await self._driver.execute(_FORGET_PART, *where, statement.part)
        if lines:
            await self._driver.execute(_PART_LINES, *where, *_columns(lines), statement.part)
        buckets = [int(each) for each in statement.buckets]
        missing: int = await self._driver.fetchval(_CAME, *where, statement.part, buckets)
        return missing

    async def _continue(self, statement: Statement) -> None:
        """What was begun goes on; an older one that never came to its end gives way."""
        its, where = statement, _place(statement)
        found = await self._driver.fetchrow(_DRAFT, *where)
        if found is not None and (found["system"], found["number"]) == (its.system, its.number):
            its.must_continue(replace(its, as_of=found["as_of"], complete=found["complete"], parts=found["parts"]))
            return
        if found is not None and its.as_of < found["as_of"]:
            raise StatementOutdated(its.location_id, its.number, found["as_of"].isoformat())
        await self._driver.execute(_END, *where)
        await self._driver.execute(_END_LINES, *where)
        await self._driver.execute(_BEGIN, *where, its.system, its.number, its.as_of, its.complete, its.parts)

    async def put_collected(self, statement: Statement) -> Statement:
        where = _place(statement)
        buckets = await self._driver.fetchval(_END, *where)
        whole = replace(statement, buckets=tuple(Account(each) for each in buckets))
        await self._head(whole)
        await self._driver.execute(_COLLECTED, *where)
        await self._driver.execute(_END_LINES, *where)
        return whole

    async def compare(self, statement: Statement, skus: Iterable[str] = ()) -> Comparison:
        """Of the lines that are kept, by item, bucket and lot."""
        its = statement
        floor = first_id_at(min(its.as_of, self._now) - CLOCKS_DIFFER_BY)
        buckets = [int(each) for each in its.buckets]
        asked = (its.complete, buckets, floor, its.as_of, sorted(skus))
        await self._driver.execute(_NO_LOOPS)
        rows = await self._driver.fetch(_DIFFERENCES, *_place(its), *asked)
        await self._driver.execute(_LOOPS)
        book = await policy.read(self._driver, its.tenant, [TOLERANCE])
        found = [self._judged(_difference(row), row["category"], statement, book) for row in rows]
        told = found[:MOST_EXPLAINED]
        known = await known_around(self._driver, _place(its), sorted({each.sku for each in told}), its.as_of)
        found[:MOST_EXPLAINED] = explained(told, its.as_of, known)
        return Comparison(statement, found, rows[0]["total"] if rows else 0)

    def _judged(self, found: Difference, category: str, statement: Statement, book: PolicyBook) -> Difference:
        place = Scope(business_unit=statement.business_unit, item_category=category, location=statement.location_id)
        # Nothing is tolerated by a rule that says no quantity.
        tolerated = of_rule(book.decide(TOLERANCE, place, self._now, None).value) or ZERO
        return replace(found, within_tolerance=abs(found.change) <= tolerated)

    async def raised(self, statement: Statement, skus: Sequence[str]) -> None:
        where = statement.tenant, statement.location_id, statement.business_unit
        await self._driver.execute(_RAISED, *where, list(skus))


def _place(its: Statement) -> tuple[str, str, str]:
    return its.tenant, its.location_id, its.business_unit


def _columns(lines: Sequence[Stated]) -> list[list[object]]:
    rows = [(each.sku, each.lot, int(each.bucket), each.quantity) for each in lines]
    return [list(column) for column in zip(*rows, strict=True)]


def _statement(row: asyncpg.Record) -> Statement:
    plain_facts = ("tenant", "location_id", "business_unit", "system", "number", "content", "as_of", "complete")
    return Statement(
        **{name: row[name] for name in plain_facts},
        buckets=tuple(Account(each) for each in row["buckets"]),
        raised=frozenset(row["raised"]),
    )


def _difference(row: asyncpg.Record) -> Difference:
    return Difference(row["sku"], row["lot"], Account(row["bucket"]), row["stated"], row["in_ledger"], row["unit"])
