"""Answers an interchange as its standard wants: one 997 for each functional group, with what was found and where.

An acknowledgment is never acknowledged. The answer says only whether the data could be read, nothing of the business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from crossdock_edi.checking import check_message
from crossdock_edi.findings import Finding, Severity
from crossdock_edi.interchange import Group, Message
from crossdock_edi.profile import STRICT, Profile
from crossdock_edi.reader import Interchange
from crossdock_edi.writer import Envelope
from crossdock_edi.x12.functional_acknowledgment import (
    ElementError,
    FunctionalAcknowledgment,
    GroupResult,
    MessageResult,
    SegmentError,
)

ACKNOWLEDGMENTS = frozenset({"997", "999", "TA1", "CONTRL"})
_MOST_CODES = 5


def acknowledge(interchange: Interchange, profile: Profile = STRICT) -> tuple[FunctionalAcknowledgment, ...]:
    """One 997 for each group that is no acknowledgment itself; `compose` them under `reply_envelope`."""
    answers = _group_answers(interchange, profile)
    found = profile.rate(interchange.findings)
    return tuple(_acknowledgment(group, results, found) for group, results in answers)


def reply_envelope(
    interchange: Interchange, *, interchange_control: int, group_control: int, prepared_at: datetime
) -> Envelope:
    """The envelope for an answer: sender and receiver exchanged, in the sender's version and delimiters."""
    group = next((group for group in interchange.groups if group.header), None)
    return Envelope(
        sender=interchange.receiver,
        receiver=interchange.sender,
        interchange_control=interchange_control,
        prepared_at=prepared_at,
        group_control=group_control,
        group_sender=group.receiver if group else "",
        group_receiver=group.sender if group else "",
        version=group.version if group and group.version else "004010",
        interchange_version=(interchange.header[12].strip() if interchange.header else ""),
        is_test=interchange.is_test,
        dialect=interchange.dialect,
    )


@dataclass(slots=True)
class _Answer:
    """What is said of one message, small enough to be kept for every message of a file."""

    result: MessageResult
    accepted: bool
    flawed: bool = field(default=False)


def _group_answers(interchange: Interchange, profile: Profile) -> list[tuple[Group, list[_Answer]]]:
    answers: list[tuple[Group, list[_Answer]]] = []
    for message in interchange.messages:
        if message.type in ACKNOWLEDGMENTS or message.group.functional_id == "FA":
            continue
        if not answers or answers[-1][0] is not message.group:
            answers.append((message.group, []))
        answers[-1][1].append(_answer(message, check_message(message, profile)))
    return answers


def _answer(message: Message, found: tuple[Finding, ...]) -> _Answer:
    told = [one for one in found if one.is_error or (one.severity is Severity.WARNING and one.kind.is_reported)]
    accepted = not any(one.is_error for one in told)
    codes = list(dict.fromkeys(one.kind.set_code for one in told if one.kind.set_code))
    segments = tuple(_segment_errors(told))
    if segments:
        codes.append("5")
    result = MessageResult(
        type=message.type,
        control_number=message.control_number,
        segments=segments,
        status=("E" if told else "A") if accepted else "R",
        error_codes=tuple(dict.fromkeys(codes))[:_MOST_CODES],
    )
    return _Answer(result, accepted, bool(told))


def _segment_errors(found: Iterable[Finding]) -> Iterator[SegmentError]:
    """One AK3 for each segment and code, with an AK4 for each of its elements."""
    by_segment: dict[tuple[int, str, str], list[Finding]] = {}
    for one in found:
        if one.kind.segment_code:
            by_segment.setdefault((one.segment, one.tag, one.kind.segment_code), []).append(one)
    for (position, tag, code), group in by_segment.items():
        elements = tuple(
            ElementError(
                position=one.element,
                component=one.component or None,
                repetition=one.repetition or None,
                code=one.kind.element_code,
                bad_data=one.value,
            )
            for one in group
            if one.kind.element_code and one.element
        )
        yield SegmentError(tag=tag, position=position, code=code, elements=elements)


def _acknowledgment(group: Group, answers: list[_Answer], found: tuple[Finding, ...]) -> FunctionalAcknowledgment:
    accepted = sum(answer.accepted for answer in answers)
    stated = group.trailer[1].strip() if group.trailer else ""
    codes = tuple(_group_codes(group, found))
    broken = any(True for _ in codes)
    return FunctionalAcknowledgment(
        functional_id=group.functional_id,
        group_control_number=group.control_number,
        version=group.version if group.version.startswith("005") else "",
        messages=tuple(answer.result for answer in answers),
        group=GroupResult(
            status=_group_status(answers, accepted, broken=broken),
            included=int(stated) if stated.isdigit() else len(answers),
            received=len(answers),
            accepted=0 if broken else accepted,
            error_codes=codes[:_MOST_CODES],
        ),
    )


def _group_status(answers: list[_Answer], accepted: int, *, broken: bool) -> str:
    if broken or (answers and not accepted):
        return "R"
    if accepted < len(answers):
        return "P"
    return "E" if any(answer.flawed for answer in answers) else "A"


def _group_codes(group: Group, found: tuple[Finding, ...]) -> Iterator[str]:
    """Codes of errors in the group's own header and trailer."""
    places = {segment.offset for segment in (group.header, group.trailer) if segment is not None}
    kept = (one for one in found if one.is_error and one.offset in places and not one.message)
    yield from dict.fromkeys(one.kind.group_code for one in kept if one.kind.group_code)
