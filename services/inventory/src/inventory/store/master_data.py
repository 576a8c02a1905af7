"""Copies of items and locations, as catalog announced them; and the ERP's numbers for what was posted.

Of a thing there is a record for each span of days. An older announcement of a span never replaces a newer one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import asyncpg
from crossdock_kit.driver import Driver

from inventory.domain.item import Item, Location
from inventory.domain.quantity import plain
from inventory.ports import ItemRecord, LocationRecord, Posting

ALWAYS = date.min


def _valid(table: str, key: str, columns: str) -> str:
    """What is valid on day $3. What was not described then is taken as it is today: whoever reports a fact of another
    day is not to be refused for it."""
    days = "coalesce($3::date, current_date)"
    return f"""
SELECT DISTINCT ON ({key}) {columns} FROM {table}
WHERE tenant = $1 AND {key} = ANY ($2::text[])
  AND (daterange(valid_from, valid_to) @> {days} OR daterange(valid_from, valid_to) @> current_date)
ORDER BY {key}, daterange(valid_from, valid_to) @> {days} DESC
"""  # noqa: S608


def described(row: str) -> str:
    """Joins `i`, how the item of a `row` of tenant $1 is described today or was last: for what is shown."""
    return f"""LEFT JOIN LATERAL (
  SELECT base_unit, category FROM item
  WHERE tenant = $1 AND sku = {row}.sku AND valid_from <= current_date ORDER BY valid_from DESC LIMIT 1
) i ON true"""  # noqa: S608


_ITEMS = _valid("item", "sku", "sku, base_unit, packaging::text, lot_controlled, category, version")
_LOCATIONS = _valid("location", "location_id", "location_id, business_unit, put_away, version, system")
_PUT_ITEMS = """
INSERT INTO item (tenant, sku, base_unit, packaging, lot_controlled, category, valid_from, valid_to, version)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::bool[], $6::text[], $7::date[], $8::date[],
  $9::int8[])
ON CONFLICT (tenant, sku, valid_from) DO UPDATE SET base_unit = excluded.base_unit, packaging = excluded.packaging,
  lot_controlled = excluded.lot_controlled, category = excluded.category, valid_to = excluded.valid_to,
  version = excluded.version
WHERE item.version < excluded.version
"""
_PUT_LOCATIONS = """
INSERT INTO location (tenant, location_id, business_unit, system, put_away, valid_from, valid_to, version)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[], $6::date[], $7::date[], $8::int8[])
ON CONFLICT (tenant, location_id, valid_from) DO UPDATE SET business_unit = excluded.business_unit,
  system = excluded.system, put_away = excluded.put_away, valid_to = excluded.valid_to, version = excluded.version
WHERE location.version < excluded.version
"""
_POSTINGS = """
INSERT INTO posting (tenant, posting_key, number, partner, posted_on, business_unit, state, reason, lines)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[], $6::text[], $7::text[], $8::text[],
  $9::jsonb[])
ON CONFLICT (tenant, posting_key) DO UPDATE SET number = excluded.number, partner = excluded.partner,
  posted_on = excluded.posted_on, state = excluded.state, reason = excluded.reason, lines = excluded.lines
WHERE posting.number = ''
"""


def columns_of(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def item_of(row: asyncpg.Record) -> Item:
    levels = {unit: Decimal(quantity) for unit, quantity in json.loads(row["packaging"]).items()}
    return Item(row["sku"], row["base_unit"], levels, row["lot_controlled"], row["category"], row["version"])


class StoredMasterData:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def known(self, tenant: str, skus: Iterable[str], on: date | None = None) -> dict[str, Item]:
        return {row["sku"]: item_of(row) for row in await self._driver.fetch(_ITEMS, tenant, list(skus), on)}

    async def known_locations(self, tenant: str, ids: Iterable[str]) -> dict[str, Location]:
        rows = await self._driver.fetch(_LOCATIONS, tenant, list(ids), None)
        return {row["location_id"]: Location(**dict(row)) for row in rows}

    async def put_items(self, records: Sequence[ItemRecord]) -> None:
        ordered = sorted(records, key=lambda r: r.item.version)
        latest = {(each.tenant, each.item.sku, each.valid_from): each for each in ordered}
        await self._driver.execute(_PUT_ITEMS, *columns_of(map(_item_row, (latest[key] for key in sorted(latest)))))

    async def put_locations(self, records: Sequence[LocationRecord]) -> None:
        ordered = sorted(records, key=lambda r: r.location.version)
        latest = {(each.tenant, each.location.location_id, each.valid_from): each for each in ordered}
        rows = map(_location_row, (latest[key] for key in sorted(latest)))
        await self._driver.execute(_PUT_LOCATIONS, *columns_of(rows))


def _item_row(record: ItemRecord) -> tuple[object, ...]:
    item = record.item
    packaging = json.dumps({unit: plain(quantity) for unit, quantity in item.packaging.items()})
    facts = (item.sku, item.base_unit, packaging, item.lot_controlled, item.category)
    return (record.tenant, *facts, record.valid_from, record.valid_to, item.version)


def _location_row(record: LocationRecord) -> tuple[object, ...]:
    its = record.location
    dates = record.valid_from, record.valid_to
    return (record.tenant, its.location_id, its.business_unit, its.system, its.put_away, *dates, its.version)


class StoredPostings:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def note(self, postings: Sequence[Posting]) -> None:
        """The first number stays: a repeated report of the same posting says the same. What was refused may be posted
        later."""
        said: dict[tuple[str, str], Posting] = {}
        for each in postings:
            known = said.get((each.tenant, each.posting_key))
            if known is None or not known.number:
                said[each.tenant, each.posting_key] = each
        await self._driver.execute(_POSTINGS, *columns_of(_posting_row(said[key]) for key in sorted(said)))


def _posting_row(each: Posting) -> tuple[object, ...]:
    lines = None if each.lines is None else json.dumps({sku: str(amount) for sku, amount in each.lines.items()})
    told = (each.posted_on, each.business_unit, each.state, each.reason, lines)
    return (each.tenant, each.posting_key, each.number, each.partner, *told)
