"""860: a buyer's change to a purchase order; 865: the seller's answer to one, or a change that the seller proposes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
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
from crossdock_edi.x12.lookups import WithDates, WithDeliveryWindow, WithItemIds, WithParties
from crossdock_edi.x12.order_acknowledgment import LineAcknowledgment
from crossdock_edi.x12.parts import (
    Amount,
    Carrier,
    Charge,
    Contact,
    DateReference,
    Description,
    Destinations,
    FobTerms,
    ItemId,
    Measurement,
    Note,
    Pack,
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

# Element 670, what a line change does. The list is ours and open.
CHANGE_TYPES = {
    "AI": "add item",
    "CA": "changes to line",
    "CT": "change of dates",
    "DI": "delete item",
    "MU": "multiple units",
    "NC": "no change",
    "PC": "price change",
    "PQ": "unit price and quantity change",
    "PR": "unit price, quantity and unit change, rescheduled",
    "QD": "quantity decrease",
    "QI": "quantity increase",
    "RE": "replacement item",
    "RQ": "quantity change and reschedule",
    "RS": "reschedule",
    "RZ": "replace all values",
}


def _spec(kind: str, name: str, group: str, beginning: str, line: str) -> SetSpec:
    layout = f"{beginning} !\n{HEADER}{PARTY}ADV *\nPOC: *\n{line}{TOTALS}"
    return SetSpec("X12", kind, name, parse_layout(kind, layout), group=group, line="POC", hashed=("POC", 3))


_AFTER = indented(SCHEDULE, LINE_AFTER_SCHEDULE, PARTY, SUBLINE)
_CHANGE = _spec("860", "purchase order change", "PC", "BCH", indented(LINE_BEFORE_SCHEDULE) + _AFTER)
_ANSWER = _spec(
    "865", "purchase order change acknowledgment", "CA", "BCA", indented(LINE_BEFORE_SCHEDULE, ACKNOWLEDGMENT) + _AFTER
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedLine(WithDeliveryWindow, WithItemIds):
    """POC and its loop. `quantity` is the new quantity of the line, `left_to_receive` what is still open."""

    line: str = element("POC", 1)
    change: str = element("POC", 2)
    quantity: Decimal | None = element("POC", 3, convert=DECIMAL)
    left_to_receive: Decimal | None = element("POC", 4, convert=DECIMAL)
    unit: str = element("POC", 5, 1)
    unit_price: Decimal | None = element("POC", 6, convert=DECIMAL)
    price_basis: str = element("POC", 7)
    item_ids: tuple[ItemId, ...] = pairs("POC", 8, 27, ItemId)
    currency: str = element("CUR", 2)
    descriptions: tuple[Description, ...] = children(Description)
    measurements: tuple[Measurement, ...] = children(Measurement)
    pack: Pack | None = child(Pack)
    references: tuple[Reference, ...] = children(Reference)
    charges: tuple[Charge, ...] = children(Charge)
    destinations: tuple[Destinations, ...] = children(Destinations)
    dates: tuple[DateReference, ...] = children(DateReference)
    carriers: tuple[Carrier, ...] = children(Carrier)
    messages: tuple[str, ...] = texts("MSG", 1, 1)
    notes: tuple[Note, ...] = children(Note)
    acknowledgments: tuple[LineAcknowledgment, ...] = children(LineAcknowledgment)
    schedules: tuple[Schedule, ...] = children(Schedule)
    parties: tuple[Party, ...] = children(Party)
    sublines: tuple[Subline, ...] = children(Subline)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderChange(Document, WithDeliveryWindow, WithParties):
    """860. `change_sequence` (BCH05) numbers the changes of an order; `purpose` 01 cancellation, 04 change."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "860"
    SPEC: ClassVar[SetSpec] = _CHANGE

    purpose: str = element("BCH", 1, required=True)
    type: str = element("BCH", 2, required=True)
    order_number: str = element("BCH", 3, required=True)
    release: str = element("BCH", 4)
    change_sequence: str = element("BCH", 5)
    ordered_on: date | None = element("BCH", 6, convert=DATE)
    request: str = element("BCH", 7)
    contract: str = element("BCH", 8)
    reference: str = element("BCH", 9)
    acknowledged_on: date | None = element("BCH", 10, convert=DATE)
    changed_on: date | None = element("BCH", 11, convert=DATE)
    currency_party: str = element("CUR", 1)
    currency: str = element("CUR", 2)
    references: tuple[Reference, ...] = children(Reference)
    contacts: tuple[Contact, ...] = children(Contact)
    fob: FobTerms | None = child(FobTerms)
    sales_requirements: tuple[SalesRequirement, ...] = children(SalesRequirement)
    charges: tuple[Charge, ...] = children(Charge)
    payment_terms: tuple[PaymentTerms, ...] = children(PaymentTerms)
    dates: tuple[DateReference, ...] = children(DateReference)
    amounts: tuple[Amount, ...] = children(Amount)
    packing: tuple[PackingInstruction, ...] = children(PackingInstruction)
    packaging: tuple[Packaging, ...] = children(Packaging)
    carriers: tuple[Carrier, ...] = children(Carrier)
    messages: tuple[str, ...] = texts("MSG", 1, 1)
    notes: tuple[Note, ...] = children(Note)
    parties: tuple[Party, ...] = children(Party)
    lines: tuple[ChangedLine, ...] = children(ChangedLine)
    totals: Totals | None = child(Totals)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderChangeAcknowledgment(Document, WithDates, WithParties):
    """865. `change_sequence` (BCA05) is that of the 860 answered; `type` as in an 855."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "865"
    SPEC: ClassVar[SetSpec] = _ANSWER

    purpose: str = element("BCA", 1, required=True)
    type: str = element("BCA", 2)
    order_number: str = element("BCA", 3, required=True)
    release: str = element("BCA", 4)
    change_sequence: str = element("BCA", 5)
    ordered_on: date | None = element("BCA", 6, convert=DATE)
    request: str = element("BCA", 7)
    contract: str = element("BCA", 8)
    seller_order: str = element("BCA", 9)
    acknowledged_on: date | None = element("BCA", 10, convert=DATE)
    changed_on: date | None = element("BCA", 11, convert=DATE)
    currency_party: str = element("CUR", 1)
    currency: str = element("CUR", 2)
    references: tuple[Reference, ...] = children(Reference)
    contacts: tuple[Contact, ...] = children(Contact)
    fob: FobTerms | None = child(FobTerms)
    sales_requirements: tuple[SalesRequirement, ...] = children(SalesRequirement)
    charges: tuple[Charge, ...] = children(Charge)
    payment_terms: tuple[PaymentTerms, ...] = children(PaymentTerms)
    dates: tuple[DateReference, ...] = children(DateReference)
    amounts: tuple[Amount, ...] = children(Amount)
    carriers: tuple[Carrier, ...] = children(Carrier)
    messages: tuple[str, ...] = texts("MSG", 1, 1)
    notes: tuple[Note, ...] = children(Note)
    parties: tuple[Party, ...] = children(Party)
    lines: tuple[ChangedLine, ...] = children(ChangedLine)
    totals: Totals | None = child(Totals)
