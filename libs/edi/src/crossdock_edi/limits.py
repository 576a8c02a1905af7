"""Bounds that keep a hostile or broken file from taking the process with it."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_edi.cutting import split_segments
from crossdock_edi.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Limits:
    """Each bound is safe for a document of 10,000 lines; raise it knowingly for more.

    A reached bound is a finding (code `limit`), and the message or interchange that it cut is marked incomplete.
    """

    message_bytes: int = 8 * 1024 * 1024
    message_segments: int = 100_000
    segment_bytes: int = 256 * 1024
    segment_elements: int = 2_000
    findings: int = 1_000
    interchanges: int = 5_000
    groups: int = 10_000
    hierarchy_depth: int = 32
    seconds: float = 300.0


DEFAULT_LIMITS = Limits()


def passed_limit(
    raw: bytes, dialect: Dialect, limits: Limits, segments: int, *, outgrown: bool
) -> tuple[str, str] | None:
    """What of a message passes which limit; None if nothing does. `segments` is how many it may have at most."""
    if outgrown or len(raw) > limits.message_bytes:
        return "the message", f"{limits.message_bytes} bytes"
    if segments > limits.message_segments:
        return "the message", f"{limits.message_segments} segments"
    if len(raw) <= min(limits.segment_bytes, limits.segment_elements):
        return None
    if dialect.release and dialect.release in raw:
        pieces = [piece for _, piece in split_segments(raw, dialect)]
    else:
        pieces = raw.split(dialect.segment)
    longest = max(map(len, pieces))
    if longest > limits.segment_bytes:
        return "a segment", f"{limits.segment_bytes} bytes"
    # A segment has no more elements than bytes, so hardly any needs counting.
    if longest > limits.segment_elements and any(
        piece.count(dialect.element) > limits.segment_elements
        for piece in pieces
        if len(piece) > limits.segment_elements
    ):
        return "a segment", f"{limits.segment_elements} elements"
    return None
