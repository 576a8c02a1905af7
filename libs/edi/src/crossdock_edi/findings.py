"""What can be said about a message, as data: every finding has a kind from one catalogue.

The catalogue gives each kind its sentence, its default severity and, where the standard has one, the code by which an
X12 acknowledgment reports it. The table in the documentation is generated from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from crossdock_edi.catalogue import KINDS, Kind


class Severity(StrEnum):
    """An error makes a check fail and an acknowledgment refuse; a warning is told; a notice is for the curious."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong or odd, and exactly where.

    `offset` is the byte in the file. `segment` counts from 1 at the message's header if `message` (its control number)
    is set, else at the interchange's header. `element`, `component` and `repetition` count from 1; 0 means the whole.
    """

    code: str
    severity: Severity
    text: str
    offset: int = 0
    tag: str = ""
    segment: int = 0
    element: int = 0
    component: int = 0
    repetition: int = 0
    value: str = ""
    message: str = ""

    @property
    def kind(self) -> Kind:
        """The catalogue's entry, with the codes of the acknowledgments."""
        return KINDS[self.code]

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is; see `Finding` for how it counts."""

    offset: int = 0
    tag: str = ""
    segment: int = 0
    element: int = 0
    component: int = 0
    repetition: int = 0
    message: str = ""


def finding(code: str, place: Place, value: str = "", **details: object) -> Finding:
    """A finding of a catalogued kind; `details` fill its sentence."""
    kind = KINDS[code]
    shown = value if len(value) <= 80 else value[:77] + "..."
    words = {"tag": place.tag, "element": f"{place.tag}{place.element:02d}", "value": shown, **details}
    return Finding(
        code=code,
        severity=Severity(kind.severity),
        text=kind.sentence.format(**words),
        offset=place.offset,
        tag=place.tag,
        segment=place.segment,
        element=place.element,
        component=place.component,
        repetition=place.repetition,
        value=shown,
        message=place.message,
    )


def rated(found: Finding, severities: Mapping[str, Severity]) -> Finding:
    """The finding with the severity that a partner's profile gives its kind."""
    severity = severities.get(found.code, found.severity)
    return found if severity is found.severity else replace(found, severity=severity)
