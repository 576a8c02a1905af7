"""997: what a partner's reader made of one functional group that it received. Says nothing about the business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crossdock_edi.binding import Document, child, children, element, values
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import INTEGER

_LAYOUT = """
AK1 !
AK2: *
  AK3: *
    AK4 99
  AK5 !
AK9 !
"""
SPEC = SetSpec("X12", "997", "functional acknowledgment", parse_layout("997", _LAYOUT), group="FA")


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementError:
    """AK4: `code` 1 missing, 4 too short, 5 too long, 6 bad character, 7 unknown code, 8 bad date, 9 bad time."""

    position: int | None = element("AK4", 1, 1, convert=INTEGER)
    component: int | None = element("AK4", 1, 2, convert=INTEGER)
    repetition: int | None = element("AK4", 1, 3, convert=INTEGER)
    reference_number: str = element("AK4", 2)
    code: str = element("AK4", 3, required=True)
    bad_data: str = element("AK4", 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentError:
    """AK3: `position` counts from ST as 1. `code`: 1 unknown, 2 unexpected, 3 missing, 5 too many, 8 in elements."""

    tag: str = element("AK3", 1, required=True)
    position: int | None = element("AK3", 2, convert=INTEGER)
    loop: str = element("AK3", 3)
    code: str = element("AK3", 4)
    elements: tuple[ElementError, ...] = children(ElementError)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageResult:
    """AK2 to AK5. `status` A accepted, E accepted with errors, R rejected."""

    type: str = element("AK2", 1, required=True)
    control_number: str = element("AK2", 2, required=True)
    implementation: str = element("AK2", 3)
    segments: tuple[SegmentError, ...] = children(SegmentError)
    status: str = element("AK5", 1)
    error_codes: tuple[str, ...] = values("AK5", 2, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """AK9. `status` A accepted, E accepted with errors, P partially accepted, R rejected."""

    status: str = element("AK9", 1, required=True)
    included: int | None = element("AK9", 2, convert=INTEGER)
    received: int | None = element("AK9", 3, convert=INTEGER)
    accepted: int | None = element("AK9", 4, convert=INTEGER)
    error_codes: tuple[str, ...] = values("AK9", 5, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionalAcknowledgment(Document):
    """Answers the group whose GS01 and GS06 are `functional_id` and `group_control_number`."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "997"
    SPEC: ClassVar[SetSpec] = SPEC

    functional_id: str = element("AK1", 1, required=True)
    group_control_number: str = element("AK1", 2, required=True)
    version: str = element("AK1", 3)
    messages: tuple[MessageResult, ...] = children(MessageResult)
    group: GroupResult | None = child(GroupResult)

    @property
    def is_accepted(self) -> bool:
        return self.group is not None and self.group.status in {"A", "E"}
