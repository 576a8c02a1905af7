"""824: what an application made of a document that could be read: accepted, changed or refused, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import ClassVar

from crossdock_edi.binding import Document, children, element
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import DATE, INTEGER, TIME
from crossdock_edi.x12.layouts import PARTY
from crossdock_edi.x12.parts import (
    Amount,
    DateReference,
    Party,
    Reference,
    Remark,
)

_LAYOUT = f"""
BGN !
DTM *
REF *
{PARTY}
OTI: ! *
  REF *
  DTM *
  PER *
  AMT *
  QTY *
  NM1 *
  TED: *
    CTX *
    NTE *
    RED *
  LM: *
    LQ *
"""
SPEC = SetSpec("X12", "824", "application advice", parse_layout("824", _LAYOUT), group="AG")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationError:
    """TED: `code` names the error; segment and element positions count as in a 997."""

    code: str = element("TED", 1, required=True)
    text: str = element("TED", 2)
    tag: str = element("TED", 3)
    segment: int | None = element("TED", 4, convert=INTEGER)
    element_position: int | None = element("TED", 5, convert=INTEGER)
    bad_data: str = element("TED", 7)
    new_data: str = element("TED", 8)
    remarks: tuple[Remark, ...] = children(Remark)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisedTransaction:
    """OTI: `outcome` TA accepted, TE accepted with error, TR refused, TC with change, and IA, IE, IR for an item."""

    outcome: str = element("OTI", 1, required=True)
    reference_qualifier: str = element("OTI", 2)
    reference: str = element("OTI", 3)
    on: date | None = element("OTI", 6, convert=DATE)
    at: time | None = element("OTI", 7, convert=TIME)
    group_control_number: str = element("OTI", 8)
    control_number: str = element("OTI", 9)
    type: str = element("OTI", 10)
    version: str = element("OTI", 11)
    references: tuple[Reference, ...] = children(Reference)
    dates: tuple[DateReference, ...] = children(DateReference)
    amounts: tuple[Amount, ...] = children(Amount)
    errors: tuple[ApplicationError, ...] = children(ApplicationError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAdvice(Document):
    """`number` is the advice's own."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "824"
    SPEC: ClassVar[SetSpec] = SPEC

    purpose: str = element("BGN", 1, required=True)
    number: str = element("BGN", 2, required=True)
    created_on: date | None = element("BGN", 3, convert=DATE)
    created_at: time | None = element("BGN", 4, convert=TIME)
    reference: str = element("BGN", 6)
    type: str = element("BGN", 7)
    parties: tuple[Party, ...] = children(Party)
    transactions: tuple[AdvisedTransaction, ...] = children(AdvisedTransaction)
