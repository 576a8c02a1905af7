"""Checks what was read: envelopes, and messages against the description of their set, rated by a partner's profile."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from crossdock_edi.findings import Finding, finding
from crossdock_edi.interchange import Message
from crossdock_edi.profile import STRICT, Profile
from crossdock_edi.reader import Interchange
from crossdock_edi.spec.validation import validate
from crossdock_edi.typed import DOCUMENTS


def check(interchange: Interchange, profile: Profile = STRICT) -> Iterator[Finding]:
    """Every finding: of each message as it is read, its envelope included, then of the interchange's own envelope."""
    messages: set[tuple[int, str]] = set()
    for message in interchange.messages:
        messages.update((one.offset, one.code) for one in message.findings)
        yield from check_message(message, profile)
    for one in interchange.findings:
        if (one.offset, one.code) not in messages:
            yield from profile.rate((one,))


def check_message(message: Message, profile: Profile = STRICT) -> tuple[Finding, ...]:
    """Findings of one message in the order of its segments, those of its envelope included."""
    found = [*message.findings, *_content(message)]
    found.sort(key=lambda one: (one.segment, one.element))
    return profile.rate(found)


def _content(message: Message) -> tuple[Finding, ...]:
    if not message.complete:
        return ()  # its envelope's findings say which limit it passes
    kind = DOCUMENTS.get((message.standard, message.type))
    found = tuple(islice(validate(message, kind.SPEC if kind else None), message.limits.findings))
    if len(found) < message.limits.findings:
        return found
    return (*found, finding("too-many-findings", message.place(), limit=message.limits.findings))
