"""What a warehouse says of goods that came back: that they are there, or what becomes of them. It cannot be refused for
what it says. It must not know of which return it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from fulfillment.domain.handling import Lot, named_pieces


class ReportKind(Enum):
    RECEIPT = "receipt"
    INSPECTION = "inspection"


class Holding(Enum):
    """Where goods lie until they are inspected."""

    RETURNED = "returned"
    QUARANTINED = "quarantined"


class Disposition(Enum):
    RESTOCK = "restock"
    QUARANTINE = "quarantine"
    DAMAGED = "damaged"
    SCRAP = "scrap"


@dataclass(frozen=True, slots=True)
class Returned:
    """So much of an item; `line_number` is empty where the warehouse named none, `disposition` None in a receipt."""

    line_number: str
    sku: str
    unit: str
    quantity: Decimal
    lot: Lot | None = None
    held: Holding = Holding.RETURNED
    disposition: Disposition | None = None
    serials: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReport:
    """`business_unit` owns what belongs to no order of ours; return and order as far as the warehouse knows them."""

    kind: ReportKind
    system: str
    business_unit: str
    location_id: str
    number: str
    happened_at: datetime
    lines: tuple[Returned, ...]
    return_number: str = ""
    order_id: str = ""
    order_number: str = ""

    @property
    def fingerprint(self) -> str:
        said = (self.kind.value, self.return_number, self.order_id, self.order_number, self.lines)
        return hashlib.sha256(repr(said + named_pieces(self.lines)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class BookedReport:
    """What became of a report."""

    kind: ReportKind
    location_id: str
    number: str
    content: str
    return_id: str
    order_id: str
    unauthorized: bool
