"""What fulfillment knows of master data: kept from catalog's events, read by what is valid on the day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from crossdock_kit.database.upserts import upsert
from crossdock_kit.driver import Driver
from crossdock_kit.json_rows import Row
from sqlalchemy import Table

from fulfillment.domain.quantities import Item, plain
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import Price, Trading
from fulfillment.ports import ItemRecord, LocationRecord, PartyRecord, PriceRecord, Validity
from fulfillment.store import tables
from fulfillment.store.rows import read_item


def _valid(table: str, key: str) -> str:
    return (
        f"SELECT DISTINCT ON ({key}) * FROM {table} WHERE tenant = $1 AND {key} = ANY($2::text[])"  # noqa: S608
        f" AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3) ORDER BY {key}, valid_from DESC"
    )


_ITEMS = _valid("item", "sku")
_PARTIES = _valid("party", "party_id")
_LOCATIONS = _valid("location", "location_id")


# Whoever names the customer comes first, then who names the business unit, then the newest.
_PRICES = """
SELECT DISTINCT ON (sku) * FROM price WHERE tenant = $1 AND sku = ANY($2::text[])
  AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3)
  AND customer_id IN ('', $4) AND business_unit IN ('', $5) AND currency = $6
ORDER BY sku, customer_id DESC, business_unit DESC, valid_from DESC
"""


class KnownMasterData:
    """What is valid today, for one tenant."""

    def __init__(self, driver: Driver, tenant: str, today: date) -> None:
        self._driver, self._tenant, self._today = driver, tenant, today

    async def items(self, skus: Iterable[str]) -> dict[str, Item]:
        found = await self._driver.fetch(_ITEMS, self._tenant, sorted(set(skus)), self._today)
        return {row["sku"]: read_item(row) for row in found}

    async def prices(self, order: SalesOrder, skus: Iterable[str]) -> dict[str, Price]:
        terms = order.terms
        place = (terms.customer_id, terms.business_unit, terms.currency)
        found = await self._driver.fetch(_PRICES, self._tenant, sorted(set(skus)), self._today, *place)
        return {row["sku"]: Price(plain(row["amount"]), row["currency"], row["unit"], row["per"]) for row in found}

    async def customers(self, party_ids: Iterable[str]) -> dict[str, Trading]:
        found = await self._driver.fetch(_PARTIES, self._tenant, sorted(set(party_ids)), self._today)
        return {row["party_id"]: Trading(row["trading"] or Trading.OPEN) for row in found if row["customer"]}

    async def accepts_substitutes(self, customer_id: str) -> bool:
        found = await self._driver.fetch(_PARTIES, self._tenant, [customer_id], self._today)
        return any(row["customer"] and row["accepts_substitutes"] for row in found)

    async def suppliers(self, party_ids: Iterable[str]) -> frozenset[str]:
        found = await self._driver.fetch(_PARTIES, self._tenant, sorted(set(party_ids)), self._today)
        return frozenset(row["party_id"] for row in found if row["supplier"])

    async def systems(self, location_ids: Iterable[str]) -> dict[str, str]:
        found = await self._driver.fetch(_LOCATIONS, self._tenant, sorted(set(location_ids)), self._today)
        return {row["location_id"]: row["system"] for row in found}


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
                    "substitutes": each.item.substitutes,
                }
                for each in records
            ],
        )

    async def keep_parties(self, records: Sequence[PartyRecord]) -> None:
        await self._keep(
            tables.party,
            [
                _validity(each.validity)
                | {
                    "party_id": each.party_id,
                    "customer": each.customer,
                    "supplier": each.supplier,
                    "trading": each.trading.value,
                    "accepts_substitutes": each.accepts_substitutes,
                }
                for each in records
            ],
        )

    async def keep_prices(self, records: Sequence[PriceRecord]) -> None:
        await self._keep(
            tables.price,
            [
                _validity(each.validity)
                | {
                    "sku": each.sku,
                    "customer_id": each.customer_id,
                    "business_unit": each.business_unit,
                    "currency": each.price.currency,
                    "amount": each.price.amount,
                    "unit": each.price.unit,
                    "per": each.price.per,
                }
                for each in records
            ],
        )

    async def keep_locations(self, records: Sequence[LocationRecord]) -> None:
        await self._keep(
            tables.location,
            [_validity(each.validity) | {"location_id": each.location_id, "system": each.system} for each in records],
        )

    async def _keep(self, table: Table, rows: Sequence[Row]) -> None:
        keys = [column.name for column in table.primary_key]
        latest = {tuple(row[key] for key in keys): row for row in rows}
        await upsert(self._driver, table, list(latest.values()))


def _validity(validity: Validity) -> Row:
    return {"tenant": validity.tenant, "valid_from": validity.first, "valid_to": validity.end}
