"""What is known of an interchange once it was walked: its envelope, its groups, what stands outside, what was found."""

from __future__ import annotations

from dataclasses import dataclass, field

from crossdock_edi.findings import Finding, Place, finding
from crossdock_edi.interchange import Group
from crossdock_edi.limits import DEFAULT_LIMITS
from crossdock_edi.segment import Segment


@dataclass(slots=True)
class Outcome:
    """What is known of an interchange once it was walked to its end.

    `loose` are segments outside every message: notes (TA1), and strays that have no business there. `complete` is
    False if anything is missing, `given_up` True if the walk itself ended before the interchange did.
    """

    header: Segment | None = None
    trailer: Segment | None = None
    groups: list[Group] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)
    loose: list[Segment] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    message_count: int = 0
    end: int = 0
    complete: bool = True
    given_up: bool = False
    most_findings: int = DEFAULT_LIMITS.findings

    def say(self, code: str, segment: Segment, element: int = 0, value: str = "", **details: object) -> None:
        place = Place(segment.offset, segment.tag[:8], segment.number, element)
        self.keep((finding(code, place, value=value, **details),))

    def stray(self, trailer: Segment) -> None:
        """A trailer of nothing: told, and kept for whoever writes."""
        self.say("stray-trailer", trailer)
        if trailer is not self.trailer:
            self.loose.append(trailer)

    def limit(self, what: str, limit: object, place: Place) -> None:
        self.complete = False
        self.keep((finding("limit", place, what=what, limit=limit),))

    def keep(self, found: tuple[Finding, ...]) -> None:
        kept, room = self.findings, self.most_findings - len(self.findings)
        kept.extend(found[: max(room, 0)])
        if len(found) > room >= 0:
            kept.append(finding("too-many-findings", Place(), limit=self.most_findings))
