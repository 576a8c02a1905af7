"""Values that ports take and give: who says something, what is looked for, what is told of supply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fulfillment.domain import billing_lifecycle, posting, posting_lifecycle, return_lifecycle
from fulfillment.domain.order_state import OrderState
from fulfillment.domain.promising import Lot


@dataclass(frozen=True, slots=True)
class Origin:
    """The system instance, its document, and when it happened there; `role` by its name, "CHANNEL"."""

    system: str
    role: str
    document: str = ""
    revision: str = ""
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderName:
    """An order by our id, or by its channel's number."""

    order_id: str = ""
    channel: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class OrderPage:
    """`after` is the id of the last order of the page before; newest first."""

    state: OrderState | None
    channel: str
    customer_id: str
    size: int
    after: str


@dataclass(frozen=True, slots=True)
class LifecyclePage:
    """`after` is the order and position of the last line of the page before; oldest order first. Empty stands for
    any."""

    business_unit: str
    channel: str
    order_id: str
    size: int
    after: tuple[str, int]


@dataclass(frozen=True, slots=True)
class PostingPage:
    """`after` is the instant and id of the last of the page before; oldest first. `pending` leaves out what is posted,
    None any state."""

    order_id: str
    kind: posting.Kind | None
    state: posting_lifecycle.State | None
    billing: billing_lifecycle.State | None
    pending: bool
    size: int
    after: tuple[datetime, str] | None


@dataclass(frozen=True, slots=True)
class ReturnPage:
    """`after` is the instant and id of the last of the page before; oldest first."""

    order_id: str
    state: return_lifecycle.State | None
    awaiting_credit: bool
    size: int
    after: tuple[datetime, str] | None


@dataclass(frozen=True, slots=True)
class Supply:
    """Of an item so much can be promised at a place of a business unit."""

    sku: str
    location_id: str
    business_unit: str
    available: Decimal


@dataclass(frozen=True, slots=True)
class SupplyStatement:
    """What comes of an item to a place by day, as it stood after `version` statements; `available` was there then."""

    sku: str
    business_unit: str
    location_id: str
    version: int
    lots: tuple[Lot, ...]
    available: Decimal


@dataclass(frozen=True, slots=True)
class Before:
    """What comes before a posting in its order, with the number that the ERP gave it."""

    posting_id: str
    kind: posting.Kind
    number: str
