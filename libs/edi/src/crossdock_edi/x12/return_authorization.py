"""180: a buyer asks to send goods back, or the seller answers.

Codes are named here as public references of the standard list them: the segment RDR of 004010
(kasoftware.com/schema/edi/x12/00401/segments/RDR), element 353 (stedi.com/edi/x12-004020/element/353).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from crossdock_edi.binding import Document, child, children, element, pairs
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, DECIMAL
from crossdock_edi.x12.layouts import indented
from crossdock_edi.x12.lookups import WithItemIds, WithParties
from crossdock_edi.x12.parts import Contact, DateReference, Description, ItemId, Note, Party, Remark

_NAMES = """
N1: 200
  N2 2
  N3 2
  N4
  PER 5
"""
_CODES = """
LM: 10
  LQ 100
"""
_LAYOUT = f"""
BGN !
RDR
PRF
DTM 10
N9 10
PER 2
SAC 10
G38
PKG 5
TD1 10
TD5 10
NTE 5
{_NAMES}{_CODES}
BLI: *
  N9 20
  PID 5
  RDR
  SAC 10
  AMT *
  MEA *
  CRC *
  NTE *
  PRF
  DTM 15
  DD 100
  GF
  TD5 5
  SDQ 100
{indented(_CODES, _NAMES)}  QTY: *
    AMT 5
    DTM 10
    N1
    LM: 10
      LQ 100
    LX: *
      N9 *
      DTM 10
      N1
      LM: 10
        LQ 100
  FA1: *
    FA2 *
"""
SPEC = SetSpec("X12", "180", "return merchandise authorization", parse_layout("180", _LAYOUT), group="AN")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReason:
    """RDR: `disposition` RA return with authorization number, RN return without one, PA partially authorized, RP
    authorization pending, RD request denied. Of `request` (DM defective, DT damaged in transit, WG wrong goods) and
    `response` (RT return time limit exceeded, NR no record of the sale), the reason codes of who asks and who answers,
    only one is there."""

    disposition: str = element("RDR", 1)
    request: str = element("RDR", 2)
    response: str = element("RDR", 3)
    text: str = element("RDR", 4)
    used: str = element("RDR", 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOfReturn:
    """PRF: the order, and its line, that goods were bought by."""

    number: str = element("PRF", 1, required=True)
    release: str = element("PRF", 2)
    ordered_on: date | None = element("PRF", 4, convert=DATE)
    line: str = element("PRF", 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedItem(WithItemIds):
    """BLI and its loop. Its first number is apart from the others, because that is how the segment has them."""

    item_ids: tuple[ItemId, ...] = pairs("BLI", 1, 2, ItemId)
    quantity: Decimal | None = element("BLI", 3, convert=DECIMAL)
    unit: str = element("BLI", 4)
    price_kind: str = element("BLI", 5)
    unit_price: Decimal | None = element("BLI", 6, convert=DECIMAL)
    price_unit: str = element("BLI", 7)
    more_item_ids: tuple[ItemId, ...] = pairs("BLI", 8, 13, ItemId)
    notes: tuple[Note, ...] = children(Note)
    descriptions: tuple[Description, ...] = children(Description)
    reason: ReturnReason | None = child(ReturnReason)
    remarks: tuple[Remark, ...] = children(Remark)
    order: OrderOfReturn | None = child(OrderOfReturn)
    dates: tuple[DateReference, ...] = children(DateReference)
    parties: tuple[Party, ...] = children(Party)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnAuthorization(Document, WithParties):
    """`purpose` 13 request, 11 response, 00 original, 01 cancellation. `number` is that of the return."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "180"
    SPEC: ClassVar[SetSpec] = SPEC

    purpose: str = element("BGN", 1, required=True)
    number: str = element("BGN", 2, required=True)
    written_on: date | None = element("BGN", 3, convert=DATE, required=True)
    reference: str = element("BGN", 6)
    type: str = element("BGN", 7)
    action: str = element("BGN", 8)
    reason: ReturnReason | None = child(ReturnReason)
    order: OrderOfReturn | None = child(OrderOfReturn)
    dates: tuple[DateReference, ...] = children(DateReference)
    notes: tuple[Note, ...] = children(Note)
    contacts: tuple[Contact, ...] = children(Contact)
    remarks: tuple[Remark, ...] = children(Remark)
    parties: tuple[Party, ...] = children(Party)
    lines: tuple[ReturnedItem, ...] = children(ReturnedItem)
