"""The connector's own copy of master data: crosswalk rows and what exists, kept by catalog's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import asyncpg
from crossdock_kit import json_rows
from crossdock_kit.driver import Driver

from connector.code_book import Asked, Known
from connector.mappings.model import Packing

_SINCE_EVER = date(1, 1, 1)


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


_PUT_ENTRY = """
INSERT INTO crosswalk (tenant, partner, kind, list, partner_code, canonical, valid_from, valid_to)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant, partner, kind, list, partner_code, valid_from) DO UPDATE SET
  canonical = excluded.canonical, valid_to = excluded.valid_to
"""
_PUT_THING = """
INSERT INTO known_thing (tenant, kind, name, aliases, base_unit, packaging, valid_from, valid_to)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant, kind, name, valid_from) DO UPDATE SET aliases = excluded.aliases, base_unit = excluded.base_unit,
  packaging = excluded.packaging, valid_to = excluded.valid_to
"""


async def put_entries(driver: Driver, entries: Iterable[Entry]) -> None:
    rows = [
        (e.tenant, e.partner, e.kind, e.list, e.partner_code, e.canonical, e.valid_from, e.valid_to) for e in entries
    ]
    await driver.executemany(_PUT_ENTRY, rows)


async def put_things(driver: Driver, things: Iterable[Thing]) -> None:
    rows = [
        (
            each.tenant,
            each.kind,
            each.name,
            list(each.aliases),
            each.base_unit,
            json_rows.encode_value(dict(each.packaging)),
            each.valid_from,
            each.valid_to,
        )
        for each in things
    ]
    await driver.executemany(_PUT_THING, rows)


_ENTRIES = """
SELECT DISTINCT ON (kind, list, partner_code) kind, list, partner_code, canonical FROM crosswalk
WHERE tenant = $1 AND partner = ANY($2::text[]) AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3)
  AND (partner_code = ANY($4::text[]) OR canonical = ANY($4::text[]))
ORDER BY kind, list, partner_code, valid_from DESC
"""
_THINGS = """
SELECT DISTINCT ON (kind, name) kind, name, aliases, base_unit, packaging::text AS packaging FROM known_thing
WHERE tenant = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)
  AND (name = ANY($3::text[]) OR aliases && $4::text[])
ORDER BY kind, name, valid_from DESC
"""


@dataclass(frozen=True, slots=True)
class CodesOn:
    """A partner's codes as valid on a day. `partners` are its own id and the system instance that it stands for."""

    driver: Driver
    tenant: str
    partners: Sequence[str]
    on: date

    async def load(self, asked: frozenset[Asked], known: Known) -> None:
        codes = sorted({each.code for each in asked})
        for row in await self.driver.fetch(_ENTRIES, self.tenant, list(self.partners), self.on, codes):
            kind, listed, code, canonical = row["kind"], row["list"], row["partner_code"], row["canonical"]
            known.meanings[kind, listed, code] = canonical
            known.own_codes.setdefault((kind, listed, canonical), code)
        names = sorted({*codes, *known.meanings.values()})
        for row in await self.driver.fetch(_THINGS, self.tenant, self.on, names, _as_numbers(codes)):
            _take_thing(row, known, codes)


def _as_numbers(codes: Sequence[str]) -> list[str]:
    """Codes as public numbers are stored: GTINs with 14 digits, GLNs and DUNS as they are."""
    digits = [each for each in codes if each.isascii() and each.isdigit()]
    return sorted({*digits, *(each.rjust(14, "0") for each in digits if len(each) <= 14)})


def _take_thing(row: asyncpg.Record, known: Known, codes: Sequence[str]) -> None:
    kind, name = row["kind"], row["name"]
    known.names.add((kind, name))
    aliases = set(row["aliases"])
    for code in codes:
        if code in aliases or (kind == "item" and code.rjust(14, "0") in aliases):
            known.aliases[kind, code] = name
    if kind == "item":
        levels = {unit: Decimal(size) for unit, size in json_rows.decode(row["packaging"]).items()}
        known.packings[name] = Packing(row["base_unit"], levels)
