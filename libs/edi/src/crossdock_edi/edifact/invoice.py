"""INVOIC: an invoice or, with document 381, a credit note."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, child, children, element
from crossdock_edi.dialect import Standard
from crossdock_edi.edifact.carriage import DeliveryTerms, Location, Transport
from crossdock_edi.edifact.goods import Identity, Package
from crossdock_edi.edifact.layouts import CHARGES, HEADER, LINE, PARTY, SUMMARY, TERMS, TRANSPORT
from crossdock_edi.edifact.lines import Line
from crossdock_edi.edifact.money import Amount, Charge, Currency, PaymentTerms, Price, Tax, amount_of
from crossdock_edi.edifact.parts import (
    ControlTotal,
    DateTime,
    Party,
    Quantity,
    Reference,
    Text,
    date_of,
    party_of,
    reference_of,
)
from crossdock_edi.spec.model import SetSpec, parse_layout

SPEC = SetSpec(
    "EDIFACT",
    "INVOIC",
    "invoice",
    parse_layout("INVOIC", f"{HEADER}{PARTY}{TERMS}{TRANSPORT}{CHARGES}INP *\nRCS *\nAJT *\n{LINE}{SUMMARY}"),
    line="LIN",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine(Line):
    """A line with its prices, taxes and amounts (203 line amount)."""

    dates: tuple[DateTime, ...] = children(DateTime)
    identities: tuple[Identity, ...] = children(Identity)
    texts: tuple[Text, ...] = children(Text)
    amounts: tuple[Amount, ...] = children(Amount)
    prices: tuple[Price, ...] = children(Price)
    references: tuple[Reference, ...] = children(Reference)
    packages: tuple[Package, ...] = children(Package)
    locations: tuple[Location, ...] = children(Location)
    taxes: tuple[Tax, ...] = children(Tax)
    parties: tuple[Party, ...] = children(Party)
    charges: tuple[Charge, ...] = children(Charge)

    @property
    def invoiced(self) -> Quantity | None:
        return self.quantity("47")


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSummary:
    """What stands behind UNS: totals, and taxes of the whole."""

    section: str = element("UNS", 1, required=True)
    totals: tuple[ControlTotal, ...] = children(ControlTotal)
    amounts: tuple[Amount, ...] = children(Amount)
    taxes: tuple[Tax, ...] = children(Tax)
    charges: tuple[Charge, ...] = children(Charge)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Document):
    """`document` 380 invoice, 381 credit note, 383 debit note."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "INVOIC"
    SPEC: ClassVar[SetSpec] = SPEC

    document: str = element("BGM", 1, 1)
    document_list: str = element("BGM", 1, 2)
    document_agency: str = element("BGM", 1, 3)
    document_name: str = element("BGM", 1, 4)
    number: str = element("BGM", 2, 1)
    function: str = element("BGM", 3)
    response: str = element("BGM", 4)
    dates: tuple[DateTime, ...] = children(DateTime)
    texts: tuple[Text, ...] = children(Text)
    references: tuple[Reference, ...] = children(Reference)
    parties: tuple[Party, ...] = children(Party)
    taxes: tuple[Tax, ...] = children(Tax)
    currencies: tuple[Currency, ...] = children(Currency)
    payment_terms: tuple[PaymentTerms, ...] = children(PaymentTerms)
    transports: tuple[Transport, ...] = children(Transport)
    delivery_terms: tuple[DeliveryTerms, ...] = children(DeliveryTerms)
    packages: tuple[Package, ...] = children(Package)
    charges: tuple[Charge, ...] = children(Charge)
    lines: tuple[InvoiceLine, ...] = children(InvoiceLine)
    summary: InvoiceSummary | None = child(InvoiceSummary)

    def party(self, *roles: str) -> Party | None:
        return party_of(self.parties, *roles)

    def date(self, *qualifiers: str) -> DateTime | None:
        return date_of(self.dates, *qualifiers)

    def reference(self, *qualifiers: str) -> str:
        return reference_of(self.references, *qualifiers)

    @property
    def amounts(self) -> tuple[Amount, ...]:
        """Totals: 77 or 9 to pay, 79 of the lines, 125 taxable, 124 tax."""
        return self.summary.amounts if self.summary else ()

    @property
    def total(self) -> Decimal | None:
        """The amount to pay: MOA 77, else 9."""
        due = amount_of(self.amounts, "77")
        return due if due is not None else amount_of(self.amounts, "9")
