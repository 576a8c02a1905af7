"""850: a purchase order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, child, children, element, pairs, texts
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, DECIMAL
from crossdock_edi.x12.layouts import (
    HEADER,
    LINE_AFTER_SCHEDULE,
    LINE_BEFORE_SCHEDULE,
    PARTY,
    SCHEDULE,
    SUBLINE,
    TOTALS,
    indented,
)
from crossdock_edi.x12.lookups import WithDeliveryWindow, WithItemIds, WithParties
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

_LINE = indented(LINE_BEFORE_SCHEDULE, SCHEDULE, LINE_AFTER_SCHEDULE, PARTY, SUBLINE)
SPEC = SetSpec(
    "X12",
    "850",
    "purchase order",
    parse_layout("850", f"BEG !\n{HEADER}{PARTY}LM *\nSPI *\nADV *\nPO1: ! *\n{_LINE}{TOTALS}"),
    group="PO",
    line="PO1",
    hashed=("PO1", 2),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine(WithDeliveryWindow, WithItemIds):
    """PO1 and its loop: what is ordered, how much, at what price. `price_basis` PE = per each, CA = per case."""

    line: str = element("PO1", 1)
    quantity: Decimal | None = element("PO1", 2, convert=DECIMAL)
    unit: str = element("PO1", 3)
    unit_price: Decimal | None = element("PO1", 4, convert=DECIMAL)
    price_basis: str = element("PO1", 5)
    item_ids: tuple[ItemId, ...] = pairs("PO1", 6, 25, ItemId)
    currency: str = element("CUR", 2)
    descriptions: tuple[Description, ...] = children(Description)
    measurements: tuple[Measurement, ...] = children(Measurement)
    pack: Pack | None = child(Pack)
    references: tuple[Reference, ...] = children(Reference)
    contacts: tuple[Contact, ...] = children(Contact)
    charges: tuple[Charge, ...] = children(Charge)
    destinations: tuple[Destinations, ...] = children(Destinations)
    dates: tuple[DateReference, ...] = children(DateReference)
    carriers: tuple[Carrier, ...] = children(Carrier)
    messages: tuple[str, ...] = texts("MSG", 1, 1)
    notes: tuple[Note, ...] = children(Note)
    schedules: tuple[Schedule, ...] = children(Schedule)
    parties: tuple[Party, ...] = children(Party)
    sublines: tuple[Subline, ...] = children(Subline)

    @property
    def description(self) -> str:
        return " ".join(one.text for one in self.descriptions if one.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder(Document, WithDeliveryWindow, WithParties):
    """`purpose` 00 original, 01 cancellation, 05 replace; `type` SA stand-alone, NE new, RL release."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "850"
    SPEC: ClassVar[SetSpec] = SPEC

    purpose: str = element("BEG", 1, required=True)
    type: str = element("BEG", 2, required=True)
    number: str = element("BEG", 3, required=True)
    release: str = element("BEG", 4)
    ordered_on: date | None = element("BEG", 5, convert=DATE)
    contract: str = element("BEG", 6)
    acknowledgment_type: str = element("BEG", 7)
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
    descriptions: tuple[Description, ...] = children(Description)
    packing: tuple[PackingInstruction, ...] = children(PackingInstruction)
    packaging: tuple[Packaging, ...] = children(Packaging)
    carriers: tuple[Carrier, ...] = children(Carrier)
    messages: tuple[str, ...] = texts("MSG", 1, 1)
    notes: tuple[Note, ...] = children(Note)
    parties: tuple[Party, ...] = children(Party)
    lines: tuple[OrderLine, ...] = children(OrderLine)
    totals: Totals | None = child(Totals)

    def reference(self, qualifier: str) -> str:
        return next((one.value for one in self.references if one.qualifier == qualifier), "")

    @property
    def ship_to(self) -> Party | None:
        return self.party("ST")

    @property
    def incoterm(self) -> str:
        """The Incoterm of FOB05, if FOB04 says that it is one."""
        return self.fob.terms if self.fob and self.fob.terms_qualifier == "01" else ""

    def totalled(self) -> PurchaseOrder:
        """With CTT set from the lines: their number and, as hash total, the sum of their quantities."""
        quantities = sum((line.quantity or Decimal() for line in self.lines), Decimal())
        return replace(self, totals=replace(self.totals or Totals(), lines=len(self.lines), hash_total=quantities))
