"""Bounds that keep a hostile or broken file from taking the process with it."""

from __future__ import annotations

from dataclasses import dataclass


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
