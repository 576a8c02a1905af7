"""Reads files: one `Interchange` after another, tolerant of everything, in memory that does not grow with the file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from operator import attrgetter

from crossdock_edi.dialect import X12_DIALECT, Dialect, Standard
from crossdock_edi.errors import LimitExceeded
from crossdock_edi.findings import Finding, Place, finding
from crossdock_edi.interchange import Group, Message
from crossdock_edi.limits import DEFAULT_LIMITS, Limits
from crossdock_edi.opening import Opening, find_opening
from crossdock_edi.outcome import Outcome
from crossdock_edi.scan import Scan
from crossdock_edi.segment import BLANKS, Segment
from crossdock_edi.source import Readable, Source, Window, open_source

_MARKS = {b"\xef\xbb\xbf": "byte-order-mark"}
_FOREIGN = {
    b"\xc9\xe2\xc1": "; it looks like EBCDIC",
    b"\xff\xfe": "; it looks like UTF-16",
    b"\xfe\xff": "; it looks like UTF-16",
    b"I\x00S\x00": "; it looks like UTF-16",
    b"U\x00N\x00": "; it looks like UTF-16",
}


class Interchange:
    """One interchange of a file, or a bare group or message that came without one, or a file that is no EDI at all.

    `messages` reads on from the source each time it is iterated. Everything else is known after one walk, which
    happens by itself when it is asked for.
    """

    def __init__(self, source: Source, opening: Opening | None, limits: Limits, before: tuple[Finding, ...]) -> None:
        self._source = source
        self._opening = opening
        self._limits = limits
        self._before = before
        self._outcome: Outcome | None = None if opening else Outcome(complete=False, given_up=True)

    @property
    def standard(self) -> Standard:
        return self._opening.dialect.standard if self._opening else "unknown"

    @property
    def dialect(self) -> Dialect:
        """Its delimiters and character set; X12's customary ones where nothing could be read."""
        return self._opening.dialect if self._opening else X12_DIALECT

    @property
    def messages(self) -> Iterator[Message]:
        if self._opening is None:
            return
        window = Window(self._source, self._opening.position, strip_newlines=self._opening.wrapped)
        scan = Scan(window, self._opening, self._limits)
        yield from scan.messages()
        scan.outcome.end = window.offset(scan.outcome.end)
        self._outcome = scan.outcome

    def all_segments(self) -> Iterator[Segment]:
        """Everything in the order of the file: messages, all headers and trailers, and what stands outside of them.

        Raises `LimitExceeded` if the interchange could not be read whole: nothing is given in part.
        """
        if not self.complete:
            raise LimitExceeded("the interchange could not be read whole; see its findings")
        frame = deque(sorted(self._frame(), key=attrgetter("offset")))
        for message in self.messages:
            while frame and frame[0].offset < message.offset:
                yield frame.popleft()
            yield from message.segments
        yield from frame

    def _frame(self) -> Iterator[Segment]:
        walked = self._walked()
        yield from walked.loose
        for group in walked.groups:
            yield from (segment for segment in (group.header, group.trailer) if segment is not None)
        yield from (segment for segment in (walked.header, walked.trailer) if segment is not None)

    @property
    def advice(self) -> bytes:
        """The UNA before the header, with its line end."""
        return self._opening.advice if self._opening else b""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything about the envelopes, those of each message included."""
        return (*self._before, *self._walked().findings)

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(self._walked().groups)

    @property
    def header(self) -> Segment | None:
        """ISA or UNB."""
        return self._walked().header

    @property
    def trailer(self) -> Segment | None:
        return self._walked().trailer

    @property
    def notes(self) -> tuple[Segment, ...]:
        """TA1 segments: what the partner says about interchanges that we sent."""
        return tuple(self._walked().notes)

    @property
    def message_count(self) -> int:
        return self._walked().message_count

    @property
    def complete(self) -> bool:
        """False if it could not be read whole: no EDI, unusable delimiters, or a limit."""
        return self._walked().complete

    @property
    def given_up(self) -> bool:
        """Whether reading ended before the interchange did; a message that passes a limit does not do that."""
        return self._walked().given_up

    @property
    def offset(self) -> int:
        return self._opening.position if self._opening else 0

    @property
    def end(self) -> int:
        """The byte offset behind its last segment."""
        return self._walked().end

    @property
    def sender(self) -> tuple[str, str]:
        """Qualifier and identifier."""
        return self._party(5, 6, 2)

    @property
    def receiver(self) -> tuple[str, str]:
        """Qualifier and identifier."""
        return self._party(7, 8, 3)

    @property
    def control_number(self) -> str:
        header = self.header
        return header[13 if header.tag == "ISA" else 5].strip() if header else ""

    @property
    def is_test(self) -> bool:
        header = self.header
        if header is None:
            return False
        return header[15] == "T" if header.tag == "ISA" else header[11] == "1"

    def _party(self, qualifier: int, identifier: int, edifact: int) -> tuple[str, str]:
        header = self.header
        if header is None:
            return ("", "")
        if header.tag == "ISA":
            return (header[qualifier].strip(), header[identifier].strip())
        return (header.get(edifact, 2).strip(), header.get(edifact, 1).strip())

    def _walked(self) -> Outcome:
        if self._outcome is None:
            for _ in self.messages:
                pass
        if self._outcome is None:
            raise AssertionError("a walk always leaves its outcome")
        return self._outcome


def read(readable: Readable, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[Interchange]:
    """Every interchange of a file, in order; at least one, so that there is always a place for findings.

    Text and paths are names of files; bytes are the data; anything else is a binary stream. Raises only what opening
    the file raises.
    """
    source = open_source(readable)
    window = Window(source)
    window.load(16)
    start = window.slice(0, 16)
    found: tuple[Finding, ...] = ()
    position = 0
    for mark, code in _MARKS.items():
        if start.startswith(mark):
            found, position = (finding(code, Place()),), len(mark)
    seen, bare, used = 0, True, set[tuple[str, ...]]()
    while (opening := find_opening(window, position, bare=bare)) is not None:
        junk = _junk(window, position, opening.position - len(opening.advice))
        again = _used_before(window, opening, used)
        interchange = Interchange(source, opening, limits, (*found, *(junk if bare else ()), *again))
        yield interchange
        seen, found = seen + 1, ()
        if seen >= limits.interchanges:
            place = Place(offset=interchange.end)
            limit = finding("limit", place, what="the number of interchanges", limit=limits.interchanges)
            yield Interchange(source, None, limits, (limit,))
            return
        bare = not interchange.given_up  # behind one that could not be read, its own groups are no new beginning
        position = max(interchange.end, opening.position + 1)
        window = Window(source, position)
    rest = _junk(window, position, window.end) if bare else ()
    if not seen:
        yield Interchange(source, None, limits, (*found, _nothing(start, window)))
    elif rest:
        yield Interchange(source, None, limits, rest)


def _used_before(window: Window, opening: Opening, used: set[tuple[str, ...]]) -> tuple[Finding, ...]:
    """Whether an earlier interchange of the file has the same partners and control number; remembers them."""
    start, dialect = opening.position, opening.dialect
    positions = {"ISA": (5, 6, 7, 8, 13), "UNB": (2, 3, 5)}.get(opening.tag, ())
    if not positions or not dialect.is_usable():
        return ()
    end = window.find(dialect.segment, start)
    header = Segment(window.slice(start, end if end > 0 else start + 200), dialect, 1, window.offset(start))
    numbers = tuple(header[position].replace("\r", "").replace("\n", "").strip() for position in positions)
    if numbers in used:
        place = Place(header.offset, opening.tag, 1, positions[-1])
        return (finding("duplicate-interchange", place, value=numbers[-1]),)
    used.add(numbers)
    return ()


def _junk(window: Window, start: int, end: int) -> tuple[Finding, ...]:
    """What stands between interchanges; of a long stretch only its loaded end is looked at."""
    length = end - start
    if length <= 0 or (start >= window.base and not window.slice(start, end).strip(BLANKS)):
        return ()
    return (finding("junk", Place(offset=start), length=length),)


def _nothing(start: bytes, window: Window) -> Finding:
    if not start.strip(BLANKS) and window.end <= len(start):
        return finding("empty", Place())
    hint = next((hint for mark, hint in _FOREIGN.items() if start.startswith(mark)), "")
    return finding("not-edi", Place(), hint=hint)
