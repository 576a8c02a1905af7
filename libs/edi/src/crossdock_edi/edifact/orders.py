"""ORDERS: a purchase order; ORDRSP: the supplier's answer; ORDCHG: the buyer's change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crossdock_edi.binding import Document, children, element
from crossdock_edi.dialect import Standard
from crossdock_edi.edifact.carriage import DeliveryTerms, Transport
from crossdock_edi.edifact.goods import Description, Package
from crossdock_edi.edifact.layouts import CHARGES, HEADER, LINE, PARTY, SUMMARY, TERMS, TRANSPORT
from crossdock_edi.edifact.lines import OrderLine
from crossdock_edi.edifact.money import Amount, Charge, Currency, PaymentTerms, Tax
from crossdock_edi.edifact.parts import ControlTotal, DateTime, Party, Reference, Text, date_of, party_of, reference_of
from crossdock_edi.spec.model import SetSpec, parse_layout

_LAYOUT = f"{HEADER}{PARTY}{TERMS}{TRANSPORT}{CHARGES}{LINE}{SUMMARY}"
ORDERS_SPEC = SetSpec("EDIFACT", "ORDERS", "purchase order", parse_layout("ORDERS", _LAYOUT), line="LIN")
ORDRSP_SPEC = SetSpec("EDIFACT", "ORDRSP", "purchase order response", parse_layout("ORDRSP", _LAYOUT), line="LIN")
ORDCHG_SPEC = SetSpec("EDIFACT", "ORDCHG", "purchase order change", parse_layout("ORDCHG", _LAYOUT), line="LIN")


@dataclass(frozen=True, slots=True, kw_only=True)
class _OrderMessage(Document):
    """What the three have in common. `function` (1225) 9 original, 4 change, 29 accepted, 27 not accepted."""

    document: str = element("BGM", 1, 1)
    document_list: str = element("BGM", 1, 2)
    document_agency: str = element("BGM", 1, 3)
    document_name: str = element("BGM", 1, 4)
    number: str = element("BGM", 2, 1)
    version: str = element("BGM", 2, 2)
    function: str = element("BGM", 3)
    response: str = element("BGM", 4)
    dates: tuple[DateTime, ...] = children(DateTime)
    descriptions: tuple[Description, ...] = children(Description)
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
    lines: tuple[OrderLine, ...] = children(OrderLine)
    section: str = element("UNS", 1)
    totals: tuple[ControlTotal, ...] = children(ControlTotal)
    amounts: tuple[Amount, ...] = children(Amount)

    def party(self, *roles: str) -> Party | None:
        return party_of(self.parties, *roles)

    def date(self, *qualifiers: str) -> DateTime | None:
        return date_of(self.dates, *qualifiers)

    def reference(self, *qualifiers: str) -> str:
        return reference_of(self.references, *qualifiers)

    @property
    def currency(self) -> str:
        """That of CUX with usage 2."""
        return next((one.currency for one in self.currencies if one.usage == "2"), "")

    @property
    def incoterm(self) -> str:
        return next((one.terms for one in self.delivery_terms if one.terms), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders(_OrderMessage):
    """220 purchase order, 221 blanket order, 231 (see ORDRSP) and others of element 1001."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "ORDERS"
    SPEC: ClassVar[SetSpec] = ORDERS_SPEC


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResponse(_OrderMessage):
    """231 response; each line's `action` says whether it was taken, changed or refused."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "ORDRSP"
    SPEC: ClassVar[SetSpec] = ORDRSP_SPEC


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange(_OrderMessage):
    """230 change; each line's `action` says what happens to it."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "ORDCHG"
    SPEC: ClassVar[SetSpec] = ORDCHG_SPEC
