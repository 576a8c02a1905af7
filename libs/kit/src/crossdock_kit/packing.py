"""Bodies of big events travel packed: an order of thousands of lines is ten times smaller, and a broker takes no more
than a megabyte of a message.

The format is zlib's, under the name that HTTP gives it (RFC 9110, 8.4.1.2), in the header of the same name. Must not
know what a body says.
"""

from __future__ import annotations

import zlib

HEADER = "content-encoding"
DEFLATE = "deflate"
PACKED_ABOVE = 64 * 1024
"""Bytes. Below them a body stays as it is, for anybody to read."""
LARGEST = 16 * 1024 * 1024
"""Bytes of a body before it is packed and after: whoever unpacks it knows how much it may become."""
_FAST = 1


def packed(body: bytes) -> tuple[bytes, str]:
    """The body as it travels, and its encoding; empty where it travels as it is."""
    return (zlib.compress(body, _FAST), DEFLATE) if len(body) > PACKED_ABOVE else (body, "")


def unpacked(body: bytes, encoding: str) -> bytes:
    """Raises ValueError for an encoding that nobody agreed on, what is damaged, and what grows beyond LARGEST."""
    if not encoding:
        return body
    if encoding != DEFLATE:
        raise ValueError(f"{HEADER} {encoding[:32]} is not {DEFLATE}")
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(body, LARGEST)
    except zlib.error as error:
        raise ValueError(f"a packed body is damaged: {error}") from error
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError("a packed body ends before its end, or grows beyond all bounds")
    return found
