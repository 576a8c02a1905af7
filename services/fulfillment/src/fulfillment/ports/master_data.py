"""What fulfillment knows of other contexts' master data, and how it keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from fulfillment.domain.quantities import Item
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import Price, Trading


@dataclass(frozen=True, slots=True)
class Validity:
    """From `first` until before `end`, of one tenant's record."""

    tenant: str
    first: date
    end: date | None


@dataclass(frozen=True, slots=True)
class ItemRecord:
    validity: Validity
    item: Item


@dataclass(frozen=True, slots=True)
class PartyRecord:
    validity: Validity
    party_id: str
    customer: bool
    supplier: bool = False
    trading: Trading = Trading.OPEN
    accepts_substitutes: bool = False


@dataclass(frozen=True, slots=True)
class PriceRecord:
    """Empty customer or business unit stands for any; a price without a unit is for the base unit."""

    validity: Validity
    sku: str
    customer_id: str
    business_unit: str
    price: Price


@dataclass(frozen=True, slots=True)
class LocationRecord:
    """A place and the system that speaks for it; empty if any may."""

    validity: Validity
    location_id: str
    system: str


class MasterData(Protocol):
    async def items(self, skus: Iterable[str]) -> Mapping[str, Item]: ...

    async def customers(self, party_ids: Iterable[str]) -> Mapping[str, Trading]:
        """Those that are known as customers, and whether they are sold to."""

    async def accepts_substitutes(self, customer_id: str) -> bool:
        """Whether a customer takes an item's substitute where the item is not to be had."""

    async def suppliers(self, party_ids: Iterable[str]) -> frozenset[str]:
        """Those that are known as suppliers."""

    async def prices(self, order: SalesOrder, skus: Iterable[str]) -> Mapping[str, Price]:
        """What the authority says for this order's customer and business unit in its currency, of what it knows."""

    async def systems(self, location_ids: Iterable[str]) -> Mapping[str, str]:
        """Of the places that are known, the system that speaks for each."""


class MasterDataBook(Protocol):
    """Keeps what catalog announces, of several tenants."""

    async def keep_items(self, records: Sequence[ItemRecord]) -> None: ...

    async def keep_parties(self, records: Sequence[PartyRecord]) -> None: ...

    async def keep_prices(self, records: Sequence[PriceRecord]) -> None: ...

    async def keep_locations(self, records: Sequence[LocationRecord]) -> None: ...
