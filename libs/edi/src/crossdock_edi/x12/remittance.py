"""820: a payment and the invoices that it settles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, children, element
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, DECIMAL
from crossdock_edi.x12.layouts import PARTY
from crossdock_edi.x12.parts import (
    DateReference,
    Party,
    Reference,
    Remark,
)

_LAYOUT = f"""
BPR !
NTE *
TRN
CUR
REF *
DTM *
{PARTY}
ENT: *
  NM1: *
    N2 *
    N3 *
    N4
    REF *
    PER *
  ADX: *
    NTE *
    PER *
    REF *
    DTM *
  RMR: *
    NTE *
    REF *
    DTM *
    IT1: *
      REF *
      SAC *
      SLN *
    ADX: *
      NTE *
      PER *
      REF *
      IT1 *
  PEN *
TXP *
DED *
LX *
"""
SPEC = SetSpec("X12", "820", "payment order and remittance advice", parse_layout("820", _LAYOUT), group="RA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """ADX: an amount taken off or added, with its reason."""

    amount: Decimal | None = element("ADX", 1, convert=DECIMAL)
    reason: str = element("ADX", 2)
    reference_qualifier: str = element("ADX", 3)
    reference: str = element("ADX", 4)
    remarks: tuple[Remark, ...] = children(Remark)
    references: tuple[Reference, ...] = children(Reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittedItem:
    """RMR: what is paid. `qualifier` IV invoice, CM credit memo, PO order."""

    qualifier: str = element("RMR", 1)
    reference: str = element("RMR", 2)
    action: str = element("RMR", 3)
    paid: Decimal | None = element("RMR", 4, convert=DECIMAL)
    invoiced: Decimal | None = element("RMR", 5, convert=DECIMAL)
    discount: Decimal | None = element("RMR", 6, convert=DECIMAL)
    remarks: tuple[Remark, ...] = children(Remark)
    references: tuple[Reference, ...] = children(Reference)
    dates: tuple[DateReference, ...] = children(DateReference)
    adjustments: tuple[Adjustment, ...] = children(Adjustment)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittedEntity:
    """ENT: one payee or account, with its items."""

    line: str = element("ENT", 1)
    role: str = element("ENT", 2)
    id_qualifier: str = element("ENT", 3)
    id: str = element("ENT", 4)
    adjustments: tuple[Adjustment, ...] = children(Adjustment)
    items: tuple[RemittedItem, ...] = children(RemittedItem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remittance(Document):
    """`handling` C payment with remittance, I remittance only; `method` ACH, CHK, FWT; `trace` is TRN02."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "820"
    SPEC: ClassVar[SetSpec] = SPEC

    handling: str = element("BPR", 1, required=True)
    amount: Decimal | None = element("BPR", 2, convert=DECIMAL, required=True)
    credit_or_debit: str = element("BPR", 3)
    method: str = element("BPR", 4)
    format: str = element("BPR", 5)
    payer_bank_qualifier: str = element("BPR", 6)
    payer_bank: str = element("BPR", 7)
    payer_account_qualifier: str = element("BPR", 8)
    payer_account: str = element("BPR", 9)
    originator: str = element("BPR", 10)
    originator_supplement: str = element("BPR", 11)
    payee_bank_qualifier: str = element("BPR", 12)
    payee_bank: str = element("BPR", 13)
    payee_account_qualifier: str = element("BPR", 14)
    payee_account: str = element("BPR", 15)
    paid_on: date | None = element("BPR", 16, convert=DATE)
    remarks: tuple[Remark, ...] = children(Remark)
    trace_type: str = element("TRN", 1)
    trace: str = element("TRN", 2)
    trace_originator: str = element("TRN", 3)
    currency_party: str = element("CUR", 1)
    currency: str = element("CUR", 2)
    references: tuple[Reference, ...] = children(Reference)
    dates: tuple[DateReference, ...] = children(DateReference)
    parties: tuple[Party, ...] = children(Party)
    entities: tuple[RemittedEntity, ...] = children(RemittedEntity)
