"""What a warehouse counted at the dock. A report of fact: it is booked as reported, whatever it breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from procurement.domain import events
from procurement.domain.concerns import Concern
from procurement.domain.fingerprints import ADDED, fingerprint, unordered
from procurement.domain.quantities import ZERO, Quantity, splits_a_piece
from procurement.domain.ship_notice import Lot


class Condition(Enum):
    GOOD = "good"
    DAMAGED = "damaged"
    HOLD = "hold"


class DiscrepancyCode(Enum):
    SHORT = "short"
    OVER = "over"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    SUBSTITUTED = "substituted"
    NO_SHIP_NOTICE = "no_ship_notice"
    UNKNOWN_ORDER = "unknown_order"
    QUALITY_HOLD = "quality_hold"
    MISSING_CERTIFICATE = "missing_certificate"


@dataclass(frozen=True, slots=True)
class ReceiptLineTerms:
    """As the warehouse reports it, naming order, line and notice as far as it knows them."""

    sku: str
    quantity: Quantity
    condition: Condition = Condition.GOOD
    purchase_order_id: str = ""
    purchase_order_number: str = ""
    line_number: str = ""
    lot: Lot | None = None
    ship_notice_id: str = ""
    ship_notice_number: str = ""
    sscc: str = ""
    serials: tuple[str, ...] = field(default=(), metadata={ADDED: True})


@dataclass(frozen=True, slots=True)
class ReceiptTerms:
    """`final`: the warehouse has finished receiving against the notices that it names."""

    system: str
    number: str
    location_id: str
    received_at: datetime
    lines: tuple[ReceiptLineTerms, ...]
    final: bool = False

    @property
    def fingerprint(self) -> str:
        return fingerprint(
            self.system, self.number, self.location_id, self.received_at, unordered(self.lines), self.final
        )

    @property
    def goods(self) -> str:
        """The same for the same goods at the same place and instant, under whatever number."""
        return fingerprint(self.location_id, self.received_at, unordered(self.lines))


@dataclass(slots=True, kw_only=True)
class ReceiptLine:
    """`base` is in the base unit, and so is what it was taken from: the three parts sum to it. `expected_at` is where
    it was on its way to, or on order for, if that is not where it arrived; `business_unit` whose goods they are."""

    line_id: str
    terms: ReceiptLineTerms
    base: Decimal
    base_unit: str
    purchase_order_id: str = ""
    purchase_order_number: str = ""
    order_line_id: str = ""
    line_number: str = ""
    ship_notice_id: str = ""
    ship_notice_number: str = ""
    business_unit: str = ""
    from_in_transit: Decimal = ZERO
    from_on_order: Decimal = ZERO
    expected_at: str = ""
    missing_certificates: tuple[str, ...] = ()

    @property
    def beyond_order(self) -> Decimal:
        return self.base - self.from_in_transit - self.from_on_order

    @property
    def splits_a_piece(self) -> bool:
        return splits_a_piece(self.base, self.base_unit)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """What arrived differs from what was ordered or announced; the quantity is in the base unit."""

    code: DiscrepancyCode
    sku: str
    quantity: Quantity
    purchase_order_id: str = ""
    order_line_id: str = ""
    beyond_tolerance: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Receipt:
    receipt_id: str
    business_unit: str
    terms: ReceiptTerms
    recorded_at: datetime
    express: bool = False
    lines: list[ReceiptLine] = field(default_factory=list)
    discrepancies: list[Discrepancy] = field(default_factory=list)
    content: str = ""
    event_version: int = 0
    events: list[events.Event] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    @property
    def number(self) -> str:
        return self.terms.number

    def lack_certificates(self, line: ReceiptLine) -> None:
        """The same word for it at all warehouses, whichever certificate it is."""
        whole, names = Quantity(line.base, line.base_unit), (line.purchase_order_id, line.order_line_id)
        found = Discrepancy(DiscrepancyCode.MISSING_CERTIFICATE, line.terms.sku, whole, *names)
        self.discrepancies.append(found)
        self.events.append(events.DiscrepancyReported(self, found))

    @property
    def purchase_order_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.purchase_order_id for each in self.lines if each.purchase_order_id))

    @property
    def root_id(self) -> str:
        """The transaction of a receipt that names no order that we know is its own."""
        return "" if self.purchase_order_ids else self.receipt_id

    @property
    def transaction_ids(self) -> tuple[str, ...]:
        return self.purchase_order_ids or (self.receipt_id,)

    @property
    def keys(self) -> tuple[str, ...]:
        orders = dict.fromkeys(f"po:{each.purchase_order_number}" for each in self.lines if each.purchase_order_number)
        notices = dict.fromkeys(f"asn:{each.ship_notice_number}" for each in self.lines if each.ship_notice_number)
        skus = dict.fromkeys(f"sku:{each.terms.sku}" for each in self.lines)
        return (f"receipt:{self.number}", *orders, *notices, *skus, f"location:{self.terms.location_id}")
