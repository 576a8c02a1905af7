"""Facts that inventory announces, before they have a wire form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from inventory.domain.holding_back import NOTHING_HELD_BACK, HeldBack
from inventory.domain.lots import Pick
from inventory.domain.movement import Movement, StockKey
from inventory.domain.reservation import Reservation
from inventory.domain.stock_move import MovedLine, StockMoveReport
from inventory.domain.stock_report import Counted, StockAdjustment
from inventory.domain.stock_transfer import Part, StockTransfer
from inventory.domain.supply import SupplyChanged


@dataclass(frozen=True, slots=True)
class AvailabilityChanged:
    """What may be promised changed; several changes in one transaction are one event. `event_version` counts the
    events of the row; `as_of_version` rises with each change of what may be promised of it. `held_back` says what
    `available` is without."""

    key: StockKey
    available: Decimal
    unit: str
    as_of_version: int
    event_version: int
    transaction_ids: tuple[str, ...]
    occurred_at: datetime
    held_back: HeldBack = NOTHING_HELD_BACK


@dataclass(frozen=True, slots=True)
class StockReceived:
    tenant: str
    business_unit: str
    receipt_id: str
    receipt_number: str
    location_id: str
    movements: tuple[tuple[UUID, Movement], ...]
    transaction_ids: tuple[str, ...]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class StockReserved:
    reservation: Reservation


@dataclass(frozen=True, slots=True)
class ReservationReleased:
    reservation: Reservation
    reason: str


@dataclass(frozen=True, slots=True)
class ReservationExpired:
    reservation: Reservation


@dataclass(frozen=True, slots=True)
class ReservationCommitted:
    reservation: Reservation


@dataclass(frozen=True, slots=True)
class StockAllocated:
    reservation: Reservation
    picks: tuple[Pick, ...]


@dataclass(frozen=True, slots=True)
class StockDeallocated:
    reservation: Reservation
    picks: tuple[Pick, ...]


@dataclass(frozen=True, slots=True)
class StockAdjusted:
    tenant: str
    business_unit: str
    adjustment_id: str
    movements: tuple[tuple[UUID, Movement], ...]
    occurred_at: datetime
    system: str
    document: str
    version: int = 1
    number: str = ""
    to_be_posted: bool = False


@dataclass(frozen=True, slots=True)
class StockCounted:
    report: StockAdjustment
    version: int
    counts: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class AdjustmentDecided:
    """`movements`: approved, those that the ERP is to post; otherwise those that take it back."""

    report: StockAdjustment
    version: int
    approved: bool
    decided_by: str
    reason: str
    movements: tuple[tuple[UUID, Movement], ...]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class PutAwayCompleted:
    report: StockMoveReport
    version: int
    lines: tuple[MovedLine, ...]
    movements: tuple[tuple[UUID, Movement], ...]


@dataclass(frozen=True, slots=True)
class QualityHoldChanged:
    report: StockMoveReport
    version: int
    lines: tuple[MovedLine, ...]
    movements: tuple[tuple[UUID, Movement], ...]


@dataclass(frozen=True, slots=True)
class StockTransferSent:
    """`parts` as they were said."""

    transfer: StockTransfer
    version: int
    at: datetime
    movements: tuple[tuple[UUID, Movement], ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class StockTransferReceived:
    """`number` is the receipt's, and `parts` are what it brought, as it was said."""

    transfer: StockTransfer
    version: int
    at: datetime
    movements: tuple[tuple[UUID, Movement], ...]
    parts: tuple[Part, ...]
    number: str


Fact = (
    AvailabilityChanged
    | SupplyChanged
    | StockReceived
    | StockReserved
    | ReservationReleased
    | ReservationExpired
    | ReservationCommitted
    | StockAllocated
    | StockDeallocated
    | StockAdjusted
    | StockCounted
    | AdjustmentDecided
    | PutAwayCompleted
    | QualityHoldChanged
    | StockTransferSent
    | StockTransferReceived
)
ReservationFact = (
    StockReserved | ReservationReleased | ReservationExpired | ReservationCommitted | StockAllocated | StockDeallocated
)
