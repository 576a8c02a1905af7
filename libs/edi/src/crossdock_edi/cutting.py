"""Cuts bytes into segments. Knows no envelope and no transaction set.

Nearly every message is tidy: no terminator stands in data, and behind each terminator stands nothing or always the same
line end. It is cut by one search. What else partners do (blanks, released terminators, binary data) has its own way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, count, repeat

from crossdock_edi.dialect import Dialect
from crossdock_edi.segment import BINARY_LENGTH, BLANKS, Segment, split_released

_BINARY = {tag.encode(): position for tag, position in BINARY_LENGTH.items()}


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
    return tuple(map(Segment, pieces, repeat(dialect), count(1), offsets))


def _tidy(raw: bytes, dialect: Dialect) -> list[bytes] | list[str] | None:
    """The segments of a tidy message, as text where nothing speaks against it; None if it is not tidy."""
    mark = dialect.segment
    if any(before and before in raw and before + mark in raw for before in (dialect.release, b"\r", b"\n")):
        return None
    if dialect.standard == "X12" and any(tag + dialect.element in raw for tag in _BINARY):
        return None
    end = mark + dialect.line_end
    if raw[-1] in BLANKS or raw.count(mark) != raw.count(end):
        return None
    # All blanks, and nothing at all, sort before what a tag begins with.
    if raw.isascii() and end.isascii() and not (dialect.release and dialect.release in raw):
        texts = str(raw, "ascii").split(str(end, "ascii"))
        return texts if min(texts) >= "!" else None
    pieces = raw.split(end)
    return pieces if min(pieces) >= b"!" else None


def split_segments(raw: bytes, dialect: Dialect) -> Iterator[tuple[int, bytes]]:
    """Each segment that is not blank, with its position; terminators and the line ends around them left out."""
    if dialect.standard == "X12" and any(tag + dialect.element in raw for tag in _BINARY):
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
        if binary and start + binary <= end:  # else the length is wrong, and the terminator counts
            stop = raw.find(dialect.segment, start + binary)
            stop = end if stop < 0 else stop
        if stop > start:
            yield start, raw[start:stop]
        position = stop + len(dialect.segment)


def binary_end(data: bytes, element: bytes) -> int:
    """How far a binary segment at the start of `data` reaches by its own stated length; 0 if it is none."""
    index = _BINARY.get(data[:3])
    if index is None or data[3 : 3 + len(element)] != element:
        return 0
    parts = data[:64].split(element, index + 1)
    if len(parts) < index + 2 or not parts[index].isdigit():
        return 0
    return sum(len(part) + len(element) for part in parts[: index + 1]) + int(parts[index])
