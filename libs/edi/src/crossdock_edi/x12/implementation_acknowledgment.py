"""999: as a 997, but against the partner's guide, and with the business context of each error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crossdock_edi.binding import Document, child, children, element, values
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import INTEGER
from crossdock_edi.x12.functional_acknowledgment import GroupResult

_LAYOUT = """
AK1 !
AK2: *
  IK3: *
    CTX 10
    IK4: *
      CTX 10
  IK5 !
AK9 !
"""
SPEC = SetSpec("X12", "999", "implementation acknowledgment", parse_layout("999", _LAYOUT), group="FA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """CTX: what the error depends on, such as another segment or the business number of the part."""

    name: str = element("CTX", 1, 1)
    reference: str = element("CTX", 1, 2)
    tag: str = element("CTX", 2)
    segment: int | None = element("CTX", 3, convert=INTEGER)
    loop: str = element("CTX", 4)
    element_position: int | None = element("CTX", 5, 1, convert=INTEGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideElementError:
    """IK4: codes as AK4, and I10 not used, I12 does not match, I13 by dependency."""

    position: int | None = element("IK4", 1, 1, convert=INTEGER)
    component: int | None = element("IK4", 1, 2, convert=INTEGER)
    repetition: int | None = element("IK4", 1, 3, convert=INTEGER)
    reference_number: str = element("IK4", 2)
    code: str = element("IK4", 3, required=True)
    bad_data: str = element("IK4", 4)
    contexts: tuple[Context, ...] = children(Context)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideSegmentError:
    """IK3: codes as AK3, and I6 by dependency, I7 loop too few times, I8 segment too few times."""

    tag: str = element("IK3", 1, required=True)
    position: int | None = element("IK3", 2, convert=INTEGER)
    loop: str = element("IK3", 3)
    code: str = element("IK3", 4)
    contexts: tuple[Context, ...] = children(Context)
    elements: tuple[GuideElementError, ...] = children(GuideElementError)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideMessageResult:
    """AK2 to IK5. `status` A accepted, E accepted with errors, R rejected."""

    type: str = element("AK2", 1, required=True)
    control_number: str = element("AK2", 2, required=True)
    implementation: str = element("AK2", 3)
    segments: tuple[GuideSegmentError, ...] = children(GuideSegmentError)
    status: str = element("IK5", 1)
    error_codes: tuple[str, ...] = values("IK5", 2, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImplementationAcknowledgment(Document):
    """Answers the group whose GS01 and GS06 are `functional_id` and `group_control_number`."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "999"
    SPEC: ClassVar[SetSpec] = SPEC

    functional_id: str = element("AK1", 1, required=True)
    group_control_number: str = element("AK1", 2, required=True)
    version: str = element("AK1", 3)
    messages: tuple[GuideMessageResult, ...] = children(GuideMessageResult)
    group: GroupResult | None = child(GroupResult)

    @property
    def is_accepted(self) -> bool:
        return self.group is not None and self.group.status in {"A", "E"}
