"""All that is said about a message's content: structure, elements, meaning; prepared once for version and dialect."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from crossdock_edi.dialect import Dialect
from crossdock_edi.findings import Finding, finding
from crossdock_edi.interchange import Message
from crossdock_edi.segment import BINARY_LENGTH, Segment
from crossdock_edi.spec.edifact_meaning import edifact_meaning
from crossdock_edi.spec.edifact_segments import EDIFACT_SEGMENTS
from crossdock_edi.spec.elements import ElementCheck
from crossdock_edi.spec.meaning import meaning
from crossdock_edi.spec.model import SegmentSpec, SetSpec
from crossdock_edi.spec.structure import walk
from crossdock_edi.spec.x12_segments import segments_of
from crossdock_edi.values import count_of

_DESCRIBED = ("004010", "005010")


def validate(message: Message, spec: SetSpec | None) -> Iterator[Finding]:
    """Findings within the message; those of its envelope are in `message.findings`."""
    version = message.version
    dictionary = _dictionary(message.standard, version)
    check = _element_check(message.standard, version[:6], message.dialect)
    for segment in message.segments:
        yield from check.check(message, segment)
        if segment.tag in BINARY_LENGTH and message.standard == "X12":
            yield from _binary_length(message, segment)
    if spec is None:
        yield finding("unknown-set", message.place(), value=message.type)
        return
    if message.standard == "X12" and version and version[:6] not in _DESCRIBED:
        wanted = "005010" if version >= "005" else "004010"
        yield finding("unknown-version", message.place(), value=version, wanted=wanted)
    functional_id = message.group.functional_id
    if spec.group and functional_id and functional_id != spec.group:
        place = message.place_of(message.header, 1)
        yield finding("group-type", place, value=message.type, wanted=functional_id)
    yield from walk(message, spec, dictionary)
    yield from meaning(message, spec) if message.standard == "X12" else edifact_meaning(message)


def _binary_length(message: Message, segment: Segment) -> Iterator[Finding]:
    position = BINARY_LENGTH[segment.tag]
    stated, counted = segment[position], len(segment[position + 1])
    if count_of(stated) not in {None, counted}:
        yield finding("binary-length", message.place_of(segment, position), value=stated, counted=counted)


def _dictionary(standard: str, version: str) -> dict[str, SegmentSpec]:
    return segments_of(version) if standard == "X12" else EDIFACT_SEGMENTS


@lru_cache(maxsize=64)
def _element_check(standard: str, version: str, dialect: Dialect) -> ElementCheck:
    return ElementCheck(_dictionary(standard, version), dialect)
