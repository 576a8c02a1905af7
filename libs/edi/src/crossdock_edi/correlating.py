"""Matches an acknowledgment that came in with the messages that were sent, by their control numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crossdock_edi.acknowledging import Acknowledgment
from crossdock_edi.edifact.syntax_report import SyntaxReport
from crossdock_edi.reader import Interchange
from crossdock_edi.values import same_number
from crossdock_edi.x12.functional_acknowledgment import FunctionalAcknowledgment
from crossdock_edi.x12.implementation_acknowledgment import ImplementationAcknowledgment
from crossdock_edi.x12.interchange_acknowledgment import InterchangeAcknowledgment


@dataclass(frozen=True, slots=True)
class SentMessage:
    """Under which numbers a message went out. EDIFACT without groups has no group number."""

    interchange_control: str
    functional_id: str
    group_control: str
    type: str
    control_number: str


@dataclass(frozen=True, slots=True)
class Correlation:
    """What an acknowledgment says of one sent message. `status` is its own code (A, E, P, R; 7, 8, 4)."""

    sent: SentMessage
    accepted: bool
    status: str


def sent_messages(interchange: Interchange) -> tuple[SentMessage, ...]:
    """The numbers of every message in something that was sent."""
    control = interchange.control_number
    return tuple(
        SentMessage(control, one.group.functional_id, one.group.control_number, one.type, one.control_number)
        for one in interchange.messages
    )


def correlate(acknowledgment: Acknowledgment, sent: Iterable[SentMessage]) -> tuple[Correlation, ...]:
    """One entry for each sent message that the acknowledgment speaks of; nothing if it answers something else.

    A group or interchange that is acknowledged as a whole speaks of all of its messages.
    """
    match acknowledgment:
        case InterchangeAcknowledgment():
            found = _by_interchange(acknowledgment, sent)
        case SyntaxReport():
            found = _by_report(acknowledgment, sent)
        case _:
            found = _by_group(acknowledgment, sent)
    return tuple(found)


def _by_interchange(answer: InterchangeAcknowledgment, sent: Iterable[SentMessage]) -> Iterator[Correlation]:
    for one in sent:
        if same_number(one.interchange_control, answer.control_number):
            yield Correlation(one, answer.is_accepted, answer.status)


def _by_report(answer: SyntaxReport, sent: Iterable[SentMessage]) -> Iterator[Correlation]:
    by_control = {one.control_number: one for one in answer.messages}
    for one in sent:
        if one.interchange_control != answer.control_number:
            continue
        result = by_control.get(one.control_number)
        status = answer.action if result is None or answer.action == "4" else result.action
        if status != "8":  # received only: this message was neither taken nor refused
            yield Correlation(one, status != "4", status)


def _by_group(
    answer: FunctionalAcknowledgment | ImplementationAcknowledgment, sent: Iterable[SentMessage]
) -> Iterator[Correlation]:
    results = {(one.type, one.control_number): one.status for one in answer.messages}
    whole = answer.group.status if answer.group else ""
    for one in sent:
        if one.functional_id != answer.functional_id or not same_number(one.group_control, answer.group_control_number):
            continue
        status = whole if whole == "R" else results.get((one.type, one.control_number), whole)
        if status and status != "P":
            yield Correlation(one, status in {"A", "E"}, status)
