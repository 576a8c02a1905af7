"""Interchange, group and message as values over bytes: what an envelope says, and segments when somebody asks.

A message holds its own raw bytes and nothing else of the file.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from crossdock_edi.dialect import Dialect, Standard
from crossdock_edi.errors import LimitExceeded
from crossdock_edi.findings import Finding, Place
from crossdock_edi.limits import Limits
from crossdock_edi.segment import BLANKS, Segment, split_released

BINARY_LENGTH = {b"BIN": 1, b"BDS": 2}  # X12 segments whose data has a stated length and may hold any byte


@dataclass(eq=False, slots=True)
class Group:
    """A functional group (GS, UNG). `trailer` and `message_count` are known once the group was read to its end."""

    header: Segment | None
    trailer: Segment | None = None
    message_count: int = 0

    @property
    def functional_id(self) -> str:
        return self.header[1].strip() if self.header else ""

    @property
    def sender(self) -> str:
        return self.header.get(2).strip() if self.header else ""

    @property
    def receiver(self) -> str:
        return self.header.get(3).strip() if self.header else ""

    @property
    def control_number(self) -> str:
        if self.header is None:
            return ""
        return self.header.get(5 if self.header.tag == "UNG" else 6).strip()

    @property
    def version(self) -> str:
        """GS08, or the version and release of UNG."""
        if self.header is None:
            return ""
        if self.header.tag == "UNG":
            return ":".join(part for part in (self.header.get(7), self.header.get(7, 2)) if part)
        return self.header[8].strip()


@dataclass(eq=False, slots=True)
class Message:
    """A transaction set (X12) or message (EDIFACT), header and trailer included.

    `findings` are those of its envelope. `complete` is False if a limit cut it: then `segments` raises `LimitExceeded`.
    """

    raw: bytes
    header: Segment
    trailer: Segment | None
    dialect: Dialect
    group: Group
    offset: int
    interchange_control: str
    limits: Limits
    findings: tuple[Finding, ...] = ()
    complete: bool = True
    cuts: tuple[int, ...] = ()
    _segments: tuple[Segment, ...] | None = field(default=None, repr=False)

    @property
    def standard(self) -> Standard:
        return self.dialect.standard

    @property
    def type(self) -> str:
        """The set (`850`) or message type (`ORDERS`)."""
        return (self.header[1] if self.standard == "X12" else self.header.get(2)).strip()

    @property
    def control_number(self) -> str:
        return (self.header[2] if self.standard == "X12" else self.header[1]).strip()

    @property
    def version(self) -> str:
        """GS08 or ST03 (`004010`), or the directory (`D.96A`)."""
        if self.standard == "X12":
            return self.group.version or self.header[3].strip()
        return ".".join(part for part in (self.header.get(2, 2), self.header.get(2, 3)) if part)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Every segment from ST to SE (UNH to UNT), with number and byte offset."""
        if self._segments is None:
            if not self.complete:
                raise LimitExceeded(f"message {self.control_number} passes a limit")
            self._segments = tuple(self._split())
        return self._segments

    def place(self) -> Place:
        """The message as the place of a finding."""
        return Place(offset=self.offset, tag=self.header.tag, segment=1, message=self.control_number)

    def place_of(self, segment: Segment, element: int = 0, component: int = 0, repetition: int = 0) -> Place:
        return Place(segment.offset, segment.tag, segment.number, element, component, repetition, self.control_number)

    def _split(self) -> Iterator[Segment]:
        dialect, offset, cuts = self.dialect, self.offset, self.cuts
        for number, (position, piece) in enumerate(split_segments(self.raw, dialect), 1):
            at = offset + position
            yield Segment(piece, dialect, number, at + bisect_right(cuts, position) if cuts else at)


def split_segments(raw: bytes, dialect: Dialect) -> Iterator[tuple[int, bytes]]:
    """Each segment that is not blank, with its position; terminators and the line ends around them left out."""
    if dialect.standard == "X12" and any(tag + dialect.element in raw for tag in BINARY_LENGTH):
        yield from _split_with_binary(raw, dialect)
        return
    if dialect.release and dialect.release in raw:
        yield from _split_released(raw, dialect)
        return
    position, width = 0, len(dialect.segment)
    for piece in raw.split(dialect.segment):
        stripped = piece.lstrip(BLANKS)
        size = len(piece)
        if stripped:
            yield position + size - len(stripped), stripped.rstrip(b"\r\n")
        position += size + width


def _split_released(raw: bytes, dialect: Dialect) -> Iterator[tuple[int, bytes]]:
    """The careful way, for messages that hold a release character."""
    position = 0
    for piece in split_released(raw, dialect.segment, dialect.release):
        stripped = piece.lstrip(BLANKS)
        if stripped:
            yield position + len(piece) - len(stripped), stripped.rstrip(b"\r\n")
        position += len(piece) + len(dialect.segment)


def _split_with_binary(raw: bytes, dialect: Dialect) -> Iterator[tuple[int, bytes]]:
    position, end = 0, len(raw)
    while position < end:
        stop = raw.find(dialect.segment, position)
        stop = end if stop < 0 else stop
        start = position + len(raw[position:stop]) - len(raw[position:stop].lstrip(BLANKS))
        binary = binary_end(raw[start : start + 64], dialect.element)
        if binary:
            stop = raw.find(dialect.segment, start + binary)
            stop = end if stop < 0 else stop
        if stop > start:
            yield start, raw[start:stop]
        position = stop + len(dialect.segment)


def binary_end(data: bytes, element: bytes) -> int:
    """How far a binary segment at the start of `data` reaches by its own stated length; 0 if it is none."""
    index = BINARY_LENGTH.get(data[:3])
    if index is None or data[3 : 3 + len(element)] != element:
        return 0
    parts = data[:64].split(element, index + 1)
    if len(parts) < index + 2 or not parts[index].isdigit():
        return 0
    return sum(len(part) + len(element) for part in parts[: index + 1]) + int(parts[index])


def passed_limit(
    raw: bytes, dialect: Dialect, limits: Limits, segments: int, *, outgrown: bool
) -> tuple[str, str] | None:
    """What of a message passes which limit; None if nothing does. `segments` is how many it may have at most."""
    if outgrown or len(raw) > limits.message_bytes:
        return "the message", f"{limits.message_bytes} bytes"
    if segments > limits.message_segments:
        return "the message", f"{limits.message_segments} segments"
    if len(raw) <= min(limits.segment_bytes, limits.segment_elements):
        return None
    if dialect.release and dialect.release in raw:
        pieces = [piece for _, piece in split_segments(raw, dialect)]
    else:
        pieces = raw.split(dialect.segment)
    longest = max(map(len, pieces))
    if longest > limits.segment_bytes:
        return "a segment", f"{limits.segment_bytes} bytes"
    # A segment has no more elements than bytes, so hardly any needs counting.
    if longest > limits.segment_elements and any(
        piece.count(dialect.element) > limits.segment_elements
        for piece in pieces
        if len(piece) > limits.segment_elements
    ):
        return "a segment", f"{limits.segment_elements} elements"
    return None
