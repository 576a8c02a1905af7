"""What procurement knows of other contexts' master data, and how it keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from procurement.domain.quantities import Item
from procurement.ports.said import (
    Location,
)


@dataclass(frozen=True, slots=True)
class Validity:
    """From `first` until the day before `end`; without an end, for ever."""

    tenant: str
    first: date
    end: date | None


@dataclass(frozen=True, slots=True)
class ItemRecord:
    validity: Validity
    item: Item


@dataclass(frozen=True, slots=True)
class LocationRecord:
    validity: Validity
    location: Location


@dataclass(frozen=True, slots=True)
class PartyRecord:
    validity: Validity
    party_id: str
    supplier: bool


@dataclass(frozen=True, slots=True)
class SupplierTerms:
    """How long a supplier's partner profile gives it to answer and us to decide, and when that time counts."""

    tenant: str
    partner: str
    supplier_id: str
    business_unit: str
    acknowledgment: timedelta = timedelta(0)
    decision: timedelta = timedelta(0)
    calendar: Mapping[str, Any] = field(default_factory=dict)


class TermsBook(Protocol):
    """Where the profiles of suppliers are kept as connector announces them."""

    async def keep(self, terms: Sequence[SupplierTerms]) -> None: ...


class MasterDataBook(Protocol):
    """Where master data of any tenant is kept as catalog announces it; of one first day the last record counts."""

    async def keep_items(self, records: Sequence[ItemRecord]) -> None: ...

    async def keep_locations(self, records: Sequence[LocationRecord]) -> None: ...

    async def keep_parties(self, records: Sequence[PartyRecord]) -> None: ...


class WaitingInvoices(Protocol):
    async def for_items(self, items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Tenant and order of the invoices that ask for one of these items (tenant, SKU) in a unit which it had not."""


class MasterData(Protocol):
    async def items(self, skus: Iterable[str], on: date | None = None) -> dict[str, Item]:
        """As they are described on a day, else today. What a document says is read by the words of its day; a unit that
        the item did not have then by today's."""

    async def locations(self, location_ids: Iterable[str]) -> dict[str, Location]: ...

    async def suppliers(self, party_ids: Iterable[str]) -> frozenset[str]: ...
