"""Bytes from anywhere, read forward in a bounded window and readable again from any offset.

A stream that cannot be read twice is copied to a temporary file as it is read, so that an interchange can be gone
through a second time (for its acknowledgment, say) without holding it in memory. Knows nothing of EDI.
"""

from __future__ import annotations

import os
import tempfile
from bisect import bisect_left
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias

CHUNK = 256 * 1024
_SPOOL_IN_MEMORY = 4 * 1024 * 1024

Readable: TypeAlias = "bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO"


class Source(Protocol):
    """Where an interchange's bytes are."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; fewer only at the end."""

    def whole(self) -> bytes | None:
        """Everything, if it is in memory already."""


class MemorySource:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_at(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]

    def whole(self) -> bytes | None:
        return self._data


class FileSource:
    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)

    def read_at(self, offset: int, size: int) -> bytes:
        self._file.seek(offset)
        return _read_fully(self._file.read, size)

    def whole(self) -> bytes | None:
        return None


class StreamSource:
    """Tees a stream into a temporary file; memory stays at a few MiB whatever the stream holds."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        # Lives as long as this source and deletes itself; a `with` would end it before the first read.
        self._spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY)  # noqa: SIM115
        self._length = 0

    def read_at(self, offset: int, size: int) -> bytes:
        while self._length < offset + size:
            chunk = self._stream.read(CHUNK)
            if not chunk:
                break
            self._spool.seek(self._length)
            self._spool.write(chunk)
            self._length += len(chunk)
        self._spool.seek(offset)
        return _read_fully(self._spool.read, size)

    def whole(self) -> bytes | None:
        return None


def open_source(readable: Readable) -> Source:
    """Bytes are taken as the data, text and paths as the name of a file, anything else as a binary stream."""
    if isinstance(readable, bytes | bytearray | memoryview):
        return MemorySource(bytes(readable))
    if isinstance(readable, str | os.PathLike):
        return FileSource(Path(readable))
    return StreamSource(readable)


def _read_fully(read: Callable[[int], bytes | None], size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := read(size)):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


class Window:
    """A stretch of a source that moves forward. Positions are absolute and logical.

    Logical positions equal byte offsets, except where `strip_newlines` takes out the line ends of a file that was
    wrapped at a fixed width; `offset()` turns a position back into the byte offset of the file.
    """

    def __init__(self, source: Source, start: int = 0, *, strip_newlines: bool = False) -> None:
        whole = None if strip_newlines else source.whole()
        self._source = source
        self._next = start
        self.start = start
        self.base = start
        self.data = b""
        self.ended = False
        self._strip = strip_newlines
        self._cuts: list[int] = []  # logical positions before which one byte was taken out, ascending
        if whole is not None:
            self.data, self.base, self.ended = whole, 0, True

    @property
    def end(self) -> int:
        """The position behind the last byte that is loaded."""
        return self.base + len(self.data)

    def more(self) -> bool:
        """Load a further chunk; False at the end of the source."""
        if self.ended:
            return False
        chunk = self._source.read_at(self._next, CHUNK)
        self._next += len(chunk)
        self.ended = len(chunk) < CHUNK
        if self._strip:
            chunk = self._without_newlines(chunk)
        self.data = self.data + chunk if self.data else chunk
        return bool(chunk) or not self.ended

    def load(self, position: int) -> None:
        """Load at least up to a position, if there is so much."""
        while self.end < position and self.more():
            pass

    def slice(self, start: int, end: int) -> bytes:
        return self.data[start - self.base : end - self.base]

    def find(self, mark: bytes, start: int) -> int:
        """Where `mark` begins at or after `start` in what is loaded, or -1."""
        found = self.data.find(mark, start - self.base)
        return found + self.base if found >= 0 else -1

    def forget(self, position: int) -> None:
        """Let go of what lies before a position; cheap, because it waits until a chunk can be freed."""
        if position - self.base >= CHUNK and self._source.whole() is None:
            self.data = self.data[position - self.base :]
            self.base = position

    def offset(self, position: int) -> int:
        """The byte offset in the file of a logical position."""
        return position + bisect_left(self._cuts, position + 1)

    def cuts(self, start: int, end: int) -> tuple[int, ...]:
        """Where, within a stretch, line ends were taken out: positions relative to its start."""
        if not self._cuts:
            return ()
        low, high = bisect_left(self._cuts, start + 1), bisect_left(self._cuts, end)
        return tuple(cut - start for cut in self._cuts[low:high])

    def _without_newlines(self, chunk: bytes) -> bytes:
        position = self.end
        pieces = chunk.replace(b"\r", b"\n").split(b"\n")
        for piece in pieces[:-1]:
            position += len(piece)
            self._cuts.append(position)
        return b"".join(pieces)
