"""812: a seller credits or debits a buyer. Amounts in BCD and CDD have two implied decimals on the wire.

Codes are named here as public references of the standard list them: element 305 (stedi.com/edi/x12-006020/element/305),
the segments BCD and CDD with elements 426, 478 and 1073 (kasoftware.com/schema/edi/x12/00401/segments).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, children, element, pairs
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, DECIMAL, implied
from crossdock_edi.x12.lookups import WithItemIds, WithParties
from crossdock_edi.x12.parts import Contact, DateReference, ItemId, Note, Party

_LAYOUT = """
BCD !
CUR
N9 *
PER *
ITD *
DTM *
FOB
SHD *
SAC 25
N1: ! 200
  N2 2
  N3 2
  N4
  N9 12
  PER 3
  AMT 10
LM: 10
  LQ 100
FA1: *
  FA2 *
CDD: *
  LIN
  PO4
  SAC 25
  N9 *
  DTM 5
  LM: 10
    LQ 100
  N11: *
    AMT 10
    PCT 2
    N1: *
      AMT 10
      PCT 2
"""
SPEC = SetSpec("X12", "812", "credit/debit adjustment", parse_layout("812", _LAYOUT), group="CD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment(WithItemIds):
    """CDD and its loop. `reason` is element 426 (72 authorized return, 01 pricing error, 04 item not accepted because
    damaged, 06 quantity contested, ZZ mutually defined); `returned` is element 1073, Y where goods came back for it."""

    reason: str = element("CDD", 1, required=True)
    flag: str = element("CDD", 2, required=True)
    line: str = element("CDD", 3)
    amount: Decimal | None = element("CDD", 4, convert=implied(2))
    returned: str = element("CDD", 5)
    quantity: Decimal | None = element("CDD", 7, convert=DECIMAL)
    unit: str = element("CDD", 8)
    unit_price_difference: Decimal | None = element("CDD", 9, convert=DECIMAL)
    price_kind: str = element("CDD", 10)
    unit_price: Decimal | None = element("CDD", 11, convert=DECIMAL)
    item_ids: tuple[ItemId, ...] = pairs("LIN", 2, 31, ItemId)
    notes: tuple[Note, ...] = children(Note)
    dates: tuple[DateReference, ...] = children(DateReference)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditDebitAdjustment(Document, WithParties):
    """`amount` is the net of the whole, which `flag` says to be a credit (C) or a debit (D). `handling` is element 305:
    H notification only, L apply on account, O deduct from next remittance, Q credit due and payment being issued.
    `purpose` is one of 00, 05, 06, 07, 15. One of invoice and order is named."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "812"
    SPEC: ClassVar[SetSpec] = SPEC

    issued_on: date | None = element("BCD", 1, convert=DATE, required=True)
    number: str = element("BCD", 2, required=True)
    handling: str = element("BCD", 3, required=True)
    amount: Decimal | None = element("BCD", 4, convert=implied(2), required=True)
    flag: str = element("BCD", 5, required=True)
    invoiced_on: date | None = element("BCD", 6, convert=DATE)
    invoice_number: str = element("BCD", 7)
    seller_order: str = element("BCD", 8)
    ordered_on: date | None = element("BCD", 9, convert=DATE)
    order_number: str = element("BCD", 10)
    purpose: str = element("BCD", 11)
    type: str = element("BCD", 12)
    currency_party: str = element("CUR", 1)
    currency: str = element("CUR", 2)
    notes: tuple[Note, ...] = children(Note)
    contacts: tuple[Contact, ...] = children(Contact)
    dates: tuple[DateReference, ...] = children(DateReference)
    parties: tuple[Party, ...] = children(Party)
    adjustments: tuple[Adjustment, ...] = children(Adjustment)
