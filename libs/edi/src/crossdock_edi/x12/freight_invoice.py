"""210: a motor carrier's invoice. Charges have two implied decimals on the wire."""

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
    Lading,
    Stop,
)
from crossdock_edi.x12.layouts import indented
from crossdock_edi.x12.parts import (
    Note,
    PaymentTerms,
)

_LAYOUT = f"""
B3 !
C2
C3
ITD
N9 *
G62 *
R3 *
H3 *
K1 *
{FREIGHT_PARTY}
N7: *
  M7 2
SPO: *
  SDQ *
S5: *
  N9 *
  G62 *
  H3 *
  SPO *
{indented(FREIGHT_PARTY)}LX: *
  N9 *
  POD
  L5 *
  H1 *
  H2 *
  L0 *
  L1 *
  L4 *
  L7 *
  K1 *
  SPO: *
    SDQ *
{indented(FREIGHT_PARTY)}L3
"""
SPEC = SetSpec("X12", "210", "freight invoice", parse_layout("210", _LAYOUT), group="IM")


@dataclass(frozen=True, slots=True, kw_only=True)
class FreightQuantity:
    """L0: weight and pieces of a charge line."""

    line: str = element("L0", 1)
    billed: Decimal | None = element("L0", 2, convert=DECIMAL)
    billed_qualifier: str = element("L0", 3)
    weight: Decimal | None = element("L0", 4, convert=DECIMAL)
    weight_qualifier: str = element("L0", 5)
    volume: Decimal | None = element("L0", 6, convert=DECIMAL)
    volume_unit: str = element("L0", 7)
    pieces: int | None = element("L0", 8, convert=INTEGER)
    packaging: str = element("L0", 9)
    weight_unit: str = element("L0", 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreightCharge:
    """L1: a rate and its charge; `special` names it (FUE fuel surcharge, DSC discount, 400 freight)."""

    line: str = element("L1", 1)
    rate: Decimal | None = element("L1", 2, convert=DECIMAL)
    rate_qualifier: str = element("L1", 3)
    charge: Decimal | None = element("L1", 4, convert=implied(2))
    special: str = element("L1", 8)
    description: str = element("L1", 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreightLine:
    """LX and its loop."""

    line: str = element("LX", 1, required=True)
    notes: tuple[Note, ...] = children(Note)
    ladings: tuple[Lading, ...] = children(Lading)
    quantities: tuple[FreightQuantity, ...] = children(FreightQuantity)
    charges: tuple[FreightCharge, ...] = children(FreightCharge)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreightInvoice(Document):
    """`net_amount` is B307; weight and total charge are those of L3."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "210"
    SPEC: ClassVar[SetSpec] = SPEC

    shipment_qualifier: str = element("B3", 1)
    number: str = element("B3", 2, required=True)
    shipment: str = element("B3", 3)
    freight_payment: str = element("B3", 4)
    weight_code: str = element("B3", 5)
    invoiced_on: date | None = element("B3", 6, convert=DATE)
    net_amount: Decimal | None = element("B3", 7, convert=implied(2))
    correction: str = element("B3", 8)
    delivered_on: date | None = element("B3", 9, convert=DATE)
    delivery_qualifier: str = element("B3", 10)
    carrier: str = element("B3", 11)
    due_on: date | None = element("B3", 12, convert=DATE)
    currency: str = element("C3", 1)
    payment_terms: tuple[PaymentTerms, ...] = children(PaymentTerms)
    notes: tuple[Note, ...] = children(Note)
    dates: tuple[Instant, ...] = children(Instant)
    remarks: tuple[str, ...] = texts("K1", 1, 2)
    parties: tuple[FreightParty, ...] = children(FreightParty)
    equipment: tuple[EquipmentDetail, ...] = children(EquipmentDetail)
    stops: tuple[Stop, ...] = children(Stop)
    lines: tuple[FreightLine, ...] = children(FreightLine)
    total_weight: Decimal | None = element("L3", 1, convert=DECIMAL)
    weight_qualifier: str = element("L3", 2)
    total_charge: Decimal | None = element("L3", 5, convert=implied(2))
    total_pieces: int | None = element("L3", 11, convert=INTEGER)
    weight_unit: str = element("L3", 12)
