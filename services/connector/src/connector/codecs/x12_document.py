"""X12 and EDIFACT files to messages with their envelopes and findings, and typed documents to interchanges.

Syntax only: what a partner is held to comes in as severities, what it means is the mappings' business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

import crossdock_edi
from crossdock_edi import Dialect, Document, Envelope, Finding, Interchange, Message, Profile, Severity
from crossdock_edi.errors import LimitExceeded, UnknownDocument
from crossdock_edi.values import Unreadable, read_date, read_time
from crossdock_edi.x12.functional_acknowledgment import FunctionalAcknowledgment

from connector.domain.documents import Finding as DocumentFinding
from connector.domain.revision import Stamp

CONTENT_TYPE = "application/edi-x12"
ACKNOWLEDGMENTS = frozenset({"997", "999"})
# What a partner's counts say against its own data is told to it, but the data are used (half of real files are off).
_TOLERATED = {
    "segment-count": "warning",
    "message-count": "warning",
    "group-count": "warning",
    "line-count": "warning",
    "hash-total": "warning",
    "check-digit": "warning",
}
_MOST_FINDINGS = 200


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """One transaction set. `document` is None where the set has no typed view or could not be read."""

    set_id: str
    control_number: str
    group_control: str
    functional_id: str
    written: Stamp | None
    document: Document | None
    findings: tuple[DocumentFinding, ...]
    segments: int
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class ReadInterchange:
    """One interchange. `acknowledgments` are the 997s that it is owed, ready to be numbered and sent."""

    sender: tuple[str, str]
    receiver: tuple[str, str]
    control_number: str
    standard: str
    messages: tuple[ReadMessage, ...]
    findings: tuple[DocumentFinding, ...]
    acknowledgments: tuple[Document, ...]
    source: Interchange
    notes: int = 0


# Names, addresses, contacts.
_OF_PEOPLE = frozenset({"N1", "N2", "N3", "N4", "PER", "G61", "NAD", "CTA", "COM"})


def read_file(content: bytes, severities: Mapping[str, str]) -> tuple[ReadInterchange, ...]:
    """Every interchange of a file; at least one, so that there is a place for findings. Never raises."""
    profile = rated_by(severities)
    return tuple(_read(interchange, profile) for interchange in crossdock_edi.read(content))


def rated_by(severities: Mapping[str, str]) -> Profile:
    known = {each.value: each for each in Severity}
    merged = {**_TOLERATED, **severities}
    return Profile({code: known.get(level, Severity.NOTICE) for code, level in merged.items()})


def _read(interchange: Interchange, profile: Profile) -> ReadInterchange:
    messages = tuple(_message(message, interchange, profile) for message in interchange.messages)
    told = {(each.offset, each.code) for message in messages for each in message.findings}
    found = [each for each in profile.rate(interchange.findings) if (each.offset, each.code) not in told]
    return ReadInterchange(
        sender=interchange.sender,
        receiver=interchange.receiver,
        control_number=interchange.control_number,
        standard=interchange.standard,
        messages=messages,
        findings=tuple(_finding(each) for each in found[:_MOST_FINDINGS]),
        acknowledgments=tuple(crossdock_edi.acknowledge(interchange, profile)),
        source=interchange,
        notes=len(interchange.notes),
    )


def _message(message: Message, interchange: Interchange, profile: Profile) -> ReadMessage:
    findings = crossdock_edi.check_message(message, profile)
    document, wrong = _typed(message)
    wrong = wrong or next((_text(each) for each in findings if each.is_error), "")
    return ReadMessage(
        set_id=message.type,
        control_number=message.control_number,
        group_control=message.group.control_number,
        functional_id=message.group.functional_id,
        written=_written(message, interchange.control_number),
        document=document,
        findings=tuple(_finding(each) for each in findings[:_MOST_FINDINGS]),
        segments=_segments(message),
        wrong=wrong,
    )


def _typed(message: Message) -> tuple[Document | None, str]:
    """The typed document as far as its values can be read; the findings say which could not."""
    try:
        return crossdock_edi.parse_tolerantly(message)[0], ""
    except UnknownDocument:
        return None, ""
    except LimitExceeded as error:
        return None, str(error)


def _segments(message: Message) -> int:
    try:
        return len(message.segments)
    except LimitExceeded:
        return 0


def _written(message: Message, interchange: str) -> Stamp | None:
    """GS04 and GS05, which are UTC by agreement with the partner."""
    header = message.group.header
    if header is None or message.standard != "X12":
        return None
    try:
        day = read_date(header[4], message.dialect)
        at = read_time(header[5], message.dialect) if header[5].strip() else time()
    except Unreadable:
        return None
    number = int(interchange) if interchange.isascii() and interchange.isdigit() else 0
    return Stamp(datetime.combine(day, at, UTC), number)


def _finding(found: Finding) -> DocumentFinding:
    element = f"{found.element:02d}" if found.element else ""
    if element and found.component:
        element += f"-{found.component}"
    return DocumentFinding(found.code, found.severity.value, _text(found), found.segment, element, found.offset)


def _text(found: Finding) -> str:
    """A reason may be told and kept for years: of names and addresses it says where they stand, and not what."""
    return found.text.partition(f": {found.value!r}")[0] if found.tag in _OF_PEOPLE else found.text


@dataclass(frozen=True, slots=True)
class Numbers:
    """Control numbers of one outbound interchange: ISA13, GS06 and the first ST02."""

    interchange: int
    group: int
    message: int


@dataclass(frozen=True, slots=True)
class Address:
    """Both ends of an exchange and how it is spelled, from the partner's profile."""

    own: tuple[str, str]
    partner: tuple[str, str]
    group_own: str
    group_partner: str
    version: str
    is_test: bool
    dialect: Dialect


def envelope(address: Address, numbers: Numbers, at: datetime) -> Envelope:
    return Envelope(
        sender=address.own,
        receiver=address.partner,
        interchange_control=numbers.interchange,
        prepared_at=at.astimezone(UTC),
        group_control=numbers.group,
        first_message_control=numbers.message,
        group_sender=address.group_own,
        group_receiver=address.group_partner,
        version=address.version,
        is_test=address.is_test,
        dialect=address.dialect,
    )


def spaced(text: str, dialect: Dialect) -> str:
    """Free text with a space for each mark that means structure and for each control character: it means the same
    without them."""
    marks = [mark.decode() for mark in dialect.special_characters()]
    table = dict.fromkeys([*range(32), *(ord(each) for mark in marks for each in mark)], " ")
    return " ".join(text.translate(table).split())


def write(documents: Document | Sequence[Document], address: Address, numbers: Numbers, at: datetime) -> bytes:
    """One interchange with one group. Raises `Unrepresentable` for data that the dialect cannot carry."""
    return crossdock_edi.compose(documents, envelope(address, numbers, at))


def wrong_in(content: bytes) -> str:
    """Why a document of ours breaks the rules of its own set; empty text if it does not."""
    found = (message.wrong for interchange in read_file(content, {}) for message in interchange.messages)
    return next(filter(None, found), "")


def write_reply(document: Document, source: Interchange, numbers: Numbers, at: datetime) -> bytes:
    """A 997 in the sender's own version and delimiters."""
    reply = crossdock_edi.reply_envelope(
        source, interchange_control=numbers.interchange, group_control=numbers.group, prepared_at=at.astimezone(UTC)
    )
    return crossdock_edi.compose(document, reply)


def refusing(document: Document, control_numbers: frozenset[str]) -> Document:
    """A 997 that also refuses these sets, because nobody here can use them (AK502 code 1: not supported)."""
    if not isinstance(document, FunctionalAcknowledgment) or not control_numbers:
        return document
    messages = tuple(
        replace(each, status="R", error_codes=("1",)) if each.control_number in control_numbers else each
        for each in document.messages
    )
    accepted = sum(1 for each in messages if each.status in {"A", "E"})
    group = document.group
    if group is None or messages == document.messages:
        return document
    status = group.status if accepted == len(messages) else ("P" if accepted else "R")
    return replace(document, messages=messages, group=replace(group, status=status, accepted=accepted))
