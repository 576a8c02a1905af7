"""846: stock on hand, committed, in transit, as a supplier or warehouse sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, child, children, element, pairs
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, DECIMAL, TIME
from crossdock_edi.x12.layouts import PARTY
from crossdock_edi.x12.lookups import WithItemIds, WithParties
from crossdock_edi.x12.parts import (
    Contact,
    DateReference,
    Description,
    ItemId,
    Measurement,
    Party,
    Reference,
    Totals,
)

_LAYOUT = f"""
BIA !
CUR
DTM 10
REF *
PER 3
MEA *
PID *
FOB *
LS
LDT *
LE
{PARTY}
LIN: ! *
  PID *
  MEA *
  PKG *
  DTM *
  CTP *
  CUR
  SAC *
  REF *
  PER *
  SDQ *
  MAN *
  UIT *
  TD3 *
  TD5 *
  PO4 *
  CS *
  G53 *
  LDT *
  IT8 *
  QTY: *
    MEA *
    UIT *
    SCH *
    LDT *
    LS
    REF *
    DTM *
    LE
    N1: *
      N2 *
      N3 *
      N4 *
      REF *
      PER *
  SCH: *
    LM *
  SLN: *
    PID *
    MEA *
    QTY *
    DTM *
    REF *
CTT
"""
SPEC = SetSpec(
    "X12", "846", "inventory advice", parse_layout("846", _LAYOUT), group="IB", line="LIN", hashed=("QTY", 2)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockQuantity:
    """QTY: `kind` 17 on hand, 33 available, 27 committed, 29 projected, IQ in transit, QH on hold."""

    kind: str = element("QTY", 1, required=True)
    quantity: Decimal | None = element("QTY", 2, convert=DECIMAL)
    unit: str = element("QTY", 3, 1)
    dates: tuple[DateReference, ...] = children(DateReference)
    references: tuple[Reference, ...] = children(Reference)
    parties: tuple[Party, ...] = children(Party)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine(WithItemIds):
    """LIN and its loop: one item with its quantities."""

    line: str = element("LIN", 1)
    item_ids: tuple[ItemId, ...] = pairs("LIN", 2, 31, ItemId)
    descriptions: tuple[Description, ...] = children(Description)
    measurements: tuple[Measurement, ...] = children(Measurement)
    unit: str = element("UIT", 1, 1)
    unit_price: Decimal | None = element("UIT", 2, convert=DECIMAL)
    quantities: tuple[StockQuantity, ...] = children(StockQuantity)

    def quantity(self, kind: str) -> Decimal | None:
        return next((one.quantity for one in self.quantities if one.kind == kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryAdvice(Document, WithParties):
    """`report` says what the list is (MM multi-location, DD distributor's)."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "846"
    SPEC: ClassVar[SetSpec] = SPEC

    purpose: str = element("BIA", 1, required=True)
    report: str = element("BIA", 2, required=True)
    number: str = element("BIA", 3, required=True)
    taken_on: date | None = element("BIA", 4, convert=DATE)
    taken_at: time | None = element("BIA", 5, convert=TIME)
    action: str = element("BIA", 6)
    currency_party: str = element("CUR", 1)
    currency: str = element("CUR", 2)
    dates: tuple[DateReference, ...] = children(DateReference)
    references: tuple[Reference, ...] = children(Reference)
    contacts: tuple[Contact, ...] = children(Contact)
    parties: tuple[Party, ...] = children(Party)
    lines: tuple[StockLine, ...] = children(StockLine)
    totals: Totals | None = child(Totals)
