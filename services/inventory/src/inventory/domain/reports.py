"""What reports over the whole ledger are asked for, and where one of their pages ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from crossdock_kit.errors import Invalid

from inventory.domain.accounts import Account

FinancePlace = tuple[str, str, str, str]
"""Posting, item, location and business unit."""
FIRST_PAGE: FinancePlace = ("", "", "", "")
StockPlace = tuple[str, str, str, str]
"""Item, location, business unit and lot."""


@dataclass(frozen=True, slots=True)
class Period:
    """By when it was recorded: from `begins` on, before `ends`; of one business unit or of all."""

    tenant: str
    begins: datetime
    ends: datetime
    business_unit: str = ""


def place_of(row: Mapping[str, Any]) -> FinancePlace:
    return row["posting_key"], row["sku"], row["location_id"], row["business_unit"]


@dataclass
class SnapshotNotSettled(Invalid):
    """What was recorded by that instant may still be on its way into the ledger."""

    as_of: datetime
    latest: datetime


@dataclass
class SnapshotTooOld(Invalid):
    as_of: datetime
    earliest: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All stock as of an instant; None: as late as may be. Empty texts stand for any."""

    tenant: str
    as_of: datetime | None = None
    business_unit: str = ""
    location_id: str = ""


@dataclass(frozen=True, slots=True)
class Lying:
    """What lay at a place, in the item's base unit."""

    place: StockPlace
    unit: str
    quantities: Mapping[Account, Decimal]
