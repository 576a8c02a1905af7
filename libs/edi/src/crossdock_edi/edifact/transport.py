"""IFTMIN: an instruction to transport; IFTSTA: where the goods are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crossdock_edi.binding import Document, children, element
from crossdock_edi.dialect import Standard
from crossdock_edi.edifact.carriage import DeliveryTerms, Equipment, Location, Transport
from crossdock_edi.edifact.goods import ItemNumbers, Mark, Measurement
from crossdock_edi.edifact.layouts import PARTY
from crossdock_edi.edifact.money import Amount
from crossdock_edi.edifact.parts import (
    Contact,
    ControlTotal,
    DateTime,
    Party,
    PlainReference,
    Reference,
    Text,
    date_of,
    party_of,
    reference_of,
)
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import INTEGER

_INSTRUCTION = """
BGM !
CTA
COM *
DTM *
TSR *
CUX *
MOA *
FTX *
CNT *
DOC: *
  DTM *
GDS *
LOC: *
  DTM *
TOD: *
  LOC *
RFF: *
  DTM *
GOR: *
  DTM *
  LOC *
TCC: *
  PRI *
  MOA *
TDT: *
  DTM *
  TSR *
  LOC: *
    DTM *
  RFF: *
    DTM *
NAD: *
  LOC *
  CTA: *
    COM *
  DOC: *
    DTM *
  TCC: *
    MOA *
  RFF: *
    DTM *
  CPI: *
    RFF *
    CUX
    LOC *
    MOA *
  TSR: *
    RFF
    LOC
    TPL
    FTX
GID: *
  HAN *
  TMP: *
    RNG
  LOC *
  MOA *
  PIA *
  GDS *
  FTX *
  NAD: *
    DTM
  MEA: *
    EQN
  DIM: *
    EQN
  RFF: *
    DTM *
  PCI: *
    RFF
    DTM *
    GIN *
  DOC: *
    DTM *
  TPL: *
    MEA: *
      EQN
  SGP: *
    MEA: *
      EQN
  TCC *
  DGS: *
    FTX *
EQD: *
  EQN
  TMD
  MEA *
  DIM *
  SEL *
  TPL *
  HAN *
  TMP
  FTX *
  RFF *
"""
_STATUS = f"""
BGM !
DTM *
TSR
{PARTY}RFF: *
  DTM *
LOC *
FTX *
CNT *
CNI: *
  LOC *
  CNT *
  NAD *
  RFF *
  DTM *
  STS: *
    RFF *
    DTM *
    DOC
    FTX *
    NAD: *
      CTA *
      COM *
    LOC *
    PCI
    TDT: *
      DTM *
      RFF
      LOC: *
        DTM *
    EQD: *
      MEA *
      SEL *
      TPL
    GID: *
      HAN *
      SGP *
      DGS *
      FTX
      MEA *
      DIM *
      PCI: *
        GIN *
EQD: *
  MEA *
  SEL *
  LOC *
  STS *
"""
IFTMIN_SPEC = SetSpec("EDIFACT", "IFTMIN", "transport instruction", parse_layout("IFTMIN", _INSTRUCTION))
IFTSTA_SPEC = SetSpec("EDIFACT", "IFTSTA", "transport status", parse_layout("IFTSTA", _STATUS))


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsItem:
    """GID and its group: packages of a kind, with texts, measures and marks."""

    number: int | None = element("GID", 1, convert=INTEGER)
    packages: int | None = element("GID", 2, 1, convert=INTEGER)
    package_type: str = element("GID", 2, 2)
    inner_packages: int | None = element("GID", 3, 1, convert=INTEGER)
    inner_package_type: str = element("GID", 3, 2)
    item_numbers: tuple[ItemNumbers, ...] = children(ItemNumbers)
    texts: tuple[Text, ...] = children(Text)
    measurements: tuple[Measurement, ...] = children(Measurement)
    references: tuple[PlainReference, ...] = children(PlainReference)
    marks: tuple[Mark, ...] = children(Mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportInstruction(Document):
    """`document` 610 forwarding instructions, 340 shipping instructions."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "IFTMIN"
    SPEC: ClassVar[SetSpec] = IFTMIN_SPEC

    document: str = element("BGM", 1, 1)
    document_list: str = element("BGM", 1, 2)
    document_agency: str = element("BGM", 1, 3)
    document_name: str = element("BGM", 1, 4)
    number: str = element("BGM", 2, 1)
    function: str = element("BGM", 3)
    contacts: tuple[Contact, ...] = children(Contact)
    dates: tuple[DateTime, ...] = children(DateTime)
    amounts: tuple[Amount, ...] = children(Amount)
    texts: tuple[Text, ...] = children(Text)
    totals: tuple[ControlTotal, ...] = children(ControlTotal)
    locations: tuple[Location, ...] = children(Location)
    delivery_terms: tuple[DeliveryTerms, ...] = children(DeliveryTerms)
    references: tuple[Reference, ...] = children(Reference)
    transports: tuple[Transport, ...] = children(Transport)
    parties: tuple[Party, ...] = children(Party)
    goods: tuple[GoodsItem, ...] = children(GoodsItem)
    equipment: tuple[Equipment, ...] = children(Equipment)

    def party(self, *roles: str) -> Party | None:
        return party_of(self.parties, *roles)

    def date(self, *qualifiers: str) -> DateTime | None:
        return date_of(self.dates, *qualifiers)

    def reference(self, *qualifiers: str) -> str:
        return reference_of(self.references, *qualifiers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """STS and its group: `category` 1 transport, `event` by the agreed list, `reason` why."""

    category: str = element("STS", 1, 1)
    event: str = element("STS", 2, 1)
    event_list: str = element("STS", 2, 2)
    event_agency: str = element("STS", 2, 3)
    event_text: str = element("STS", 2, 4)
    reason: str = element("STS", 3, 1)
    reason_list: str = element("STS", 3, 2)
    reason_agency: str = element("STS", 3, 3)
    reason_text: str = element("STS", 3, 4)
    references: tuple[PlainReference, ...] = children(PlainReference)
    dates: tuple[DateTime, ...] = children(DateTime)
    texts: tuple[Text, ...] = children(Text)
    parties: tuple[Party, ...] = children(Party)
    locations: tuple[Location, ...] = children(Location)
    transports: tuple[Transport, ...] = children(Transport)
    equipment: tuple[Equipment, ...] = children(Equipment)
    goods: tuple[GoodsItem, ...] = children(GoodsItem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """CNI: a consignment with its statuses."""

    number: int | None = element("CNI", 1, convert=INTEGER)
    document: str = element("CNI", 2, 1)
    document_status: str = element("CNI", 2, 2)
    locations: tuple[Location, ...] = children(Location)
    totals: tuple[ControlTotal, ...] = children(ControlTotal)
    statuses: tuple[Status, ...] = children(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportStatus(Document):
    """`document` 77 status report, 23 status information."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "IFTSTA"
    SPEC: ClassVar[SetSpec] = IFTSTA_SPEC

    document: str = element("BGM", 1, 1)
    document_list: str = element("BGM", 1, 2)
    document_agency: str = element("BGM", 1, 3)
    document_name: str = element("BGM", 1, 4)
    number: str = element("BGM", 2, 1)
    function: str = element("BGM", 3)
    dates: tuple[DateTime, ...] = children(DateTime)
    parties: tuple[Party, ...] = children(Party)
    references: tuple[Reference, ...] = children(Reference)
    locations: tuple[Location, ...] = children(Location)
    texts: tuple[Text, ...] = children(Text)
    totals: tuple[ControlTotal, ...] = children(ControlTotal)
    consignments: tuple[Consignment, ...] = children(Consignment)

    def party(self, *roles: str) -> Party | None:
        return party_of(self.parties, *roles)

    @property
    def statuses(self) -> tuple[Status, ...]:
        return tuple(status for consignment in self.consignments for status in consignment.statuses)
