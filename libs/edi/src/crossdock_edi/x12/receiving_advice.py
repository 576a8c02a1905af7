"""861: what a receiver counted against a shipment, and in which condition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, child, children, element, pairs
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, DECIMAL, TIME
from crossdock_edi.x12.layouts import PARTY, indented
from crossdock_edi.x12.lookups import WithItemIds, WithParties
from crossdock_edi.x12.parts import (
    Carrier,
    Contact,
    DateReference,
    Description,
    Equipment,
    ItemId,
    Marks,
    Packaging,
    Party,
    Reference,
    Totals,
)

_LAYOUT = f"""
BRA !
CUR
REF *
PER 3
DTM 10
PRF *
TD1 *
TD5 *
TD3 *
TD4 *
{PARTY}
RCD: *
  SN1
  CUR
  LIN *
  PID *
  PO4 *
  MEA *
  PWK *
  PKG *
  TD1 *
  TD5 *
  TD3 *
  REF *
  PER *
  DTM *
  PRF *
  MAN *
  SLN *
  ITA *
  FOB *
  LM: *
    LQ *
{indented(PARTY)}CTT
"""
SPEC = SetSpec(
    "X12", "861", "receiving advice", parse_layout("861", _LAYOUT), group="RC", line="RCD", hashed=("RCD", 2)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedLine(WithItemIds):
    """RCD and its loop. `in_question` is a quantity in `condition` 01 damaged, 02 short, 03 over and so on."""

    line: str = element("RCD", 1)
    received: Decimal | None = element("RCD", 2, convert=DECIMAL)
    unit: str = element("RCD", 3, 1)
    returned: Decimal | None = element("RCD", 4, convert=DECIMAL)
    returned_unit: str = element("RCD", 5, 1)
    in_question: Decimal | None = element("RCD", 6, convert=DECIMAL)
    in_question_unit: str = element("RCD", 7, 1)
    condition: str = element("RCD", 8)
    second_in_question: Decimal | None = element("RCD", 9, convert=DECIMAL)
    second_in_question_unit: str = element("RCD", 10, 1)
    second_condition: str = element("RCD", 11)
    shipped: Decimal | None = element("SN1", 2, convert=DECIMAL)
    shipped_unit: str = element("SN1", 3)
    item_line: str = element("LIN", 1)
    item_ids: tuple[ItemId, ...] = pairs("LIN", 2, 31, ItemId)
    descriptions: tuple[Description, ...] = children(Description)
    references: tuple[Reference, ...] = children(Reference)
    dates: tuple[DateReference, ...] = children(DateReference)
    order_number: str = element("PRF", 1)
    release: str = element("PRF", 2)
    order_line: str = element("PRF", 5)
    marks: tuple[Marks, ...] = children(Marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivingAdvice(Document, WithParties):
    """`type` (BRA04) 1 receiving dock advice, 2 post receipt advice."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "861"
    SPEC: ClassVar[SetSpec] = SPEC

    number: str = element("BRA", 1, required=True)
    received_on: date | None = element("BRA", 2, convert=DATE, required=True)
    purpose: str = element("BRA", 3, required=True)
    type: str = element("BRA", 4)
    received_at: time | None = element("BRA", 5, convert=TIME)
    condition: str = element("BRA", 6)
    references: tuple[Reference, ...] = children(Reference)
    contacts: tuple[Contact, ...] = children(Contact)
    dates: tuple[DateReference, ...] = children(DateReference)
    order_number: str = element("PRF", 1)
    release: str = element("PRF", 2)
    packaging: tuple[Packaging, ...] = children(Packaging)
    carriers: tuple[Carrier, ...] = children(Carrier)
    equipment: tuple[Equipment, ...] = children(Equipment)
    parties: tuple[Party, ...] = children(Party)
    lines: tuple[ReceivedLine, ...] = children(ReceivedLine)
    totals: Totals | None = child(Totals)
