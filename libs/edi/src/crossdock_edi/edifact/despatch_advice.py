"""DESADV: what is on its way, in which packages; RECADV: what arrived of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crossdock_edi.binding import Document, children, element
from crossdock_edi.dialect import Standard
from crossdock_edi.edifact.carriage import DeliveryTerms, Equipment, Location, Transport
from crossdock_edi.edifact.goods import Identity, Mark, Measurement, Package, Variance
from crossdock_edi.edifact.layouts import PARTY
from crossdock_edi.edifact.lines import Line
from crossdock_edi.edifact.money import Amount
from crossdock_edi.edifact.parts import ControlTotal, DateTime, Party, Reference, Text, date_of, party_of, reference_of
from crossdock_edi.spec.model import SetSpec, parse_layout

_PACKING = """
CPS: *
  FTX *
  PAC: *
    MEA *
    QTY *
    HAN: *
      FTX
    PCI: *
      RFF
      DTM *
      GIR *
      GIN: *
        DLM *
      HYN: *
        HYN *
      CDI *
  QTY *
  LIN: *
    PIA *
    IMD *
    MEA *
    QTY *
    ALI *
    GIN *
    GIR *
    DLM *
    CDI *
    DTM *
    FTX *
    MOA *
    QVR: *
      DTM *
    NAD: *
      CTA
      COM *
    TDT *
    HAN: *
      FTX
    RFF: *
      NAD
      CTA
      DTM *
    DGS: *
      QTY
      FTX *
    LOC: *
      NAD
      DTM *
      QTY *
    SGP: *
      QTY *
    PCI: *
      DTM *
      MEA *
      QTY *
      GIN: *
        DLM *
      HYN *
    QVR: *
      DTM *
"""
_HEAD = f"""
BGM !
DTM *
ALI *
MEA *
MOA *
CUX *
FTX *
RFF: *
  DTM
DOC *
GIS *
{PARTY}TOD: *
  LOC *
  FTX *
TDT: *
  PCD *
  LOC: *
    DTM *
EQD: *
  MEA *
  SEL *
  EQA *
  HAN: *
    FTX
"""
_END = """
UNS
CNT *
AUT: *
  DTM
"""
DESADV_SPEC = SetSpec(
    "EDIFACT", "DESADV", "despatch advice", parse_layout("DESADV", f"{_HEAD}{_PACKING}{_END}"), line="LIN"
)
RECADV_SPEC = SetSpec(
    "EDIFACT", "RECADV", "receiving advice", parse_layout("RECADV", f"{_HEAD}{_PACKING}{_END}"), line="LIN"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedLine(Line):
    """A line within a packing level."""

    identities: tuple[Identity, ...] = children(Identity)
    dates: tuple[DateTime, ...] = children(DateTime)
    texts: tuple[Text, ...] = children(Text)
    amounts: tuple[Amount, ...] = children(Amount)
    variances: tuple[Variance, ...] = children(Variance)
    parties: tuple[Party, ...] = children(Party)
    references: tuple[Reference, ...] = children(Reference)
    locations: tuple[Location, ...] = children(Location)
    marks: tuple[Mark, ...] = children(Mark)

    @property
    def order_number(self) -> str:
        return reference_of(self.references, "ON")

    @property
    def order_line(self) -> str:
        """The line that RFF ON or LI names."""
        for one in self.references:
            if one.qualifier in {"ON", "LI"} and (one.line or one.qualifier == "LI"):
                return one.line or one.value
        return ""

    @property
    def lot(self) -> str:
        """PIA type NB, else GIN BX."""
        found = (one.first for one in self.identities if one.qualifier == "BX")
        return self.item_number("NB") or next(found, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingLevel:
    """CPS: a level of the packing tree, with its packages and lines. `parent` is the level above."""

    id: str = element("CPS", 1)
    parent: str = element("CPS", 2)
    kind: str = element("CPS", 3)
    packages: tuple[Package, ...] = children(Package)
    lines: tuple[ShippedLine, ...] = children(ShippedLine)

    @property
    def ssccs(self) -> tuple[str, ...]:
        """SSCCs under GIN BJ."""
        marks = (mark for package in self.packages for mark in package.marks)
        identities = (identity for mark in marks for identity in mark.identities)
        return tuple(number for one in identities if one.qualifier == "BJ" for number in one.numbers())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Advice(Document):
    document: str = element("BGM", 1, 1)
    document_list: str = element("BGM", 1, 2)
    document_agency: str = element("BGM", 1, 3)
    document_name: str = element("BGM", 1, 4)
    number: str = element("BGM", 2, 1)
    function: str = element("BGM", 3)
    response: str = element("BGM", 4)
    dates: tuple[DateTime, ...] = children(DateTime)
    measurements: tuple[Measurement, ...] = children(Measurement)
    texts: tuple[Text, ...] = children(Text)
    references: tuple[Reference, ...] = children(Reference)
    parties: tuple[Party, ...] = children(Party)
    delivery_terms: tuple[DeliveryTerms, ...] = children(DeliveryTerms)
    transports: tuple[Transport, ...] = children(Transport)
    equipment: tuple[Equipment, ...] = children(Equipment)
    levels: tuple[PackingLevel, ...] = children(PackingLevel)
    totals: tuple[ControlTotal, ...] = children(ControlTotal)

    def party(self, *roles: str) -> Party | None:
        return party_of(self.parties, *roles)

    def date(self, *qualifiers: str) -> DateTime | None:
        return date_of(self.dates, *qualifiers)

    def reference(self, *qualifiers: str) -> str:
        return reference_of(self.references, *qualifiers)

    @property
    def lines(self) -> tuple[ShippedLine, ...]:
        return tuple(line for level in self.levels for line in level.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class DespatchAdvice(_Advice):
    """DTM 11 despatched, 17 estimated delivery; RFF ON order; quantities 12."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "DESADV"
    SPEC: ClassVar[SetSpec] = DESADV_SPEC


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivingAdvice(_Advice):
    """Quantities 48 received, 194 accepted, 195 not accepted; variances say why."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "RECADV"
    SPEC: ClassVar[SetSpec] = RECADV_SPEC
