"""Walks the envelopes of one interchange: finds headers and trailers by a search over bytes, and checks what they say.

The body of a message is cut out as it is; nobody looks at its segments here. Knows no transaction set.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from crossdock_edi.dialect import Dialect
from crossdock_edi.findings import Finding, Place, finding
from crossdock_edi.interchange import Group, Message, binary_end
from crossdock_edi.limits import Limits
from crossdock_edi.opening import Opening
from crossdock_edi.segment import BLANKS, Segment, ends_released
from crossdock_edi.source import CHUNK, Window


class Role(Enum):
    OPEN = auto()
    CLOSE = auto()
    OPEN_GROUP = auto()
    CLOSE_GROUP = auto()
    OPEN_MESSAGE = auto()
    CLOSE_MESSAGE = auto()
    NOTE = auto()
    BINARY = auto()


@dataclass(frozen=True, slots=True)
class Envelopes:
    """The tags of one standard and where their headers and trailers keep the control number."""

    roles: dict[str, Role]
    control: dict[str, int]
    trailers: dict[str, str]


ENVELOPES = {
    "X12": Envelopes(
        roles={
            "ISA": Role.OPEN,
            "IEA": Role.CLOSE,
            "GS": Role.OPEN_GROUP,
            "GE": Role.CLOSE_GROUP,
            "ST": Role.OPEN_MESSAGE,
            "SE": Role.CLOSE_MESSAGE,
            "TA1": Role.NOTE,
            "BIN": Role.BINARY,
            "BDS": Role.BINARY,
        },
        control={"ISA": 13, "IEA": 2, "GS": 6, "GE": 2, "ST": 2, "SE": 2},
        trailers={"ISA": "IEA", "GS": "GE", "ST": "SE"},
    ),
    "EDIFACT": Envelopes(
        roles={
            "UNA": Role.OPEN,
            "UNB": Role.OPEN,
            "UNZ": Role.CLOSE,
            "UNG": Role.OPEN_GROUP,
            "UNE": Role.CLOSE_GROUP,
            "UNH": Role.OPEN_MESSAGE,
            "UNT": Role.CLOSE_MESSAGE,
        },
        control={"UNB": 5, "UNZ": 2, "UNG": 5, "UNE": 2, "UNH": 1, "UNT": 2},
        trailers={"UNB": "UNZ", "UNG": "UNE", "UNH": "UNT"},
    ),
}


@dataclass(slots=True)
class Outcome:
    """What is known of an interchange once it was walked to its end."""

    header: Segment | None = None
    trailer: Segment | None = None
    groups: list[Group] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    message_count: int = 0
    end: int = 0
    complete: bool = True


@dataclass(slots=True)
class _Mark:
    """An envelope segment where it was found; `end` is the position of its terminator."""

    tag: str
    start: int
    end: int
    role: Role
    terminated: bool
    stray: int = -1


@dataclass(slots=True)
class _Pending:
    """A message whose trailer was not seen yet."""

    header: Segment
    start: int
    number: int
    cut: bool = False


class Scan:
    """One walk through one interchange. `messages()` yields as it goes; `outcome` is whole when it has ended."""

    def __init__(self, window: Window, opening: Opening, limits: Limits) -> None:
        self.outcome = Outcome(findings=list(opening.findings))
        self._window = window
        self._opening = opening
        self._dialect: Dialect = opening.dialect
        self._limits = limits
        self._envelopes = ENVELOPES[opening.dialect.standard]
        tags = "|".join(self._envelopes.roles).encode()
        self._pattern = re.compile(
            re.escape(self._dialect.segment) + rb"[\s\x00\x1a]*(" + tags + rb")" + re.escape(self._dialect.element)
        )
        self._counted, self._count = opening.position, 0
        self._group: Group | None = None
        self._pending: _Pending | None = None
        self._controls: set[str] = set()
        self._deadline = time.monotonic() + limits.seconds

    def messages(self) -> Iterator[Message]:
        if not self._dialect.is_usable():
            self.outcome.complete = False
            self.outcome.end = self._opening.position + len(self._opening.tag)
            return
        for mark in self._marks():
            for message in self._take(mark):
                paused = time.monotonic()
                yield message
                self._deadline += time.monotonic() - paused
            if mark.role is Role.CLOSE:
                return
            if len(self.outcome.findings) > self._limits.findings:
                # So much is wrong that it is no interchange; the next header is looked for behind this.
                self.outcome.complete = False
                self.outcome.end = mark.end
                return
            if mark.role is Role.OPEN and mark.start != self._opening.position:
                return
        yield from self._finish(self._window.end)
        self.outcome.end = self._window.end

    # --- finding the marks

    def _marks(self) -> Iterator[_Mark]:
        window, mark = self._window, self._dialect.segment
        first = self._opening
        cursor = self._end_of_segment(first.position)
        yield _Mark(first.tag, first.position, cursor, self._envelopes.roles[first.tag], cursor < window.end)
        searched = cursor
        while True:
            found = self._pattern.search(window.data, searched - window.base)
            if found is None:
                last = window.data.rfind(mark, searched - window.base)
                searched = last + window.base if last >= 0 else max(searched, window.end - len(mark) + 1)
                if not self._load(cursor):
                    break
                continue
            at, start, tag = found.start() + window.base, found.start(1) + window.base, found.group(1).decode()
            released = self._dialect.release and ends_released(
                window.slice(max(at - 64, window.base), at), self._dialect.release
            )
            role = self._envelopes.roles[tag]
            if released or role is Role.BINARY:
                searched = start if released else self._end_of_segment(start)
                continue
            stray = cursor + len(mark) if self._pending is None and at > cursor else -1
            cursor = searched = self._end_of_segment(start)
            yield _Mark(tag, start, cursor, role, cursor < window.end, stray)
        self._report_stray(cursor + len(mark), window.end)

    def _load(self, cursor: int) -> bool:
        """Load more, letting go of what nobody needs; a message that grows past its limit is given up."""
        window, pending = self._window, self._pending
        if time.monotonic() > self._deadline:
            self._limit("the time to read", f"{self._limits.seconds:g} s", Place(offset=window.offset(cursor)))
            return False
        if pending and not pending.cut and window.end - pending.start > self._limits.message_bytes:
            pending.cut = True
        keep = pending.start if pending and not pending.cut else max(cursor, window.end - CHUNK)
        self._count_to(keep)
        window.forget(keep)
        return window.more()

    def _end_of_segment(self, start: int) -> int:
        """The position of the terminator of the segment at `start`; the end of the data if it has none."""
        window, mark = self._window, self._dialect.segment
        window.load(start + 64)
        position = start + binary_end(window.slice(start, start + 64), self._dialect.element)
        while True:
            window.load(position)
            found = window.find(mark, position)
            if found < 0:
                position = max(position, window.end - len(mark) + 1)
                if window.end - start > self._limits.message_bytes or not window.more():
                    return window.end
            elif self._dialect.release and ends_released(window.slice(start, found), self._dialect.release):
                position = found + len(mark)
            else:
                return found

    def _count_to(self, position: int) -> int:
        """How many terminators stand before a position; each stretch is counted once."""
        if position > self._counted:
            window = self._window
            self._count += window.data.count(self._dialect.segment, self._counted - window.base, position - window.base)
            self._counted = position
        return self._count

    # --- what a mark means

    def _take(self, mark: _Mark) -> Iterator[Message]:
        number = self._count_to(mark.start) + 1
        raw = self._window.slice(mark.start, mark.end).rstrip(BLANKS if not mark.terminated else b"\r\n")
        segment = Segment(raw, self._dialect, number, self._window.offset(mark.start))
        if mark.stray >= 0:
            self._report_stray(mark.stray, mark.start)
        if not mark.terminated:
            known = mark.role in {Role.CLOSE, Role.CLOSE_GROUP, Role.CLOSE_MESSAGE}
            self._say("unterminated" if known else "truncated", segment)
        match mark.role:
            case Role.OPEN:
                yield from self._open(segment, mark)
            case Role.CLOSE:
                yield from self._close(segment, mark)
            case Role.OPEN_GROUP:
                yield from self._open_group(segment, mark)
            case Role.CLOSE_GROUP:
                yield from self._close_group(segment, mark)
            case Role.OPEN_MESSAGE:
                yield from self._open_message(segment, mark, number)
            case Role.CLOSE_MESSAGE:
                yield from self._close_message(segment, mark)
            case Role.NOTE | Role.BINARY:
                self.outcome.notes.append(segment)

    def _open(self, segment: Segment, mark: _Mark) -> Iterator[Message]:
        if mark.start == self._opening.position:
            self.outcome.header = segment
            wanted = self._envelopes.control[self._opening.tag]
            if len(segment) < wanted - (segment.tag == "UNB") and not self.outcome.findings:
                self._say("header-elements", segment, counted=len(segment), wanted=wanted)
            return
        yield from self._finish(mark.start)
        self.outcome.end = mark.start

    def _close(self, segment: Segment, mark: _Mark) -> Iterator[Message]:
        yield from self._abandon(mark.start)
        self.outcome.trailer = segment
        self.outcome.end = mark.end + len(self._dialect.segment)
        if self.outcome.header is None:
            self._say("stray-trailer", segment)
            return
        self._match_control(self.outcome.header, segment)
        grouped = [group for group in self.outcome.groups if group.header]
        if self.outcome.notes and not grouped:
            return  # an interchange of acknowledgments only; senders count 0 or 1 there
        if self._dialect.standard == "X12" or grouped:
            self._match_count("group-count", segment, len(grouped))
        else:
            self._match_count("message-count", segment, self.outcome.message_count)

    def _open_group(self, segment: Segment, mark: _Mark) -> Iterator[Message]:
        yield from self._abandon(mark.start)
        self._group = Group(segment)
        self._controls = set()
        if len(self.outcome.groups) >= self._limits.groups:
            self._limit("the number of groups", self._limits.groups, _place(segment))
            return
        if any(other.control_number == self._group.control_number for other in self.outcome.groups[-100:]):
            self._say("duplicate-control-number", segment, value=self._group.control_number, scope="interchange")
        self.outcome.groups.append(self._group)

    def _close_group(self, segment: Segment, mark: _Mark) -> Iterator[Message]:
        yield from self._abandon_message(mark.start)
        group, self._group = self._group, None
        if group is None or group.header is None:
            self._say("stray-trailer", segment)
            return
        group.trailer = segment
        self._match_control(group.header, segment)
        self._match_count("message-count", segment, group.message_count)

    def _open_message(self, segment: Segment, mark: _Mark, number: int) -> Iterator[Message]:
        yield from self._abandon_message(mark.start)
        self._pending = _Pending(segment, mark.start, number)
        if self._group is None:
            self._group = Group(None)
            self.outcome.groups.append(self._group)
            if self._dialect.standard == "X12" and self.outcome.header is not None:
                self._say("no-group", segment)

    def _close_message(self, segment: Segment, mark: _Mark) -> Iterator[Message]:
        if self._pending is None:
            self._say("stray-trailer", segment)
            return
        yield self._message(mark.end, segment)

    def _message(self, end: int, trailer: Segment | None) -> Message:
        """Cut out the pending message; a message without trailer ends where the next envelope begins."""
        pending, window = self._pending, self._window
        group = self._group
        if pending is None or group is None:
            raise AssertionError("a message is only cut out while one is open")
        self._pending = None
        group.message_count += 1
        self.outcome.message_count += 1
        cut = pending.cut or end - pending.start > self._limits.message_bytes
        message = Message(
            raw=b"" if cut else window.slice(pending.start, end),
            header=_renumbered(pending.header, 1),
            trailer=_renumbered(trailer, trailer.number - pending.number + 1) if trailer else None,
            dialect=self._dialect,
            group=group,
            offset=pending.header.offset,
            interchange_control=self._control(self.outcome.header),
            limits=self._limits,
            complete=not cut,
            cuts=window.cuts(pending.start, end),
        )
        message.findings = tuple(self._message_findings(message, self._count_to(end) - pending.number + 2))
        self._keep(message.findings)
        return message

    def _message_findings(self, message: Message, counted: int) -> Iterator[Finding]:
        if not message.complete:
            yield finding("limit", message.place(), what="the message", limit=f"{self._limits.message_bytes} bytes")
        elif counted > self._limits.message_segments:
            message.complete = False
            limit = f"{self._limits.message_segments} segments"
            yield finding("limit", message.place(), what="the message", limit=limit)
        control = message.control_number
        if control in self._controls:
            yield finding("duplicate-control-number", message.place(), value=control, scope="group")
        if len(self._controls) < 100_000:
            self._controls.add(control)
        if message.trailer is None:
            trailer = self._envelopes.trailers.get(message.header.tag, "trailer")
            yield finding("missing-trailer", message.place(), trailer=trailer)
            return
        place = message.place_of(message.trailer, 2)
        if (said := message.trailer[2].strip()) != control:
            yield finding("control-number", place, value=said, wanted=control)
        stated = message.trailer[1].strip()
        if stated != str(counted) and message.complete and (not stated.isdigit() or int(stated) != counted):
            exact = sum(1 for _ in message.segments)
            if not stated.isdigit() or int(stated) != exact:
                yield finding("segment-count", message.place_of(message.trailer, 1), value=stated, counted=exact)

    # --- what was left open

    def _abandon_message(self, end: int) -> Iterator[Message]:
        if self._pending is not None:
            yield self._message(end, None)

    def _abandon(self, end: int) -> Iterator[Message]:
        yield from self._abandon_message(end)
        group, self._group = self._group, None
        if group is not None and group.header is not None:
            self._say(
                "missing-trailer", group.header, trailer=self._envelopes.trailers.get(group.header.tag, "trailer")
            )

    def _finish(self, end: int) -> Iterator[Message]:
        yield from self._abandon(end)
        if self.outcome.header is not None:
            self._say(
                "missing-trailer",
                self.outcome.header,
                trailer=self._envelopes.trailers.get(self.outcome.header.tag, "trailer"),
            )

    # --- saying so

    def _match_control(self, header: Segment, trailer: Segment) -> None:
        wanted, said = self._control(header), self._control(trailer)
        same = wanted == said or (wanted.isdigit() and said.isdigit() and int(wanted) == int(said))
        if not same:
            self._say("control-number", trailer, element=2, value=said, wanted=wanted)

    def _match_count(self, code: str, trailer: Segment, counted: int) -> None:
        stated = trailer[1].strip()
        if not stated.isdigit() or int(stated) != counted:
            self._say(code, trailer, element=1, value=stated, counted=counted)

    def _control(self, segment: Segment | None) -> str:
        return segment[self._envelopes.control.get(segment.tag, 0)].strip() if segment else ""

    def _report_stray(self, start: int, end: int) -> None:
        start = max(start, self._window.base)
        whole = self._window.slice(start, end)
        raw = whole.strip(BLANKS + self._dialect.segment)
        if raw and self._pending is None:
            at = start + len(whole) - len(whole.lstrip(BLANKS + self._dialect.segment))
            segment = Segment(raw.split(self._dialect.segment)[0], self._dialect, 0, self._window.offset(at))
            self._say("stray-segment", segment)

    def _say(self, code: str, segment: Segment, element: int = 0, value: str = "", **details: object) -> None:
        place = Place(segment.offset, segment.tag[:8], segment.number, element)
        self._keep((finding(code, place, value=value, **details),))

    def _limit(self, what: str, limit: object, place: Place) -> None:
        self.outcome.complete = False
        self._keep((finding("limit", place, what=what, limit=limit),))

    def _keep(self, found: tuple[Finding, ...]) -> None:
        kept, room = self.outcome.findings, self._limits.findings - len(self.outcome.findings)
        kept.extend(found[: max(room, 0)])
        if len(found) > room >= 0:
            kept.append(finding("too-many-findings", Place(), limit=self._limits.findings))


def _place(segment: Segment) -> Place:
    return Place(segment.offset, segment.tag, segment.number)


def _renumbered(segment: Segment, number: int) -> Segment:
    return Segment(segment.raw, segment.dialect, number, segment.offset)
