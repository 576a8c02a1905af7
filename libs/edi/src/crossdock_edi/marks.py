"""Finds the headers and trailers of one interchange by a search over bytes, and what stands between messages.

The body of a message is passed over as it is; nobody looks at its segments here. Does not know what a mark means.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from crossdock_edi.cutting import binary_end
from crossdock_edi.envelopes import ENVELOPES, Role
from crossdock_edi.limits import Limits
from crossdock_edi.opening import Opening, find_abutting
from crossdock_edi.segment import is_released
from crossdock_edi.source import CHUNK, Window

_HEAD = 64  # enough of a segment to read the stated length of its binary data
_TRAILER = 256  # more than the last segment of an interchange may hold


@dataclass(slots=True)
class Mark:
    """An envelope segment where it was found; `end` is the position of its terminator.

    `loose` is where data begin that stand before it and belong to no message; -1 if there are none.
    """

    tag: str
    start: int
    end: int
    role: Role
    terminated: bool
    loose: int = -1


class Marks:
    """One search through one interchange.

    Whoever walks sets `held` to where a message that is still open begins: its bytes are kept, unless it outgrows its
    limit (then `outgrown`), and what stands in it is not loose. `late` once the time was up.
    """

    def __init__(self, window: Window, opening: Opening, limits: Limits) -> None:
        dialect = opening.dialect
        self.held: int | None = None
        self.outgrown = False
        self.late = False
        self.rest = 0  # where, at the end, data begin that stand behind the last mark
        self.deadline = time.monotonic() + limits.seconds
        self._window = window
        self._opening = opening
        self._limits = limits
        self._segment, self._element, self._release = dialect.segment, dialect.element, dialect.release
        self._roles = ENVELOPES[dialect.standard].roles
        # A terminator that is itself blank is not passed over again and again: a run of them would cost its square.
        blanks = bytes(blank for blank in b" \t\r\n\x0b\x0c\x00\x1a" if bytes((blank,)) != dialect.segment)
        tags = "|".join(self._roles).encode()
        self._pattern = re.compile(
            re.escape(self._segment) + b"[" + blanks + b"]*(" + tags + b")" + re.escape(self._element)
        )
        self._counted, self._count = opening.position, 0

    def _abutting_header(self, role: Role, cursor: int, at: int) -> int:
        """Where the header of another interchange begins in the segment that ends at `at`, which was cut off; or -1.

        Looked for before a group or a message only: that is what follows a header.
        """
        if role not in {Role.OPEN_GROUP, Role.OPEN_MESSAGE}:
            return -1
        base = self._window.base
        last = self._window.data.rfind(self._segment, max(0, cursor - base), at - base)
        found = find_abutting(self._window.data[last : at - base]) if last >= 0 else -1
        return base + last + found if found >= 0 else -1

    def _abutting_behind(self, start: int) -> int:
        """Where another interchange's header follows the last segment of this one; the window's end if none does."""
        self._window.load(start + _TRAILER)
        found = find_abutting(self._window.slice(start, start + _TRAILER))
        return start + found if found >= 0 else self._window.end

    def hold(self, start: int | None) -> None:
        self.held, self.outgrown = start, False

    def __iter__(self) -> Iterator[Mark]:
        window, width, first = self._window, len(self._segment), self._opening
        cursor = searched = self._end_of_segment(first.position)
        yield Mark(first.tag, first.position, cursor, self._roles[first.tag], cursor < window.end)
        while not self._is_late():
            found = self._pattern.search(window.data, searched - window.base)
            if found is None:
                last = window.data.rfind(self._segment, searched - window.base)
                searched = last + window.base if last >= 0 else max(searched, window.end - width + 1)
                if not self._load(cursor):
                    break
                continue
            at, start = found.start() + window.base, found.start(1) + window.base
            role = self._roles[found.group(1).decode()]
            released = is_released(window.data, found.start(), self._release)
            if released or role is Role.BINARY:
                searched = start if released else self._end_of_segment(start)
                continue
            loose = cursor + width if self.held is None and at > cursor else -1
            if (header := self._abutting_header(role, cursor, at)) >= 0:
                yield Mark("", header, at, Role.OPEN, True, loose)
                return
            cursor = searched = self._end_of_segment(start)
            behind = self._abutting_behind(start) if role is Role.CLOSE else window.end
            cursor = min(cursor, behind)
            yield Mark(found.group(1).decode(), start, cursor, role, cursor < behind, loose)
        self.rest = cursor + width

    def count_to(self, position: int) -> int:
        """How many terminators stand before a position; each stretch is counted once."""
        if position > self._counted:
            window = self._window
            self._count += window.data.count(self._segment, self._counted - window.base, position - window.base)
            self._counted = position
        return self._count

    def _is_late(self) -> bool:
        self.late = time.monotonic() > self.deadline
        return self.late

    def _load(self, cursor: int) -> bool:
        """Load more, letting go of what nobody needs; a message that grows past its limit is given up."""
        window = self._window
        if self.held is not None and window.end - self.held > self._limits.message_bytes:
            self.outgrown = True
        needed = None if self.outgrown else self.held
        keep = max(cursor, window.end - CHUNK) if needed is None else needed
        self.count_to(keep)
        window.forget(keep)
        return window.more()

    def _end_of_segment(self, start: int) -> int:
        """The position of the terminator of the segment at `start`; the end of the data if it has none."""
        window, mark = self._window, self._segment
        window.load(start + _HEAD)
        position = start + binary_end(window.slice(start, start + _HEAD), self._element)
        if position - start <= self._limits.message_bytes:
            window.load(position)
        if position > window.end:  # the stated length is wrong: the terminator counts
            position = start
        while True:
            window.load(position)
            found = window.find(mark, position)
            if found < 0:
                position = max(position, window.end - len(mark) + 1)
                if window.end - start > self._limits.message_bytes or not window.more():
                    return window.end
            elif is_released(window.data, found - window.base, self._release):
                position = found + len(mark)
            else:
                return found
