"""Makes the CONTRL that answers an EDIFACT interchange. Knows no X12.

Codes are those of element 0085 (ISO 9735): which of them stands for which finding is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crossdock_edi.checking import check_message
from crossdock_edi.edifact.syntax_report import ElementError, MessageResult, SegmentError, SyntaxReport
from crossdock_edi.findings import Finding
from crossdock_edi.interchange import Message
from crossdock_edi.profile import STRICT, Profile
from crossdock_edi.reader import Interchange

ACKNOWLEDGED, REJECTED, RECEIVED = "7", "4", "8"

# Element 0085 for each kind of finding; 18 is an error without a code of its own.
SYNTAX_CODES = {
    "element-missing": "13",
    "element-code": "12",
    "element-date": "12",
    "element-time": "12",
    "element-characters": "37",
    "element-short": "40",
    "element-long": "39",
    "element-surplus": "16",
    "component-surplus": "16",
    "element-repeats": "35",
    "segment-missing": "13",
    "segment-unknown": "15",
    "segment-unexpected": "15",
    "segment-not-in-set": "15",
    "segment-order": "15",
    "segment-repeats": "35",
    "loop-repeats": "36",
    "control-number": "28",
    "segment-count": "29",
    "message-count": "29",
    "group-count": "29",
    "missing-trailer": "13",
    "duplicate-control-number": "26",
    "stray-segment": "33",
}
_UNSPECIFIED = "18"


def syntax_report(interchange: Interchange, profile: Profile = STRICT) -> SyntaxReport | None:
    """One CONTRL; None for an interchange without header or one that holds only CONTRL."""
    results: list[MessageResult] = []
    others = False
    for message in interchange.messages:
        if message.type == "CONTRL":
            continue
        others = True
        results.append(_result(message, check_message(message, profile)))
    if interchange.header is None or not (others or not interchange.message_count):
        return None
    envelope = [one for one in profile.rate(interchange.findings) if one.is_error and not one.message]
    action = REJECTED if envelope else RECEIVED if any(one.action == REJECTED for one in results) else ACKNOWLEDGED
    return SyntaxReport(
        control_number=interchange.control_number or "0",
        sender=interchange.sender[1],
        sender_qualifier=interchange.sender[0],
        receiver=interchange.receiver[1],
        receiver_qualifier=interchange.receiver[0],
        action=action,
        code=_code(envelope[0]) if envelope else "",
        tag=envelope[0].tag[:3] if envelope else "",
        messages=() if action == REJECTED else tuple(results),
    )


def _result(message: Message, found: tuple[Finding, ...]) -> MessageResult:
    errors = [one for one in found if one.is_error]
    envelope = next((one for one in errors if one.tag in {"UNH", "UNT"}), None)
    header = message.header
    return MessageResult(
        control_number=message.control_number or "0",
        type=message.type,
        version=header.get(2, 2),
        release=header.get(2, 3),
        agency=header.get(2, 4),
        association=header.get(2, 5),
        action=REJECTED if errors else ACKNOWLEDGED,
        code=_code(envelope) if envelope else "",
        tag=envelope.tag if envelope else "",
        segments=tuple(_segments(one for one in errors if one is not envelope)),
    )


def _segments(errors: Iterable[Finding]) -> Iterator[SegmentError]:
    by_segment: dict[int, list[Finding]] = {}
    for one in errors:
        by_segment.setdefault(one.segment, []).append(one)
    for position, group in by_segment.items():
        whole = next((one for one in group if not one.element), None)
        elements = tuple(
            ElementError(code=_code(one), position=one.element, component=one.component or None)
            for one in group
            if one.element
        )
        yield SegmentError(position=position, code=_code(whole) if whole else "", elements=elements)


def _code(found: Finding) -> str:
    return SYNTAX_CODES.get(found.code, _UNSPECIFIED)
