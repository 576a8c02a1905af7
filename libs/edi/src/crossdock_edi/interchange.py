"""Interchange, group and message as values over bytes: what an envelope says, and segments when somebody asks.

A message holds its own raw bytes and nothing else of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crossdock_edi.cutting import segments_of
from crossdock_edi.dialect import Dialect, Standard
from crossdock_edi.errors import LimitExceeded
from crossdock_edi.findings import Finding, Place
from crossdock_edi.limits import Limits
from crossdock_edi.segment import Segment


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
            self._segments = segments_of(self.raw, self.dialect, self.offset, self.cuts)
        return self._segments

    def place(self) -> Place:
        """The message as the place of a finding."""
        return Place(offset=self.offset, tag=self.header.tag, segment=1, message=self.control_number)

    def place_of(self, segment: Segment, element: int = 0, component: int = 0, repetition: int = 0) -> Place:
        return Place(segment.offset, segment.tag, segment.number, element, component, repetition, self.control_number)
