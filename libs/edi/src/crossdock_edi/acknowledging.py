"""Answers an interchange as its standard wants, with what was found and where: 997, 999, TA1 or CONTRL.

An acknowledgment is never acknowledged. The answer says only whether the data could be read, nothing of the business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar, overload

from crossdock_edi.checking import check_message
from crossdock_edi.dialect import Dialect
from crossdock_edi.edifact.syntax_report import SyntaxReport
from crossdock_edi.errors import UnknownDocument
from crossdock_edi.findings import Finding, Severity
from crossdock_edi.interchange import Group, Message
from crossdock_edi.profile import STRICT, Profile
from crossdock_edi.reader import Interchange
from crossdock_edi.record_reading import read_record
from crossdock_edi.syntax_reporting import syntax_report
from crossdock_edi.values import Unreadable, count_of, read_date, read_time
from crossdock_edi.writer import Envelope
from crossdock_edi.x12.functional_acknowledgment import (
    ElementError,
    FunctionalAcknowledgment,
    GroupResult,
    MessageResult,
    SegmentError,
)
from crossdock_edi.x12.implementation_acknowledgment import (
    GuideElementError,
    GuideMessageResult,
    GuideSegmentError,
    ImplementationAcknowledgment,
)
from crossdock_edi.x12.interchange_acknowledgment import InterchangeAcknowledgment

Kind = Literal["997", "999", "TA1", "CONTRL"]
Acknowledgment = FunctionalAcknowledgment | ImplementationAcknowledgment | InterchangeAcknowledgment | SyntaxReport
ACKNOWLEDGMENTS = frozenset({"997", "999", "TA1", "CONTRL"})
_MOST_CODES = 5
_MOST_STATED = 999_999  # AK902 has six digits
_Value = TypeVar("_Value")


@overload
def acknowledge(
    interchange: Interchange, profile: Profile = ..., *, kind: Literal["997"]
) -> tuple[FunctionalAcknowledgment, ...]: ...
@overload
def acknowledge(
    interchange: Interchange, profile: Profile = ..., *, kind: Literal["999"]
) -> tuple[ImplementationAcknowledgment, ...]: ...
@overload
def acknowledge(
    interchange: Interchange, profile: Profile = ..., *, kind: Literal["TA1"]
) -> tuple[InterchangeAcknowledgment, ...]: ...
@overload
def acknowledge(
    interchange: Interchange, profile: Profile = ..., *, kind: Literal["CONTRL"]
) -> tuple[SyntaxReport, ...]: ...
@overload
def acknowledge(
    interchange: Interchange, profile: Profile = ..., *, kind: None = None
) -> tuple[Acknowledgment, ...]: ...
def acknowledge(
    interchange: Interchange, profile: Profile = STRICT, *, kind: Kind | None = None
) -> tuple[Acknowledgment, ...]:
    """The answers, all of one kind: 997 (the default for X12) or 999 one for each group, TA1 or CONTRL one for all.

    Nothing for an interchange that holds acknowledgments only, or that could not be read as an interchange at all.
    Raises `UnknownDocument` for a kind that the interchange's standard does not have. `compose` the answers under
    `reply_envelope`.
    """
    is_edifact = interchange.standard == "EDIFACT"
    if kind is not None and interchange.standard != "unknown" and (kind == "CONTRL") != is_edifact:
        raise UnknownDocument(interchange.standard, kind)
    if is_edifact:
        report = syntax_report(interchange, profile)
        return (report,) if report else ()
    if interchange.standard == "unknown":
        return ()
    if kind == "TA1":
        acknowledgment = _interchange_acknowledgment(interchange, profile)
        return (acknowledgment,) if acknowledgment else ()
    answers = _group_answers(interchange, profile)
    found = profile.rate(interchange.findings)
    functional = tuple(_acknowledgment(group, results, found) for group, results in answers)
    return tuple(_against_guide(one) for one in functional) if kind == "999" else functional


def reply_envelope(
    interchange: Interchange, *, interchange_control: int, group_control: int, prepared_at: datetime
) -> Envelope:
    """The envelope for an answer: sender and receiver exchanged, in the sender's version and delimiters."""
    group = next((group for group in interchange.groups if group.header), None)
    version = group.version if group else ""
    if interchange.standard == "EDIFACT":
        version = "D.3.UN" if interchange.dialect.repetition else "2.2.UN"
    header = interchange.header
    stated = header[12].strip() if header and interchange.standard == "X12" else ""
    return Envelope(
        sender=interchange.receiver,
        receiver=interchange.sender,
        interchange_control=interchange_control,
        prepared_at=prepared_at,
        group_control=group_control,
        group_sender=group.receiver if group else "",
        group_receiver=group.sender if group else "",
        version=version or "004010",
        interchange_version=stated if len(stated) == 5 and count_of(stated) is not None else "",
        is_test=interchange.is_test,
        dialect=interchange.dialect,
    )


def interchange_acknowledgments(interchange: Interchange) -> tuple[InterchangeAcknowledgment, ...]:
    """The TA1 segments that stand in an interchange, as documents; what is unreadable in them is empty."""
    read = (read_record(InterchangeAcknowledgment, [note], "")[0] for note in interchange.notes if note.tag == "TA1")
    return tuple(one for one in read if isinstance(one, InterchangeAcknowledgment))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is said of one message, small enough to be kept for every message of a file."""

    result: MessageResult
    accepted: bool
    flawed: bool


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
    codes = [one.kind.set_code for one in told if one.kind.set_code]
    segments = tuple(_segment_errors(told))
    if segments or not (codes or accepted):
        codes.append("5")
    result = MessageResult(
        type=message.type,
        control_number=message.control_number,
        implementation=message.header[3].strip(),
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
                bad_data=_printable(one.value),
            )
            for one in group
            if one.kind.element_code and one.element
        )
        yield SegmentError(tag=tag[:3], position=position, code=code, elements=elements)


def _printable(value: str) -> str:
    """Bad data as an acknowledgment may repeat them: without what may have made them bad."""
    return "".join(character if character.isalnum() or character in " .,-+/()" else " " for character in value).strip()


def _acknowledgment(group: Group, answers: list[_Answer], found: tuple[Finding, ...]) -> FunctionalAcknowledgment:
    accepted = sum(answer.accepted for answer in answers)
    counted = count_of(group.trailer[1].strip()) if group.trailer else None
    faults = _group_faults(group, found)
    broken = any(one.is_error for one in faults)
    return FunctionalAcknowledgment(
        functional_id=group.functional_id or "ZZ",
        group_control_number=group.control_number or "0",
        version=group.version if group.version.startswith("005") else "",
        # A message without type or number cannot be named; that it was not accepted stands in the counts.
        messages=tuple(one.result for one in answers if one.result.type and one.result.control_number),
        group=GroupResult(
            status=_group_status(answers, accepted, broken=broken, flawed=bool(faults)),
            included=len(answers) if counted is None or counted > _MOST_STATED else counted,
            received=len(answers),
            accepted=0 if broken else accepted,
            error_codes=tuple(dict.fromkeys(one.kind.group_code for one in faults))[:_MOST_CODES],
        ),
    )


def _group_status(answers: list[_Answer], accepted: int, *, broken: bool, flawed: bool) -> str:
    if broken or (answers and not accepted):
        return "R"
    if accepted < len(answers):
        return "P"
    return "E" if flawed or any(answer.flawed for answer in answers) else "A"


def _group_faults(group: Group, found: tuple[Finding, ...]) -> list[Finding]:
    """What is wrong with the group's own header and trailer, also where the partner's profile bears it."""
    places = {segment.offset for segment in (group.header, group.trailer) if segment is not None}
    told = [one for one in found if one.is_error or one.severity is Severity.WARNING]
    return [one for one in told if one.offset in places and not one.message and one.kind.group_code]


def _against_guide(answer: FunctionalAcknowledgment) -> ImplementationAcknowledgment:
    """The same answer in the words of a 999."""
    return ImplementationAcknowledgment(
        functional_id=answer.functional_id,
        group_control_number=answer.group_control_number,
        version=answer.version,
        messages=tuple(
            GuideMessageResult(
                type=message.type,
                control_number=message.control_number,
                implementation=message.implementation,
                segments=tuple(_guide_segment(segment) for segment in message.segments),
                status=message.status,
                error_codes=message.error_codes,
            )
            for message in answer.messages
        ),
        group=answer.group,
    )


def _guide_segment(segment: SegmentError) -> GuideSegmentError:
    elements = tuple(
        GuideElementError(
            position=one.position,
            component=one.component,
            repetition=one.repetition,
            code=one.code,
            bad_data=one.bad_data,
        )
        for one in segment.elements
    )
    return GuideSegmentError(tag=segment.tag, position=segment.position, code=segment.code, elements=elements)


def _interchange_acknowledgment(interchange: Interchange, profile: Profile) -> InterchangeAcknowledgment | None:
    header = interchange.header
    if header is None or (not interchange.message_count and interchange.notes):
        return None
    found = [one for one in profile.rate(interchange.findings) if one.kind.note and not one.message]
    # Of what was found in groups only the interchange's own header and trailer count here.
    own = {segment.offset for segment in (header, interchange.trailer) if segment is not None}
    told = [one for one in found if one.offset in own and one.severity is not Severity.NOTICE]
    rejected = any(one.is_error for one in told) or interchange.given_up
    return InterchangeAcknowledgment(
        control_number=interchange.control_number.zfill(9)[:9],
        sent_on=_or_none(read_date, header[9], interchange),
        sent_at=_or_none(read_time, header[10], interchange),
        status="R" if rejected else "E" if told else "A",
        note=told[0].kind.note if told else "024" if rejected else "000",
    )


def _or_none(read: Callable[[str, Dialect], _Value], text: str, interchange: Interchange) -> _Value | None:
    try:
        return read(text, interchange.dialect)
    except Unreadable:
        return None
