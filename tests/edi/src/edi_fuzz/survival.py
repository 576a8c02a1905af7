"""What must hold of any bytes whatever: no error but the library's own, no silence, no loss, no second for 1 MiB.

Knows nothing of how the bytes came about.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, get_args

import crossdock_edi
from crossdock_edi import EdiError, Interchange
from crossdock_edi.conversion import as_json, from_json

SECONDS_PER_MIB = 1.0  # to read, check or acknowledge
_SECONDS_PER_MIB_OF_RECORDS = 4.0  # a MiB may hold a hundred thousand records of many fields each
_LEAST_SECONDS = 0.5  # below that a busy machine is measured, not the library
_REPLIED_AT = datetime(2026, 11, 21, tzinfo=UTC)
Kind = Literal["997", "999", "TA1", "CONTRL"]
_BLANKS = b" \t\r\n\x00\x1a"


class TooSlow(AssertionError):
    """One step took longer than a second for each MiB."""


class Lost(AssertionError):
    """Something was not told, or not written back."""


def survives(data: bytes) -> None:
    """Ask everything that may be asked of a file; raises for whatever a user must never see."""

    def within(step: str, ask: Callable[[], object], seconds: float = SECONDS_PER_MIB) -> None:
        bound = max(_LEAST_SECONDS, seconds * len(data) / 2**20)
        began = time.process_time()
        ask()
        taken = time.process_time() - began
        if taken > bound:
            raise TooSlow(f"{step} took {taken:.2f} s for {len(data)} bytes")

    within("reading", lambda: _reads(data))
    within("checking", lambda: _checks(data))
    for kind in get_args(Kind):
        within(f"acknowledging with {kind}", lambda kind=kind: _acknowledges(data, kind))  # type: ignore[misc]
    within("typed views", lambda: _parses(data), _SECONDS_PER_MIB_OF_RECORDS)
    within("writing", lambda: _writes(data))
    within("converting", lambda: _converts(data), _SECONDS_PER_MIB_OF_RECORDS)


def _reads(data: bytes) -> None:
    interchanges = list(crossdock_edi.read(data))
    if not interchanges:
        raise Lost("a file without any interchange to hold its findings")
    for interchange in interchanges:
        for message in interchange.messages:
            _quietly(lambda message=message: [one.elements for one in message.segments])  # type: ignore[misc]
        if not interchange.complete and not interchange.findings:
            raise Lost("incomplete, and no finding says why")


def _checks(data: bytes) -> None:
    for interchange in crossdock_edi.read(data):
        for found in crossdock_edi.check(interchange):
            if not 0 <= found.offset <= len(data):
                raise Lost(f"{found.code} at byte {found.offset} of {len(data)}")


def _acknowledges(data: bytes, kind: Kind) -> None:
    for interchange in crossdock_edi.read(data):
        try:
            answers = crossdock_edi.acknowledge(interchange, kind=kind)
            if answers:
                envelope = crossdock_edi.reply_envelope(
                    interchange, interchange_control=1, group_control=1, prepared_at=_REPLIED_AT
                )
                _understood(crossdock_edi.compose(answers, envelope))
        except EdiError:
            continue


def _understood(answer: bytes) -> None:
    """An answer of ours is read by ourselves, and is never answered again."""
    for interchange in crossdock_edi.read(answer):
        if not interchange.complete or crossdock_edi.acknowledge(interchange):
            raise Lost("an answer that is not read back, or is answered itself")
        sent: tuple[crossdock_edi.SentMessage, ...] = ()
        for message in interchange.messages:
            document = crossdock_edi.parse(message)
            crossdock_edi.correlate(document, sent)  # type: ignore[arg-type]


def _parses(data: bytes) -> None:
    for interchange in crossdock_edi.read(data):
        for message in interchange.messages:
            _quietly(lambda message=message: crossdock_edi.parse(message))  # type: ignore[misc]


def _writes(data: bytes) -> None:
    for interchange in crossdock_edi.read(data):
        try:
            written = crossdock_edi.write(interchange)
        except EdiError:
            continue
        if not interchange.findings:
            _same(data[interchange.offset : interchange.end], written, interchange)


def _same(read: bytes, written: bytes, interchange: Interchange) -> None:
    """Of what has no finding everything is written, but for blanks and empty segments between segments."""
    mark = interchange.dialect.segment
    one, other = (_packed(data, mark) for data in (read, written))
    if one not in other:  # a UNA stands before the offset
        raise Lost("what was written is not what was read")


def _packed(data: bytes, mark: bytes) -> bytes:
    packed = data.translate(None, _BLANKS) if mark.strip(_BLANKS) else b"\n".join(data.split())
    while mark + mark in packed:
        packed = packed.replace(mark + mark, mark)
    return packed.strip(mark)


def _converts(data: bytes) -> None:
    for interchange in crossdock_edi.read(data):
        _quietly(lambda interchange=interchange: from_json(as_json(interchange)))  # type: ignore[misc]


def _quietly(ask: Callable[[], object]) -> None:
    try:
        ask()
    except EdiError:
        return
