"""Values that ports take and give: who says something, what is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from crossdock_kit.ownership_by_attribute import NotOwned

from procurement.domain.purchase_order import OrderState


@dataclass(frozen=True, slots=True)
class Origin:
    """The system instance, its document, and when it happened there; `role` as the contract numbers it. `not_owned` is
    what the document wrote and its sender may not: it was left out."""

    system: str
    role: int
    document: str = ""
    revision: str = ""
    occurred_at: datetime | None = None
    not_owned: tuple[NotOwned, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderName:
    """An order as a partner names it: our id, or a number, with the business unit where that is not unique."""

    purchase_order_id: str = ""
    number: str = ""
    business_unit: str = ""


@dataclass(frozen=True, slots=True)
class NoticeName:
    """A ship notice as a warehouse names it; the number may be several suppliers'."""

    ship_notice_id: str = ""
    number: str = ""


class NoticePurpose(Enum):
    ORIGINAL = "original"
    REPLACE = "replace"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Location:
    location_id: str
    system: str = ""
    business_unit: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something to look at again if it has not been settled until then."""

    kind: str
    subject: str
    due_at: datetime
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderPage:
    """`after` is the id of the last order of the page before; newest first."""

    state: OrderState | None = None
    supplier_id: str = ""
    size: int = 100
    after: str = ""


@dataclass(frozen=True, slots=True)
class InboundPage:
    """`after` is the id of the last order of the page before; oldest first. Empty or None is no condition."""

    location_id: str = ""
    sku: str = ""
    to_date: date | None = None
    size: int = 100
    after: str = ""


@dataclass(frozen=True, slots=True)
class BlanketName:
    """An empty business unit or system leaves it to the number."""

    number: str
    business_unit: str = ""
    system: str = ""


SEPARATOR = "\x1f"
"""Stands in no name."""


class CarrierReference(NamedTuple):
    """A name of a shipment: of which kind, and the name. That of an ASN is the supplier and its number."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class AnnouncedUnit:
    """A handling unit as another shipment announced it."""

    sscc: str
    supplier_id: str
    number: str
    announced_at: datetime


@dataclass(frozen=True, slots=True)
class DockDays:
    location_id: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class DockUse:
    """How a door is booked on a day; `arrived` are the appointments of which goods have been received."""

    on: date
    door: str
    appointments: int
    booked_minutes: int
    arrived: int
