"""Rules of EDIFACT messages beyond their elements: dates in their stated format, totals, check digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from crossdock_edi.findings import Finding, finding
from crossdock_edi.identifiers import is_valid
from crossdock_edi.interchange import Message
from crossdock_edi.segment import Segment
from crossdock_edi.spec.meaning import number_of
from crossdock_edi.values import moment_of, names_a_moment

_GLN_AGENCY = "9"
_GTIN_TYPES = {"EN", "SRV", "UP"}
_LINES = "2"
_SSCC = "BJ"


def edifact_meaning(message: Message) -> Iterator[Finding]:
    counts = Counter(segment.tag for segment in message.segments)
    for segment in message.segments:
        match segment.tag:
            case "DTM":
                yield from _moment(message, segment)
            case "CNT" if segment.get(1, 1) == _LINES and counts["LIN"]:
                stated = number_of(segment.get(1, 2))
                if stated is not None and stated != counts["LIN"]:
                    place = message.place_of(segment, 1, 2)
                    yield finding("line-count", place, value=segment.get(1, 2), counted=counts["LIN"])
            case "NAD" if segment.get(2, 3) == _GLN_AGENCY and not is_valid(segment.get(2, 1), "GLN"):
                yield finding("check-digit", message.place_of(segment, 2, 1), value=segment.get(2, 1), name="GLN")
            case "LIN" if segment.get(3, 2) in _GTIN_TYPES and not is_valid(segment.get(3, 1)):
                yield finding("check-digit", message.place_of(segment, 3, 1), value=segment.get(3, 1), name="GTIN")
            case "GIN" if segment[1] == _SSCC and not is_valid(segment.get(2, 1), "SSCC"):
                yield finding("check-digit", message.place_of(segment, 2, 1), value=segment.get(2, 1), name="SSCC")


def _moment(message: Message, segment: Segment) -> Iterator[Finding]:
    value, format_qualifier = segment.get(1, 2), segment.get(1, 3)
    if value and names_a_moment(format_qualifier) and moment_of(value, format_qualifier) is None:
        yield finding("element-date", message.place_of(segment, 1, 2), value=value, name="date")
