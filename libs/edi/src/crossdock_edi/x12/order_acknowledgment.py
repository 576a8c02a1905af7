"""855: a supplier's answer to a purchase order, line by line; several ACK may answer one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from crossdock_edi.binding import Document, child, children, element, pairs, texts
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, DECIMAL
from crossdock_edi.x12.layouts import (
    ACKNOWLEDGMENT,
    HEADER,
    LINE_AFTER_SCHEDULE,
    LINE_BEFORE_SCHEDULE,
    PARTY,
    SCHEDULE,
    SUBLINE,
    TOTALS,
    indented,
)
from crossdock_edi.x12.lookups import WithDates, WithItemIds, WithParties
from crossdock_edi.x12.parts import (
    Carrier,
    Charge,
    Contact,
    DateReference,
    Description,
    FobTerms,
    ItemId,
    Measurement,
    Note,
    Packaging,
    PackingInstruction,
    Party,
    PaymentTerms,
    Reference,
    SalesRequirement,
    Schedule,
    Subline,
    Totals,
)

_LINE = indented(LINE_BEFORE_SCHEDULE, ACKNOWLEDGMENT, SCHEDULE, LINE_AFTER_SCHEDULE, PARTY, SUBLINE)
SPEC = SetSpec(
    "X12",
    "855",
    "purchase order acknowledgment",
    parse_layout("855", f"BAK !\n{HEADER}{PARTY}ADV *\nPO1: *\n{_LINE}{TOTALS}"),
    group="PR",
    line="PO1",
    hashed=("PO1", 2),
)


class Outcome(StrEnum):
    """What a line status means for the buyer."""

    ACCEPTED = "accepted"
    CHANGED = "accepted_with_changes"
    OPEN = "accepted_open"
    PARTIAL = "partial_backorder"
    BACKORDERED = "backordered"
    ON_HOLD = "on_hold"
    REJECTED = "rejected"


# All codes of element 668, with our reading of each: outcome, and what changed, is open or is the reason.
LINE_STATUSES: dict[str, tuple[Outcome, str]] = {
    "IA": (Outcome.ACCEPTED, ""),
    "AC": (Outcome.ACCEPTED, "shipped"),
    "AR": (Outcome.ACCEPTED, "released"),
    "AA": (Outcome.ACCEPTED, "source"),
    "IC": (Outcome.CHANGED, ""),
    "IQ": (Outcome.CHANGED, "quantity"),
    "IP": (Outcome.CHANGED, "price"),
    "IE": (Outcome.OPEN, "price"),
    "DR": (Outcome.CHANGED, "date"),
    "SP": (Outcome.OPEN, "date"),
    "IS": (Outcome.CHANGED, "item"),
    "BP": (Outcome.PARTIAL, ""),
    "IB": (Outcome.BACKORDERED, ""),
    "ID": (Outcome.REJECTED, "deleted"),
    "IF": (Outcome.ON_HOLD, "incomplete description"),
    "IH": (Outcome.ON_HOLD, ""),
    "IW": (Outcome.ON_HOLD, "waiver"),
    "IR": (Outcome.REJECTED, ""),
    "R1": (Outcome.REJECTED, "contract"),
    "R2": (Outcome.REJECTED, "item number"),
    "R3": (Outcome.REJECTED, "unit"),
    "R4": (Outcome.REJECTED, "supply"),
    "R5": (Outcome.REJECTED, "reorder just in time"),
    "R6": (Outcome.REJECTED, "reorder as extended delivery"),
    "R7": (Outcome.REJECTED, "reorder as drop shipment"),
    "R8": (Outcome.REJECTED, "reorder as surge order"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAcknowledgment(WithItemIds):
    """ACK: a status with the quantity and date that it holds for (068 current schedule ship, 067 current delivery)."""

    status: str = element("ACK", 1, required=True)
    quantity: Decimal | None = element("ACK", 2, convert=DECIMAL)
    unit: str = element("ACK", 3)
    date_qualifier: str = element("ACK", 4)
    on: date | None = element("ACK", 5, convert=DATE)
    request: str = element("ACK", 6)
    item_ids: tuple[ItemId, ...] = pairs("ACK", 7, 26, ItemId)
    agency: str = element("ACK", 27)
    source: str = element("ACK", 28)
    industry_code: str = element("ACK", 29)
    dates: tuple[DateReference, ...] = children(DateReference)

    @property
    def outcome(self) -> Outcome | None:
        """None for a status that element 668 does not have."""
        known = LINE_STATUSES.get(self.status)
        return known[0] if known else None

    @property
    def changed(self) -> str:
        """What changed, is open or is the reason, in a word; empty if the status names nothing."""
        known = LINE_STATUSES.get(self.status)
        return known[1] if known else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgedLine(WithItemIds):
    """PO1 and its loop: the line as the supplier repeats it, and its answers."""

    line: str = element("PO1", 1)
    quantity: Decimal | None = element("PO1", 2, convert=DECIMAL)
    unit: str = element("PO1", 3)
    unit_price: Decimal | None = element("PO1", 4, convert=DECIMAL)
    price_basis: str = element("PO1", 5)
    item_ids: tuple[ItemId, ...] = pairs("PO1", 6, 25, ItemId)
    currency: str = element("CUR", 2)
    descriptions: tuple[Description, ...] = children(Description)
    measurements: tuple[Measurement, ...] = children(Measurement)
    references: tuple[Reference, ...] = children(Reference)
    charges: tuple[Charge, ...] = children(Charge)
    dates: tuple[DateReference, ...] = children(DateReference)
    carriers: tuple[Carrier, ...] = children(Carrier)
    messages: tuple[str, ...] = texts("MSG", 1, 1)
    notes: tuple[Note, ...] = children(Note)
    acknowledgments: tuple[LineAcknowledgment, ...] = children(LineAcknowledgment)
    schedules: tuple[Schedule, ...] = children(Schedule)
    parties: tuple[Party, ...] = children(Party)
    sublines: tuple[Subline, ...] = children(Subline)

    @property
    def unanswered(self) -> Decimal | None:
        """Ordered minus answered quantity; None if an answer gives no quantity or another unit than the order."""
        if self.quantity is None:
            return None
        answered = Decimal()
        for one in self.acknowledgments:
            if one.quantity is None or (one.unit and one.unit != self.unit):
                return None
            answered += one.quantity
        return self.quantity - answered


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderAcknowledgment(Document, WithDates, WithParties):
    """`purpose` 00 original; `type` AC with change, AD no change, AK no detail, RD rejected."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "855"
    SPEC: ClassVar[SetSpec] = SPEC

    purpose: str = element("BAK", 1, required=True)
    type: str = element("BAK", 2, required=True)
    order_number: str = element("BAK", 3, required=True)
    ordered_on: date | None = element("BAK", 4, convert=DATE)
    release: str = element("BAK", 5)
    request: str = element("BAK", 6)
    contract: str = element("BAK", 7)
    seller_order: str = element("BAK", 8)
    acknowledged_on: date | None = element("BAK", 9, convert=DATE)
    currency_party: str = element("CUR", 1)
    currency: str = element("CUR", 2)
    references: tuple[Reference, ...] = children(Reference)
    contacts: tuple[Contact, ...] = children(Contact)
    fob: FobTerms | None = child(FobTerms)
    sales_requirements: tuple[SalesRequirement, ...] = children(SalesRequirement)
    charges: tuple[Charge, ...] = children(Charge)
    payment_terms: tuple[PaymentTerms, ...] = children(PaymentTerms)
    dates: tuple[DateReference, ...] = children(DateReference)
    packing: tuple[PackingInstruction, ...] = children(PackingInstruction)
    packaging: tuple[Packaging, ...] = children(Packaging)
    carriers: tuple[Carrier, ...] = children(Carrier)
    messages: tuple[str, ...] = texts("MSG", 1, 1)
    notes: tuple[Note, ...] = children(Note)
    parties: tuple[Party, ...] = children(Party)
    lines: tuple[AcknowledgedLine, ...] = children(AcknowledgedLine)
    totals: Totals | None = child(Totals)
