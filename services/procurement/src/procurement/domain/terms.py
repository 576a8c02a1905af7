"""What the ERP asks for: one document, always the whole order, and where it stands among the others.

The order of documents is decided by when they were written there, then by the ERP's own name of the revision; when they
arrive says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from procurement.domain.fingerprints import fingerprint, unordered
from procurement.domain.quantities import Quantity
from procurement.domain.refusals import LineNumberTwice
from procurement.domain.roles import ERP


@dataclass(frozen=True, slots=True)
class Price:
    """So much money for `per` units of `unit`; an empty unit is the line's."""

    amount: Decimal
    currency: str
    unit: str = ""
    per: int = 1


@dataclass(frozen=True, slots=True)
class Window:
    """Local times in `zone`; an empty time is the edge of the day."""

    from_date: date | None
    to_date: date | None
    from_time: str = ""
    to_time: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleTerms:
    quantity: Quantity
    on: date | None


@dataclass(frozen=True, slots=True)
class SalesLine:
    """The customer's line that a drop shipment is for, as the ERP names it: the order by our id or by its number."""

    line_number: str
    order_id: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class BlanketRef:
    """The blanket order that an order calls off from, and how the ERP counts that release."""

    number: str
    release_number: str = ""


@dataclass(frozen=True, slots=True)
class LineTerms:
    line_number: str
    sku: str
    ordered: Quantity
    supplier_item: str = ""
    description: str = ""
    price: Price | None = None
    ship_to_id: str = ""
    drop_ship_party_id: str = ""
    window: Window | None = None
    requested: tuple[ScheduleTerms, ...] = ()
    deleted: bool = False
    sales_line: SalesLine | None = None


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """A line that names no ship-to goes to the order's."""

    business_unit: str
    number: str
    supplier_id: str
    currency: str
    incoterms: str
    ordered_on: date
    ship_to_id: str
    lines: tuple[LineTerms, ...]
    express: bool = False
    blanket: BlanketRef | None = None

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for line in self.lines:
            if line.line_number in seen:
                raise LineNumberTwice(line.line_number)
            seen.add(line.line_number)

    @property
    def fingerprint(self) -> str:
        head = (self.business_unit, self.number, self.supplier_id, self.currency, self.incoterms)
        return fingerprint(*head, self.ordered_on, self.ship_to_id, unordered(self.lines), self.express, self.blanket)


@dataclass(frozen=True, slots=True)
class OrderDocument:
    """`document` is the ERP's own reference of it, `occurred_at` when it was written there, `role` who writes it."""

    system: str
    document: str
    system_revision: str
    occurred_at: datetime
    terms: OrderTerms
    cancels: bool = False
    role: str = ERP

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.cancels, self.terms.fingerprint)

    @property
    def position(self) -> tuple[datetime, tuple[int, int, str]]:
        return position(self.occurred_at, self.system_revision)


def position(occurred_at: datetime, system_revision: str) -> tuple[datetime, tuple[int, int, str]]:
    """Sorts documents of an order: numbered revisions as numbers (9 before 10), others as text after them."""
    if system_revision.isascii() and system_revision.isdigit():
        return occurred_at, (0, int(system_revision), "")
    return occurred_at, (1 if system_revision else 0, 0, system_revision)


class Placement(Enum):
    CREATED = "created"
    REVISED = "revised"
    REPEATED = "repeated"
    LATE = "late"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PlacedDocument:
    """One line of the order's book of documents. `revision` is the one it made, 0 if none; `answered_at` is when the
    supplier first answered that revision."""

    system_revision: str
    document: str
    occurred_at: datetime
    fingerprint: str
    placement: Placement
    revision: int = 0
    answered_at: datetime | None = None
