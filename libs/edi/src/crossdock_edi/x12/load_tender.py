"""204: a shipper offers a load to a motor carrier; 990: the carrier takes it or declines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, children, element, texts
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, DECIMAL, INTEGER, implied
from crossdock_edi.x12.freight import (
    FREIGHT_PARTY,
    EquipmentDetail,
    FreightParty,
    Instant,
    LadingReference,
    Stop,
)
from crossdock_edi.x12.layouts import indented
from crossdock_edi.x12.parts import (
    Note,
    Remark,
)

_LAYOUT = f"""
B2 !
B2A !
L11 *
G62 *
MS3
AT5 *
PLD
LH6 *
NTE *
{FREIGHT_PARTY}
N7: *
  N7A
  N7B
  MEA
  M7 2
S5: ! *
  L11 *
  G62 *
  AT8
  LAD *
  AT5 *
  PLD
  NTE *
{indented(FREIGHT_PARTY)}  L5: *
    AT8
    G61: *
      L11 *
      LH6 *
  OID: *
    G62 *
    LAD *
    L5: *
      AT8
      G61: *
        L11 *
  N7: *
    M7 2
L3
"""
_ANSWER = """
B1 !
N9 *
G62 *
V9 *
N7 *
L11 *
K1 *
L9 *
S5: *
  N9 *
  G62 *
"""
SPEC = SetSpec("X12", "204", "load tender", parse_layout("204", _LAYOUT), group="SM")
SPEC_990 = SetSpec("X12", "990", "response to load tender", parse_layout("990", _ANSWER), group="GF")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTender(Document):
    """`purpose` 00 original, 01 cancellation, 04 change. Charge and weight are those of L3."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "204"
    SPEC: ClassVar[SetSpec] = SPEC

    carrier: str = element("B2", 2)
    shipment: str = element("B2", 4, required=True)
    weight_code: str = element("B2", 5)
    freight_payment: str = element("B2", 6)
    purpose: str = element("B2A", 1, required=True)
    application: str = element("B2A", 2)
    references: tuple[LadingReference, ...] = children(LadingReference)
    dates: tuple[Instant, ...] = children(Instant)
    service_carrier: str = element("MS3", 1)
    service_sequence: str = element("MS3", 2)
    service_mode: str = element("MS3", 4)
    remarks: tuple[Remark, ...] = children(Remark)
    parties: tuple[FreightParty, ...] = children(FreightParty)
    equipment: tuple[EquipmentDetail, ...] = children(EquipmentDetail)
    stops: tuple[Stop, ...] = children(Stop)
    total_weight: Decimal | None = element("L3", 1, convert=DECIMAL)
    weight_qualifier: str = element("L3", 2)
    total_charge: Decimal | None = element("L3", 5, convert=implied(2))
    total_pieces: int | None = element("L3", 11, convert=INTEGER)
    weight_unit: str = element("L3", 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderResponse(Document):
    """`answer` A accepted, D declined, E exception."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "990"
    SPEC: ClassVar[SetSpec] = SPEC_990

    carrier: str = element("B1", 1)
    shipment: str = element("B1", 2, required=True)
    answered_on: date | None = element("B1", 3, convert=DATE)
    answer: str = element("B1", 4)
    notes: tuple[Note, ...] = children(Note)
    dates: tuple[Instant, ...] = children(Instant)
    remarks: tuple[str, ...] = texts("K1", 1, 2)
