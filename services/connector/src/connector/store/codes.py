"""The connector's own copy of master data: crosswalk rows and what exists, kept by catalog's events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal

import asyncpg
from crossdock_kit import json_rows
from crossdock_kit.driver import Driver

from connector.code_book import Asked, Known
from connector.mappings.model import Packing

_SINCE_EVER = date(1, 1, 1)
EVERYBODY = "*"
"""Whose the words of a code list are that hold for every partner: the semantics of the enterprise, kept centrally."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One crosswalk row."""

    tenant: str
    partner: str
    kind: str
    list: str
    partner_code: str
    canonical: str
    valid_from: date = _SINCE_EVER
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Thing:
    """An item, a location or a party that exists. `aliases` are its public numbers."""

    tenant: str
    kind: str
    name: str
    aliases: tuple[str, ...] = ()
    base_unit: str = ""
    packaging: Mapping[str, str] = field(default_factory=dict)
    valid_from: date = _SINCE_EVER
    valid_to: date | None = None


_PUT_ENTRIES = """
INSERT INTO crosswalk (tenant, partner, kind, list, partner_code, canonical, valid_from, valid_to)
SELECT tenant, partner, kind, list, partner_code, canonical, valid_from, valid_to
FROM json_populate_recordset(NULL::crosswalk, $1::json)
ORDER BY tenant, partner, kind, list, partner_code, valid_from
ON CONFLICT (tenant, partner, kind, list, partner_code, valid_from) DO UPDATE SET
  canonical = excluded.canonical, valid_to = excluded.valid_to
"""
_PUT_THINGS = """
WITH told AS MATERIALIZED (
  SELECT * FROM json_populate_recordset(NULL::known_thing, $1::json) ORDER BY tenant, kind, name, valid_from
), dropped AS (
  DELETE FROM known_alias a USING told t
  WHERE a.tenant = t.tenant AND a.kind = t.kind AND a.name = t.name AND a.valid_from = t.valid_from
    AND NOT a.alias = ANY (t.aliases)
), named AS (
  INSERT INTO known_alias (tenant, alias, kind, name, valid_from)
  SELECT DISTINCT tenant, alias, kind, name, valid_from FROM told CROSS JOIN unnest(aliases) AS alias
  ORDER BY tenant, alias, kind, name, valid_from
  ON CONFLICT DO NOTHING
)
INSERT INTO known_thing (tenant, kind, name, aliases, base_unit, packaging, valid_from, valid_to)
SELECT tenant, kind, name, aliases, base_unit, packaging, valid_from, valid_to FROM told
ON CONFLICT (tenant, kind, name, valid_from) DO UPDATE SET aliases = excluded.aliases, base_unit = excluded.base_unit,
  packaging = excluded.packaging, valid_to = excluded.valid_to
"""


async def put_entries(driver: Driver, entries: Iterable[Entry]) -> None:
    """Of an entry that is told twice the later one counts."""
    rows = {(e.tenant, e.partner, e.kind, e.list, e.partner_code, e.valid_from): asdict(e) for e in entries}
    await driver.execute(_PUT_ENTRIES, json_rows.encode(rows.values()))


async def put_things(driver: Driver, things: Iterable[Thing]) -> None:
    """Of a thing that is told twice the later one counts."""
    rows = {(each.tenant, each.kind, each.name, each.valid_from): asdict(each) for each in things}
    await driver.execute(_PUT_THINGS, json_rows.encode(rows.values()))


# Each way to find something is an index's own: a partner may have as many codes as there are items.
ENTRIES = """
SELECT DISTINCT ON (kind, list, partner_code) kind, list, partner_code, canonical FROM (
  SELECT * FROM crosswalk WHERE tenant = $1 AND partner = ANY($2::text[]) AND partner_code = ANY($4::text[])
  UNION ALL
  SELECT * FROM crosswalk WHERE tenant = $1 AND partner = ANY($2::text[]) AND canonical = ANY($4::text[])
) AS found
WHERE valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3) AND (partner <> '*' OR kind = 'code')
ORDER BY kind, list, partner_code, array_position($2::text[], partner), valid_from DESC
"""
THINGS = """
SELECT DISTINCT ON (kind, name) kind, name, aliases, base_unit, packaging::text AS packaging FROM known_thing
WHERE tenant = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)
  AND (kind, name, valid_from) IN (
    SELECT kind, name, valid_from FROM known_thing WHERE tenant = $1 AND name = ANY($3::text[])
    UNION
    SELECT kind, name, valid_from FROM known_alias WHERE tenant = $1 AND alias = ANY($4::text[]))
ORDER BY kind, name, valid_from DESC
"""


@dataclass(frozen=True, slots=True)
class CodesOn:
    """A partner's codes as valid on a day. `partners` are its own id and the system instance that it stands for, of
    which the first that has a code counts; what neither has of a code list may be everybody's."""

    driver: Driver
    tenant: str
    partners: Sequence[str]
    on: date

    async def load(self, asked: frozenset[Asked], known: Known) -> None:
        codes = sorted({each.code for each in asked})
        for row in await self.driver.fetch(ENTRIES, self.tenant, [*self.partners, EVERYBODY], self.on, codes):
            kind, listed, code, canonical = row["kind"], row["list"], row["partner_code"], row["canonical"]
            known.meanings[kind, listed, code] = canonical
            known.own_codes.setdefault((kind, listed, canonical), code)
        names = sorted({*codes, *known.meanings.values()})
        asking = _by_number(codes)
        for row in await self.driver.fetch(THINGS, self.tenant, self.on, names, _as_numbers(codes)):
            _take_thing(row, known, asking)


def _as_numbers(codes: Sequence[str]) -> list[str]:
    """Codes as public numbers are stored: GTINs with 14 digits, GLNs and DUNS as they are."""
    digits = [each for each in codes if each.isascii() and each.isdigit()]
    return sorted({*digits, *(each.rjust(14, "0") for each in digits if len(each) <= 14)})


def _by_number(codes: Sequence[str]) -> Mapping[str, Collection[str]]:
    """Which codes ask for a public number: those that are it, and shorter ones that are it as a GTIN."""
    found: dict[str, dict[str, None]] = {}
    for code in codes:
        for number in (code, code.rjust(14, "0")):
            found.setdefault(number, {})[code] = None
    return found


def _take_thing(row: asyncpg.Record, known: Known, asking: Mapping[str, Collection[str]]) -> None:
    kind, name = row["kind"], row["name"]
    known.names.add((kind, name))
    for alias in row["aliases"]:
        for code in asking.get(alias, ()):
            # None but items have GTINs.
            if kind == "item" or code == alias:
                known.aliases[kind, code] = name
    if kind == "item":
        levels = {unit: Decimal(size) for unit, size in json_rows.decode(row["packaging"]).items()}
        known.packings[name] = Packing(row["base_unit"], levels)
