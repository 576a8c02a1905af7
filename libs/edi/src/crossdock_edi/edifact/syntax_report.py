"""CONTRL: what a partner's reader made of an interchange. Says nothing about the business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crossdock_edi.binding import Document, children, element
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import INTEGER

_LAYOUT = """
UCI !
UCM: *
  UCS: *
    UCD *
UCF: *
  UCM: *
    UCS: *
      UCD *
"""
SPEC = SetSpec("EDIFACT", "CONTRL", "syntax and service report", parse_layout("CONTRL", _LAYOUT))


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementError:
    """UCD: `code` 12 invalid value, 13 missing, 39 too long, 40 too short, 37 invalid characters."""

    code: str = element("UCD", 1, required=True)
    position: int | None = element("UCD", 2, 1, convert=INTEGER)
    component: int | None = element("UCD", 2, 2, convert=INTEGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentError:
    """UCS: `position` counts from UNH as 1; `code` 13 missing, 15 not supported here, 35 too often."""

    position: int | None = element("UCS", 1, convert=INTEGER)
    code: str = element("UCS", 2)
    elements: tuple[ElementError, ...] = children(ElementError)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageResult:
    """UCM: `action` 7 acknowledged, 4 rejected."""

    control_number: str = element("UCM", 1, required=True)
    type: str = element("UCM", 2, 1)
    version: str = element("UCM", 2, 2)
    release: str = element("UCM", 2, 3)
    agency: str = element("UCM", 2, 4)
    association: str = element("UCM", 2, 5)
    action: str = element("UCM", 3)
    code: str = element("UCM", 4)
    tag: str = element("UCM", 5)
    position: int | None = element("UCM", 6, 1, convert=INTEGER)
    component: int | None = element("UCM", 6, 2, convert=INTEGER)
    segments: tuple[SegmentError, ...] = children(SegmentError)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxReport(Document):
    """Answers the interchange of `control_number`. `action` 7 acknowledged, 8 received, 4 rejected."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "CONTRL"
    SPEC: ClassVar[SetSpec] = SPEC

    control_number: str = element("UCI", 1, required=True)
    sender: str = element("UCI", 2, 1)
    sender_qualifier: str = element("UCI", 2, 2)
    receiver: str = element("UCI", 3, 1)
    receiver_qualifier: str = element("UCI", 3, 2)
    action: str = element("UCI", 4)
    code: str = element("UCI", 5)
    tag: str = element("UCI", 6)
    position: int | None = element("UCI", 7, 1, convert=INTEGER)
    component: int | None = element("UCI", 7, 2, convert=INTEGER)
    messages: tuple[MessageResult, ...] = children(MessageResult)

    @property
    def is_accepted(self) -> bool:
        return self.action != "4"
