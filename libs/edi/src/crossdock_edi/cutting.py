"""Cuts bytes into segments. Knows no envelope and no transaction set.

Nearly every message is tidy: no terminator stands in data, and behind each terminator stands nothing or always the same
line end. It is cut by one search. What else partners do (blanks, released terminators, binary data) has its own way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, count, repeat

from crossdock_edi.dialect import Dialect
from crossdock_edi.segment import BLANKS, Segment, split_released

BINARY_LENGTH = {b"BIN": 1, b"BDS": 2}  # X12 segments whose data has a stated length and may hold any byte
# Up to here the elements of all segments are cut at once, which is quicker; those of a large message only where they
# are asked for, because as texts of their own they take many times the memory of its bytes.
_CUT_AT_ONCE = 1024 * 1024


def segments_of(raw: bytes, dialect: Dialect, offset: int, cuts: tuple[int, ...] = ()) -> tuple[Segment, ...]:
    """The segments of a message that begins at byte `offset`; `cuts` are positions where line ends were taken out."""
    pieces = None if cuts else _tidy(raw, dialect)
    if pieces is None:
        return tuple(
            Segment(piece, dialect, number, offset + position + bisect_right(cuts, position))
            for number, (position, piece) in enumerate(split_segments(raw, dialect), 1)
        )
    width = len(dialect.segment) + len(dialect.line_end)
    offsets = accumulate([len(piece) + width for piece in pieces], initial=offset)
    texts = _texts(raw, dialect)
    if texts is None:
        return tuple(map(Segment, pieces, repeat(dialect), count(1), offsets))
    return tuple(map(Segment, pieces, repeat(dialect), count(1), offsets, texts))


def _tidy(raw: bytes, dialect: Dialect) -> list[bytes] | None:
    """The segments of a tidy message; None if it is not tidy."""
    mark = dialect.segment
    if any(before and before in raw and before + mark in raw for before in (dialect.release, b"\r", b"\n")):
        return None
    if dialect.standard == "X12" and any(tag + dialect.element in raw for tag in BINARY_LENGTH):
        return None
    pieces = raw.split(mark + dialect.line_end)
    # All blanks, and nothing at all, sort before what a tag begins with.
    tidy = raw.count(mark) == len(pieces) - 1 and min(pieces) >= b"!" and raw[-1] not in BLANKS
    return pieces if tidy else None


def _texts(raw: bytes, dialect: Dialect) -> list[list[str]] | None:
    """Tag and elements of each segment of a tidy message, if it is so simple that its text can be cut as it is."""
    if len(raw) > _CUT_AT_ONCE or not raw.isascii() or (dialect.release and dialect.release in raw):
        return None
    mark = dialect.marks[0]
    return [text.split(mark) for text in str(raw, "ascii").split(dialect.decode(dialect.segment + dialect.line_end))]


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
