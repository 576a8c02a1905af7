"""What procurement knows of master data: kept from catalog's events, read by what is valid on the day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from crossdock_kit.database.upserts import upsert
from crossdock_kit.driver import Driver
from crossdock_kit.json_rows import Row
from sqlalchemy import Table

from procurement.domain.quantities import Item
from procurement.ports import ItemRecord, Location, LocationRecord, PartyRecord, Validity
from procurement.store import tables
from procurement.store.rows import read_item


def _valid(table: str, key: str, what: str = "") -> str:
    """What is valid on day $3, then what is today ($4), of each key the first alone. What was not described then is
    taken as it is today: whoever reports a fact of another day is not to be refused for it."""
    day, today = (f"daterange(valid_from, valid_to) @> ${place}::date" for place in (3, 4))
    return (
        f"SELECT {what or f'DISTINCT ON ({key})'} * FROM {table}"  # noqa: S608
        f" WHERE tenant = $1 AND {key} = ANY($2::text[]) AND ({day} OR {today}) ORDER BY {key}, {day} DESC"
    )


_ITEMS = _valid("item", "sku", "ALL")
_LOCATIONS = _valid("location", "location_id")
_PARTIES = _valid("party", "party_id")


class KnownMasterData:
    """For one tenant: what is valid today, and of items on another day."""

    def __init__(self, driver: Driver, tenant: str, today: date) -> None:
        self._driver, self._tenant, self._today = driver, tenant, today

    async def items(self, skus: Iterable[str], on: date | None = None) -> dict[str, Item]:
        found = await self._driver.fetch(_ITEMS, self._tenant, sorted(set(skus)), on or self._today, self._today)
        items = dict[str, Item]()
        for item in map(read_item, found):
            known = items.get(item.sku)
            items[item.sku] = item if known is None else known.with_units_of(item)
        return items

    async def locations(self, location_ids: Iterable[str]) -> dict[str, Location]:
        found = await self._driver.fetch(_LOCATIONS, self._tenant, sorted(set(location_ids)), self._today, self._today)
        return {row["location_id"]: Location(row["location_id"], row["system"], row["business_unit"]) for row in found}

    async def suppliers(self, party_ids: Iterable[str]) -> frozenset[str]:
        found = await self._driver.fetch(_PARTIES, self._tenant, sorted(set(party_ids)), self._today, self._today)
        return frozenset(row["party_id"] for row in found if row["supplier"])


class MasterDataRows:
    """Keeps a batch of records in one statement."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def keep_items(self, records: Sequence[ItemRecord]) -> None:
        await self._keep(
            tables.item,
            [
                _validity(each.validity)
                | {
                    "sku": each.item.sku,
                    "base_unit": each.item.base_unit,
                    "category": each.item.category,
                    "factors": {unit: str(base) for unit, base in each.item.factors.items()},
                }
                for each in records
            ],
        )

    async def keep_locations(self, records: Sequence[LocationRecord]) -> None:
        await self._keep(
            tables.location,
            [
                _validity(each.validity)
                | {
                    "location_id": each.location.location_id,
                    "system": each.location.system,
                    "business_unit": each.location.business_unit,
                }
                for each in records
            ],
        )

    async def keep_parties(self, records: Sequence[PartyRecord]) -> None:
        await self._keep(
            tables.party,
            [_validity(each.validity) | {"party_id": each.party_id, "supplier": each.supplier} for each in records],
        )

    async def _keep(self, table: Table, rows: Sequence[Row]) -> None:
        keys = [column.name for column in table.primary_key]
        latest = {tuple(row[key] for key in keys): row for row in rows}
        await upsert(self._driver, table, list(latest.values()))


def _validity(validity: Validity) -> Row:
    return {"tenant": validity.tenant, "valid_from": validity.first, "valid_to": validity.end}
