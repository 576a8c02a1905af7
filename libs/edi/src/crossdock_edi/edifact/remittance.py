"""REMADV: a payment and the documents that it settles."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, children, element
from crossdock_edi.dialect import Standard
from crossdock_edi.edifact.money import Amount, Currency, amount_of
from crossdock_edi.edifact.parts import DateTime, Party, PlainReference, Text, party_of
from crossdock_edi.spec.model import SetSpec, parse_layout

_LAYOUT = """
BGM !
DTM *
RFF *
FII *
PAI
PAT *
FTX *
NAD: *
  LOC *
  FII *
  RFF: *
    DTM *
  CTA: *
    COM *
CUX: *
  DTM
DOC: *
  MOA *
  DTM *
  RFF *
  NAD *
  FTX *
  CUX: *
    DTM
  AJT: *
    MOA *
    RFF *
    FTX *
  INP *
  DLI: *
    MOA *
    PIA *
    DTM *
    CUX *
    AJT: *
      MOA *
      RFF *
      FTX *
UNS !
MOA !
MOA *
TAX *
FTX *
AUT: *
  DTM
"""
SPEC = SetSpec("EDIFACT", "REMADV", "remittance advice", parse_layout("REMADV", _LAYOUT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """AJT: why less or more is paid, and by how much."""

    reason: str = element("AJT", 1, required=True)
    line: str = element("AJT", 2)
    amounts: tuple[Amount, ...] = children(Amount)
    references: tuple[PlainReference, ...] = children(PlainReference)
    texts: tuple[Text, ...] = children(Text)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledDocument:
    """DOC: an invoice (380) or credit note (381) with the amounts due (9), paid (12) and deducted (52)."""

    document: str = element("DOC", 1, 1)
    document_list: str = element("DOC", 1, 2)
    document_agency: str = element("DOC", 1, 3)
    document_name: str = element("DOC", 1, 4)
    number: str = element("DOC", 2, 1)
    status: str = element("DOC", 2, 2)
    amounts: tuple[Amount, ...] = children(Amount)
    dates: tuple[DateTime, ...] = children(DateTime)
    references: tuple[PlainReference, ...] = children(PlainReference)
    parties: tuple[Party, ...] = children(Party)
    currencies: tuple[Currency, ...] = children(Currency)
    adjustments: tuple[Adjustment, ...] = children(Adjustment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remittance(Document):
    """`document` 481 remittance advice."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "REMADV"
    SPEC: ClassVar[SetSpec] = SPEC

    document: str = element("BGM", 1, 1)
    document_list: str = element("BGM", 1, 2)
    document_agency: str = element("BGM", 1, 3)
    document_name: str = element("BGM", 1, 4)
    number: str = element("BGM", 2, 1)
    function: str = element("BGM", 3)
    dates: tuple[DateTime, ...] = children(DateTime)
    references: tuple[PlainReference, ...] = children(PlainReference)
    texts: tuple[Text, ...] = children(Text)
    parties: tuple[Party, ...] = children(Party)
    currencies: tuple[Currency, ...] = children(Currency)
    documents: tuple[SettledDocument, ...] = children(SettledDocument)
    section: str = element("UNS", 1)
    amounts: tuple[Amount, ...] = children(Amount)

    def party(self, *roles: str) -> Party | None:
        return party_of(self.parties, *roles)

    @property
    def total(self) -> Decimal | None:
        """The amount remitted: MOA 12, else 9."""
        paid = amount_of(self.amounts, "12")
        return paid if paid is not None else amount_of(self.amounts, "9")
