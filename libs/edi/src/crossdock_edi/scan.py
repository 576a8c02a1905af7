"""Walks the envelopes of one interchange: cuts out its messages and checks what headers and trailers say.

Knows no transaction set, and does not look into the body of a message.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from crossdock_edi.cutting import split_segments
from crossdock_edi.dialect import Dialect
from crossdock_edi.envelopes import ENVELOPES, Role
from crossdock_edi.findings import Finding, Place, finding
from crossdock_edi.interchange import Group, Message
from crossdock_edi.limits import Limits, passed_limit
from crossdock_edi.marks import Mark, Marks
from crossdock_edi.opening import Opening
from crossdock_edi.outcome import Outcome
from crossdock_edi.segment import BLANKS, Segment
from crossdock_edi.source import Window
from crossdock_edi.values import count_of, same_number


@dataclass(slots=True)
class _Pending:
    """A message whose trailer was not seen yet."""

    header: Segment
    start: int
    number: int


class Scan:
    """One walk through one interchange. `messages()` yields as it goes; `outcome` is whole when it has ended."""

    def __init__(self, window: Window, opening: Opening, limits: Limits) -> None:
        self.outcome = Outcome(findings=list(opening.findings), most_findings=limits.findings)
        self._window = window
        self._opening = opening
        self._dialect: Dialect = opening.dialect
        self._limits = limits
        self._envelopes = ENVELOPES[opening.dialect.standard]
        self._marks = Marks(window, opening, limits)
        self._group: Group | None = None
        self._pending: _Pending | None = None
        self._controls: set[str] = set()

    def messages(self) -> Iterator[Message]:
        if not self._dialect.is_usable():
            self._give_up(self._opening.position + len(self._opening.tag))
            return
        for mark in self._marks:
            for message in self._take(mark):
                paused = time.monotonic()
                yield message
                self._marks.deadline += time.monotonic() - paused
            if mark.role is Role.CLOSE:
                return
            if len(self.outcome.findings) > self._limits.findings:
                # So much is wrong that it is no interchange; the next header is looked for behind this.
                self._give_up(mark.end)
                return
            if mark.role is Role.OPEN and mark.start != self._opening.position:
                return
        if self._marks.late:
            self._out_of_time()
            return
        if self._pending is None:
            self._keep_loose(self._marks.rest, self._window.end)
        yield from self._finish(self._window.end)
        self.outcome.end = self._window.end

    def _give_up(self, end: int) -> None:
        self.outcome.complete, self.outcome.given_up = False, True
        self.outcome.end = end

    def _out_of_time(self) -> None:
        """A message that was begun is not given in part."""
        place = Place(offset=self._window.offset(self._marks.rest))
        self.outcome.limit("the time to read", f"{self._limits.seconds:g} s", place)
        self._give_up(self._window.end)

    # --- what a mark means

    def _take(self, mark: Mark) -> Iterator[Message]:
        number = self._marks.count_to(mark.start) + 1
        raw = self._window.slice(mark.start, mark.end).rstrip(BLANKS if not mark.terminated else b"\r\n")
        segment = Segment(raw, self._dialect, number, self._window.offset(mark.start))
        if mark.loose >= 0:
            self._keep_loose(mark.loose, mark.start)
        if not mark.terminated:
            known = mark.role in {Role.CLOSE, Role.CLOSE_GROUP, Role.CLOSE_MESSAGE}
            self.outcome.say("unterminated" if known else "truncated", segment)
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
            case _ if self._pending is None:  # within a message it is a segment of the message
                self.outcome.notes.append(segment)
                self.outcome.loose.append(segment)

    def _open(self, segment: Segment, mark: Mark) -> Iterator[Message]:
        if mark.start == self._opening.position:
            self.outcome.header = segment
            wanted = self._envelopes.control[self._opening.tag]
            if len(segment) < wanted - (segment.tag == "UNB") and not self.outcome.findings:
                self.outcome.say("header-elements", segment, counted=len(segment), wanted=wanted)
            return
        yield from self._finish(mark.start)
        self.outcome.end = mark.start

    def _close(self, segment: Segment, mark: Mark) -> Iterator[Message]:
        yield from self._abandon(mark.start)
        self.outcome.trailer = segment
        self.outcome.end = mark.end + (len(self._dialect.segment) if mark.terminated else 0)
        if self.outcome.header is None:
            self.outcome.stray(segment)
            return
        self._match_control(self.outcome.header, segment)
        grouped = [group for group in self.outcome.groups if group.header]
        if not grouped and any(note.tag == "TA1" for note in self.outcome.notes):
            return  # an interchange of acknowledgments only; senders count 0 or 1 there
        if self._dialect.standard == "X12" or grouped:
            self._match_count("group-count", segment, len(grouped))
        else:
            self._match_count("message-count", segment, self.outcome.message_count)

    def _open_group(self, segment: Segment, mark: Mark) -> Iterator[Message]:
        yield from self._abandon(mark.start)
        self._group = Group(segment)
        self._controls = set()
        if len(self.outcome.groups) >= self._limits.groups:
            self.outcome.limit("the number of groups", self._limits.groups, _place(segment))
            return
        if any(other.control_number == self._group.control_number for other in self.outcome.groups[-100:]):
            self.outcome.say("duplicate-control-number", segment, value=self._group.control_number, scope="interchange")
        self.outcome.groups.append(self._group)

    def _close_group(self, segment: Segment, mark: Mark) -> Iterator[Message]:
        yield from self._abandon_message(mark.start)
        group, self._group = self._group, None
        if group is None or group.header is None:
            self.outcome.stray(segment)
            return
        group.trailer = segment
        self._match_control(group.header, segment)
        self._match_count("message-count", segment, group.message_count)

    def _open_message(self, segment: Segment, mark: Mark, number: int) -> Iterator[Message]:
        yield from self._abandon_message(mark.start)
        self._pending = _Pending(segment, mark.start, number)
        self._marks.hold(mark.start)
        if self._group is None:
            self._group = Group(None)
            self.outcome.groups.append(self._group)
            if self._dialect.standard == "X12" and self.outcome.header is not None:
                self.outcome.say("no-group", segment)

    def _close_message(self, segment: Segment, mark: Mark) -> Iterator[Message]:
        if self._pending is None:
            self.outcome.stray(segment)
            return
        yield self._message(mark.end, segment)

    def _message(self, end: int, trailer: Segment | None) -> Message:
        """Cut out the pending message; a message without trailer ends where the next envelope begins."""
        pending, window = self._pending, self._window
        group = self._group
        if pending is None or group is None:
            raise AssertionError("a message is only cut out while one is open")
        outgrown, raw = self._marks.outgrown, window.slice(pending.start, end)
        self._pending = None
        self._marks.hold(None)
        group.message_count += 1
        self.outcome.message_count += 1
        counted = self._marks.count_to(end) - pending.number + 2
        passed = passed_limit(raw, self._dialect, self._limits, counted, outgrown=outgrown)
        message = Message(
            raw=b"" if passed else raw,
            header=_renumbered(pending.header, 1),
            trailer=_renumbered(trailer, trailer.number - pending.number + 1) if trailer else None,
            dialect=self._dialect,
            group=group,
            offset=pending.header.offset,
            interchange_control=self._control(self.outcome.header),
            limits=self._limits,
            complete=not passed,
            cuts=window.cuts(pending.start, end),
        )
        message.findings = tuple(self._message_findings(message, passed, counted))
        self.outcome.complete = self.outcome.complete and message.complete
        self.outcome.keep(message.findings)
        return message

    def _message_findings(self, message: Message, passed: tuple[str, str] | None, counted: int) -> Iterator[Finding]:
        if passed:
            yield finding("limit", message.place(), what=passed[0], limit=passed[1])
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
        if stated != str(counted) and message.complete and count_of(stated) != counted:
            exact = sum(1 for _ in message.segments)
            if count_of(stated) != exact:
                yield finding("segment-count", message.place_of(message.trailer, 1), value=stated, counted=exact)

    # --- what was left open

    def _abandon_message(self, end: int) -> Iterator[Message]:
        if self._pending is not None:
            yield self._message(end, None)

    def _abandon(self, end: int) -> Iterator[Message]:
        yield from self._abandon_message(end)
        group, self._group = self._group, None
        if group is not None and group.header is not None:
            self.outcome.say(
                "missing-trailer", group.header, trailer=self._envelopes.trailers.get(group.header.tag, "trailer")
            )

    def _finish(self, end: int) -> Iterator[Message]:
        yield from self._abandon(end)
        if self.outcome.header is not None:
            self.outcome.say(
                "missing-trailer",
                self.outcome.header,
                trailer=self._envelopes.trailers.get(self.outcome.header.tag, "trailer"),
            )

    # --- what trailers say

    def _match_control(self, header: Segment, trailer: Segment) -> None:
        wanted, said = self._control(header), self._control(trailer)
        if not same_number(wanted, said):
            self.outcome.say("control-number", trailer, element=2, value=said, wanted=wanted)

    def _match_count(self, code: str, trailer: Segment, counted: int) -> None:
        stated = trailer[1].strip()
        if count_of(stated) != counted:
            self.outcome.say(code, trailer, element=1, value=stated, counted=counted)

    def _control(self, segment: Segment | None) -> str:
        return segment[self._envelopes.control.get(segment.tag, 0)].strip() if segment else ""

    def _keep_loose(self, start: int, end: int) -> None:
        """Segments outside every message: told, and kept for whoever writes, as long as there are not too many."""
        whole = start >= self._window.base
        start = max(start, self._window.base)
        cuts = self._window.cuts(start, end)
        for position, piece in split_segments(self._window.slice(start, end), self._dialect):
            at = self._window.offset(start + position) if cuts else self._window.offset(start) + position
            stray = Segment(piece.rstrip(BLANKS), self._dialect, 0, at)
            self.outcome.say("stray-segment", stray)
            if len(self.outcome.findings) > self._limits.findings:
                whole = False
                break
            self.outcome.loose.append(stray)
        if not whole:
            self.outcome.limit("what stands outside messages", f"{self._limits.findings} segments", Place(offset=start))


def _place(segment: Segment) -> Place:
    return Place(segment.offset, segment.tag, segment.number)


def _renumbered(segment: Segment, number: int) -> Segment:
    return Segment(segment.raw, segment.dialect, number, segment.offset)
