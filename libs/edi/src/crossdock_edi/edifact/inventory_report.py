"""INVRPT: stock as its keeper sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crossdock_edi.binding import Document, children, element
from crossdock_edi.dialect import Standard
from crossdock_edi.edifact.carriage import Location
from crossdock_edi.edifact.goods import Identity
from crossdock_edi.edifact.layouts import PARTY
from crossdock_edi.edifact.lines import Line
from crossdock_edi.edifact.money import Price
from crossdock_edi.edifact.parts import (
    ControlTotal,
    DateTime,
    Party,
    PlainReference,
    Quantity,
    Reference,
    Text,
    party_of,
)
from crossdock_edi.spec.model import SetSpec, parse_layout

_LAYOUT = f"""
BGM !
DTM *
FTX *
CUX *
RFF: *
  DTM *
{PARTY}LIN: *
  PIA *
  IMD *
  MEA *
  ALI *
  QTY *
  GIN *
  DTM *
  LOC *
  PAC *
  FTX *
  PRI *
  RFF: *
    DTM *
  INV: *
    GIN *
    LOC: *
      DTM *
    DTM *
    QTY: *
      DTM *
      STS *
    FTX *
    CPS *
    PRI *
    RFF: *
      DTM *
    NAD: *
      LOC *
UNS
CNT *
"""
SPEC = SetSpec("EDIFACT", "INVRPT", "inventory report", parse_layout("INVRPT", _LAYOUT), line="LIN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """INV: `direction` 1 in, 2 out; `affected` 1 ordered, 2 received; with quantities (145 on hand) and places."""

    direction: str = element("INV", 1)
    affected: str = element("INV", 2)
    reason: str = element("INV", 3)
    balance: str = element("INV", 4)
    identities: tuple[Identity, ...] = children(Identity)
    locations: tuple[Location, ...] = children(Location)
    dates: tuple[DateTime, ...] = children(DateTime)
    quantities: tuple[Quantity, ...] = children(Quantity)
    references: tuple[PlainReference, ...] = children(PlainReference)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine(Line):
    """One item with its stock."""

    identities: tuple[Identity, ...] = children(Identity)
    dates: tuple[DateTime, ...] = children(DateTime)
    locations: tuple[Location, ...] = children(Location)
    prices: tuple[Price, ...] = children(Price)
    references: tuple[PlainReference, ...] = children(PlainReference)
    stocks: tuple[Stock, ...] = children(Stock)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryReport(Document):
    """`document` 35 inventory report, 78 stock movements."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "INVRPT"
    SPEC: ClassVar[SetSpec] = SPEC

    document: str = element("BGM", 1, 1)
    document_list: str = element("BGM", 1, 2)
    document_agency: str = element("BGM", 1, 3)
    document_name: str = element("BGM", 1, 4)
    number: str = element("BGM", 2, 1)
    function: str = element("BGM", 3)
    dates: tuple[DateTime, ...] = children(DateTime)
    texts: tuple[Text, ...] = children(Text)
    references: tuple[Reference, ...] = children(Reference)
    parties: tuple[Party, ...] = children(Party)
    lines: tuple[StockLine, ...] = children(StockLine)
    section: str = element("UNS", 1)
    totals: tuple[ControlTotal, ...] = children(ControlTotal)

    def party(self, *roles: str) -> Party | None:
        return party_of(self.parties, *roles)
