"""810: an invoice for goods. Amounts in TDS and SAC have two implied decimals on the wire, unit prices none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, child, children, element, pairs
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, DECIMAL, implied
from crossdock_edi.x12.layouts import PARTY, indented
from crossdock_edi.x12.lookups import WithDates, WithItemIds, WithParties
from crossdock_edi.x12.parts import (
    Amount,
    Charge,
    Contact,
    DateReference,
    Description,
    FobTerms,
    ItemId,
    Measurement,
    Note,
    Pack,
    Party,
    PaymentTerms,
    Reference,
    Remark,
    Totals,
)

_LAYOUT = f"""
BIG !
NTE *
CUR
REF *
YNQ *
PER 3
{PARTY}
ITD *
DTM 10
FOB
PID *
MEA 40
PWK 25
PKG 25
L7
BAL *
INC
PAM *
LM: *
  LQ *
N9: *
  MSG *
V1: *
FA1: *
  FA2 *
IT1: *
  CRC
  QTY 5
  CUR
  IT3 5
  TXI *
  CTP 25
  PAM 10
  MEA 40
  PID: *
    MEA 10
  PWK 25
  PKG 25
  PO4
  ITD 2
  REF *
  YNQ *
  PER 5
  SDQ *
  DTM 10
  CAD *
  L7 *
  SR
  SAC: *
    TXI *
  SLN: *
    DTM *
    REF *
    PID *
    SAC *
    TC2 *
    TXI *
{indented(PARTY)}  LM: *
    LQ *
  V1: *
  FA1: *
    FA2 *
TDS !
TXI *
CAD
AMT *
SAC: *
  TXI *
ISS: *
  PID
CTT
"""
SPEC = SetSpec("X12", "810", "invoice", parse_layout("810", _LAYOUT), group="IN", line="IT1", hashed=("IT1", 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """TXI: tax of a kind (ST state sales, VA value added)."""

    type: str = element("TXI", 1, required=True)
    amount: Decimal | None = element("TXI", 2, convert=DECIMAL)
    percent: Decimal | None = element("TXI", 3, convert=DECIMAL)
    jurisdiction_qualifier: str = element("TXI", 4)
    jurisdiction: str = element("TXI", 5)
    exempt: str = element("TXI", 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceCharge(Charge):
    """SAC with the taxes on it."""

    taxes: tuple[Tax, ...] = children(Tax)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine(WithItemIds):
    """IT1 and its loop."""

    line: str = element("IT1", 1)
    quantity: Decimal | None = element("IT1", 2, convert=DECIMAL)
    unit: str = element("IT1", 3)
    unit_price: Decimal | None = element("IT1", 4, convert=DECIMAL)
    price_basis: str = element("IT1", 5)
    item_ids: tuple[ItemId, ...] = pairs("IT1", 6, 25, ItemId)
    taxes: tuple[Tax, ...] = children(Tax)
    measurements: tuple[Measurement, ...] = children(Measurement)
    descriptions: tuple[Description, ...] = children(Description)
    pack: Pack | None = child(Pack)
    references: tuple[Reference, ...] = children(Reference)
    dates: tuple[DateReference, ...] = children(DateReference)
    charges: tuple[InvoiceCharge, ...] = children(InvoiceCharge)
    parties: tuple[Party, ...] = children(Party)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Document, WithDates, WithParties):
    """`type` DI debit, CR credit, PR product. `total` to `discount` are the amounts of TDS."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "810"
    SPEC: ClassVar[SetSpec] = SPEC

    invoiced_on: date | None = element("BIG", 1, convert=DATE, required=True)
    number: str = element("BIG", 2, required=True)
    ordered_on: date | None = element("BIG", 3, convert=DATE)
    order_number: str = element("BIG", 4)
    release: str = element("BIG", 5)
    change_sequence: str = element("BIG", 6)
    type: str = element("BIG", 7)
    purpose: str = element("BIG", 8)
    remarks: tuple[Remark, ...] = children(Remark)
    currency_party: str = element("CUR", 1)
    currency: str = element("CUR", 2)
    references: tuple[Reference, ...] = children(Reference)
    contacts: tuple[Contact, ...] = children(Contact)
    parties: tuple[Party, ...] = children(Party)
    payment_terms: tuple[PaymentTerms, ...] = children(PaymentTerms)
    dates: tuple[DateReference, ...] = children(DateReference)
    fob: FobTerms | None = child(FobTerms)
    descriptions: tuple[Description, ...] = children(Description)
    notes: tuple[Note, ...] = children(Note)
    lines: tuple[InvoiceLine, ...] = children(InvoiceLine)
    total: Decimal | None = element("TDS", 1, convert=implied(2), required=True)
    discountable: Decimal | None = element("TDS", 2, convert=implied(2))
    discounted: Decimal | None = element("TDS", 3, convert=implied(2))
    discount: Decimal | None = element("TDS", 4, convert=implied(2))
    taxes: tuple[Tax, ...] = children(Tax)
    carrier_mode: str = element("CAD", 1)
    carrier: str = element("CAD", 4)
    carrier_routing: str = element("CAD", 5)
    carrier_reference_qualifier: str = element("CAD", 7)
    carrier_reference: str = element("CAD", 8)
    amounts: tuple[Amount, ...] = children(Amount)
    charges: tuple[InvoiceCharge, ...] = children(InvoiceCharge)
    totals: Totals | None = child(Totals)
