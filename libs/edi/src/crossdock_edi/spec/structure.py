"""Walks a message along the description of its set: order, loops, repetition, what is missing.

Each segment goes to the innermost place that can take it at or behind where the walk stands; only what no place can
take is a finding, so that one fault does not make a hundred.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace

from crossdock_edi.findings import Finding, finding
from crossdock_edi.interchange import Message
from crossdock_edi.segment import Segment
from crossdock_edi.spec.model import Loop, SetSpec, Use


@dataclass(slots=True)
class _Frame:
    """An open loop: where in it the walk stands, and how often each member was met."""

    loop: Loop
    position: int = 0
    counts: list[int] = field(default_factory=list)
    stray: bool = False

    def __post_init__(self) -> None:
        self.counts = [0] * len(self.loop.members)

    def place_for(self, tag: str) -> tuple[int | None, bool]:
        """The first place at or behind the position that has room, else the first at all; and whether it has room."""
        first = None
        for place in self.loop.places.get(tag, ()):
            if place < self.position:
                continue
            most = self.loop.members[place].most
            if not most or self.counts[place] < most:
                return place, True
            first = place if first is None else first
        return first, False


class Walk:
    """One message along one description; `findings` fill as `run` goes."""

    def __init__(self, message: Message, spec: SetSpec, known: Container[str]) -> None:
        self._message = message
        self._spec = spec
        self._known = known
        self._stack = [_Frame(spec.body)]

    def run(self, segments: Iterable[Segment]) -> Iterator[Finding]:
        last: Segment | None = None
        for segment in segments:
            last = segment
            yield from self._step(segment)
        while self._stack:
            yield from self._missing(self._stack.pop(), None, last)

    def _step(self, segment: Segment) -> Iterator[Finding]:
        chosen = self._choose(segment.tag)
        if chosen is None:
            yield from self._misplaced(segment)
            return
        depth, place = chosen
        while len(self._stack) > depth + 1:
            yield from self._missing(self._stack.pop(), None, segment)
        frame = self._stack[depth]
        yield from self._missing(frame, place, segment)
        yield from self._enter(frame, place, segment)

    def _choose(self, tag: str) -> tuple[int, int] | None:
        """The innermost loop that has room for the tag, else the innermost that knows it."""
        full: tuple[int, int] | None = None
        for depth in range(len(self._stack) - 1, -1, -1):
            frame = self._stack[depth]
            if depth and tag == frame.loop.tag:
                continue  # a further turn of this loop: its parent takes it
            place, has_room = frame.place_for(tag)
            if place is None:
                continue
            if self._jumps(depth, place, tag):
                break  # better out of order where it is than beyond what must come first
            if has_room:
                return depth, place
            full = full or (depth, place)
        return full

    def _jumps(self, depth: int, place: int, tag: str) -> bool:
        """Whether going there passes by something mandatory, while an inner loop has had a place for the tag."""
        frame = self._stack[depth]
        required = frame.loop.required_places
        missing = any(frame.position <= index < place and not frame.counts[index] for index in required)
        return missing and any(tag in inner.loop.places for inner in self._stack[depth + 1 :])

    def _enter(self, frame: _Frame, place: int, segment: Segment) -> Iterator[Finding]:
        member = frame.loop.members[place]
        frame.position = place
        frame.counts[place] += 1
        if member.most and frame.counts[place] > member.most:
            code = "segment-repeats" if isinstance(member, Use) else "loop-repeats"
            yield finding(code, self._message.place_of(segment), limit=member.most)
        if isinstance(member, Loop):
            inner = _Frame(member)
            inner.counts[0] = 1
            self._stack.append(inner)

    def _misplaced(self, segment: Segment) -> Iterator[Finding]:
        """No place ahead can take it: it stands out of order, or does not belong here at all."""
        place = self._message.place_of(segment)
        for depth in range(len(self._stack) - 1, -1, -1):
            frame = self._stack[depth]
            behind = frame.loop.places.get(segment.tag)
            if behind is None or (depth and segment.tag == frame.loop.tag):
                continue
            member = frame.loop.members[behind[-1]]
            frame.counts[behind[-1]] += 1
            if isinstance(member, Loop):
                # Its members may follow; but the walk goes on where it stood, so that only this is out of order.
                while self._stack[-1].stray:
                    self._stack.pop()
                self._stack.append(_Frame(member, stray=True))
                self._stack[-1].counts[0] = 1
            yield finding("segment-order", place)
            return
        if segment.tag in self._spec.body.tags:
            yield finding("segment-unexpected", place)
        elif segment.tag in self._known:
            yield finding("segment-not-in-set", place, kind=self._spec.type)
        else:
            yield finding("segment-unknown", place, value=segment.tag)

    def _missing(self, frame: _Frame, until: int | None, segment: Segment | None) -> Iterator[Finding]:
        """Mandatory members that were passed by between the frame's position and `until` (None: its end)."""
        members = frame.loop.members
        end = len(members) if until is None else until
        for index in frame.loop.required_places:
            member = members[index]
            if frame.position <= index < end and not frame.counts[index]:
                frame.counts[index] = 1  # said once
                at = self._message.place() if segment is None else self._message.place_of(segment)
                where = f" in {frame.loop.name}" if frame.loop is not self._spec.body else ""
                yield finding("segment-missing", replace(at, tag=member.tag), where=where)


def walk(message: Message, spec: SetSpec, known: Container[str]) -> Iterator[Finding]:
    """Findings of structure for the segments between header and trailer."""
    body = message.segments[1 : -1 if message.trailer is not None else None]
    yield from Walk(message, spec, known).run(body)
