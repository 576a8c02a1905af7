"""Finds where an interchange begins and reads its delimiters from its header, never from habit.

Tolerates what partners send: an ISA of another length, a blank before the line end, no UNA, a wrapped header, a bare
GS, ST or UNH. Knows nothing of what comes after the header.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from crossdock_edi.dialect import EDIFACT_CHARACTER_SETS, EDIFACT_DIALECT, Dialect
from crossdock_edi.findings import Finding, Place, finding
from crossdock_edi.segment import BLANKS
from crossdock_edi.source import Window

# A bare message needs a line start or a terminator before it, so that N1*ST*... in rubbish is not taken for one.
_START = re.compile(
    rb"(?<![A-Za-z0-9])(?:ISA(?=[^A-Za-z0-9])|UNA(?=.{6}\s*UN[BGH])|UNB(?=[^A-Za-z0-9\s]))"
    rb"|(?<![^\s~'])(?:UN[GH](?=[^A-Za-z0-9\s])|GS(?=([^A-Za-z0-9\s])[A-Z]{2}\1)|ST(?=([^A-Za-z0-9\s])\d{3}\2))"
    rb"|\AISA(?=[0-9A-Za-z])",
    re.DOTALL,
)
_HEADER = re.compile(rb"(?<![A-Za-z0-9])(?:ISA(?=[^A-Za-z0-9])|UNA(?=.{6}\s*UN[BGH])|UNB(?=[^A-Za-z0-9\s]))", re.DOTALL)
# A header that nothing separates from what stands before it, so it must look like one in more than its tag.
_ABUTTING = re.compile(rb"ISA(?=([^A-Za-z0-9])\d\d\1)|UNA(?=.{6}\s*UN[BGH])|UNB(?=[^A-Za-z0-9\s]UNO[A-Z])", re.DOTALL)
_HEAD = 1024
_ISA_ELEMENTS = 16


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a header segment begins and how to take apart what follows it."""

    position: int
    tag: str
    dialect: Dialect
    findings: tuple[Finding, ...] = ()
    wrapped: bool = False
    advice: bytes = b""  # the UNA that stands before the header, with what follows it


def find_opening(window: Window, position: int, *, bare: bool = True) -> Opening | None:
    """The next interchange (or, with `bare`, group or message without one) at or after a position; None at the end."""
    pattern = _START if bare else _HEADER
    window.load(position + _HEAD)
    if abutting := _ABUTTING.match(window.slice(position, position + _HEAD)):
        return _open(window, position, abutting.group().decode())
    while True:
        window.load(position + _HEAD)
        found = pattern.search(window.data, position - window.base)
        if found:
            at = found.start() + window.base
            window.load(at + 2 * _HEAD)
            return _open(window, at, found.group().decode())
        position = max(position, window.end - 16)
        window.forget(position)
        if not window.more():
            return None


def find_abutting(data: bytes) -> int:
    """Where the header of another interchange begins in the midst of a segment that lost its terminator; -1 if none."""
    found = _ABUTTING.search(data)
    return found.start() if found else -1


def _open(window: Window, at: int, tag: str) -> Opening:
    head = window.slice(at, at + 2 * _HEAD)
    if tag == "ISA":
        return _open_isa(at, head, window)
    if tag == "UNA":
        return _open_una(at, head, window)
    if tag in {"GS", "ST"}:
        return _open_bare_x12(at, tag, head, window)
    return _open_unb(at, tag, head, window)


# --- X12


def _open_isa(at: int, head: bytes, window: Window) -> Opening:
    place = Place(offset=window.offset(at), tag="ISA", segment=1)
    element = _first_character(head[3:])
    ends = [found.start() for found in re.finditer(re.escape(element), head)][:_ISA_ELEMENTS]
    following = re.search(rb"(?<![A-Za-z0-9])(?:GS|TA1|IEA|ISB)" + re.escape(element), head)
    if len(ends) == _ISA_ELEMENTS and any(mark in head[: ends[-1]] for mark in (b"\n", b"\r")):
        opening = _open_isa(at, head.replace(b"\r", b"").replace(b"\n", b""), window)
        return replace(opening, wrapped=True, findings=(*opening.findings, finding("wrapped", place)))
    if len(ends) < _ISA_ELEMENTS or (following and following.start() <= ends[-1]):
        return _open_short_isa(at, head, element, following.start() if following else len(head), place)
    tail = head[ends[-1] + len(element) :]
    component = _first_character(tail)
    segment = _terminator(tail[len(component) :], head)
    found: list[Finding] = []
    if following and tail[: following.start() - ends[-1] - len(element)] == component:
        component, segment = b":", component
        found.append(finding("delimiters-guessed", place, value=_shown(segment)))
    length = len(head[: ends[-1]].decode("utf-8", "replace")) + 3
    if length != 106:
        found.append(finding("header-length", place, length=length))
    header = head[: ends[-1]].split(element)
    dialect = Dialect(
        "X12", element, component, segment, _repetition(header), line_end=_line_end(head, segment, ends[-1])
    )
    return _checked(Opening(at, "ISA", dialect, tuple(found)), place)


def _open_short_isa(at: int, head: bytes, element: bytes, end: int, place: Place) -> Opening:
    """An ISA with too few elements: the terminator is what stands before the next known tag."""
    header = head[:end]
    trimmed = header.rstrip(BLANKS)
    last = _last_character(trimmed)
    segment = last if last and not last.isalnum() and last != element else _newline(header[len(trimmed) :])
    before = _last_character(trimmed[: -len(last)]) if last else b""
    component = before if before and not before.isalnum() and before not in (element, segment) else b":"
    counted = header.count(element)
    found = finding("header-elements", place, counted=counted, wanted=_ISA_ELEMENTS)
    dialect = Dialect("X12", element, component, segment, line_end=_line_end(head, segment, 0))
    return _checked(Opening(at, "ISA", dialect, (found,)), place)


def _open_bare_x12(at: int, tag: str, head: bytes, window: Window) -> Opening:
    """A group or message without ISA: the terminator is the first character that cannot belong to its last element."""
    element = _first_character(head[len(tag) :])
    mark = re.escape(element)
    before_last = rb"(?:" + mark + rb"[^\r\n]*?){7}" if tag == "GS" else rb"(?:" + mark + rb"[A-Za-z0-9]*){1,2}"
    header = re.match(tag.encode() + before_last + mark + rb"[A-Za-z0-9 ]*", head)
    tail = head[header.end() :] if header else head
    segment = _first_character(tail) or b"~"
    component = next(mark for mark in (b">", b":", b"|") if mark not in (element, segment))
    dialect = Dialect("X12", element, component, segment, line_end=_line_end(head, segment, 0))
    place = Place(offset=window.offset(at), tag=tag, segment=1)
    found = (finding("no-envelope", place), finding("delimiters-guessed", place, value=_shown(segment)))
    return _checked(Opening(at, tag, dialect, found), place)


def _repetition(header: list[bytes]) -> bytes:
    """ISA11 is a separator only from version 00402 on; before, it named a standards body (`U`)."""
    mark, version = header[11], header[12].strip()
    if version < b"00402" or not mark.strip() or mark.isalnum():
        return b""
    return _first_character(mark)


def _terminator(tail: bytes, head: bytes) -> bytes:
    """The character behind ISA16; a blank before a line end is part of the terminator if every line has it."""
    first = _first_character(tail)
    if first != b" " or tail.lstrip(b" ")[:1] not in (b"\r", b"\n"):
        return first
    newline = b"\r\n" if b"\r\n" in head else b"\n"
    padded = b" " + newline
    return padded if head.count(padded) == head.count(newline) else newline


# --- EDIFACT


def _open_una(at: int, head: bytes, window: Window) -> Opening:
    component, element, decimal, release, reserved, segment = (head[i : i + 1] for i in range(3, 9))
    start = len(head) - len(head[9:].lstrip(BLANKS))
    header = head[start:]
    dialect = replace(
        EDIFACT_DIALECT,
        element=element,
        component=component,
        segment=segment,
        decimal=decimal,
        release=release.strip(),
        repetition=reserved.strip() if _syntax(header, element)[1] == b"4" else b"",
        line_end=_line_end(head, segment, 0),
    )
    return _with_character_set(Opening(at + start, header[:3].decode(), dialect, advice=head[:start]), header, window)


def _open_unb(at: int, tag: str, head: bytes, window: Window) -> Opening:
    element = head[3:4]
    following = re.search(rb"(?<![A-Za-z0-9])UN[HGTZ]" + re.escape(element), head[3:])
    header = head[: following.start() + 3] if following else head
    component = b":"
    if element != EDIFACT_DIALECT.element and tag == "UNB":
        component = head[8:9] or component
    segment, found = _edifact_terminator(header, bool(following), Place(offset=window.offset(at), tag=tag, segment=1))
    repetition = b"*" if _syntax(head, element)[1] == b"4" else b""
    dialect = replace(
        EDIFACT_DIALECT,
        element=element,
        component=component,
        segment=segment,
        repetition=repetition if repetition not in (element, component, segment) else b"",
        line_end=_line_end(head, segment, 0),
    )
    return _with_character_set(Opening(at, tag, dialect, found), head, window)


def _edifact_terminator(header: bytes, bounded: bool, place: Place) -> tuple[bytes, tuple[Finding, ...]]:
    trimmed = header.rstrip(BLANKS)
    if trimmed.endswith(b"'") or (not bounded and b"'" in header):
        return b"'", ()
    last = _last_character(trimmed)
    segment = last if bounded and last and not last.isalnum() else _newline(header)
    return segment, (finding("delimiters-guessed", place, value=_shown(segment)),)


def _with_character_set(opening: Opening, header: bytes, window: Window) -> Opening:
    place = Place(offset=window.offset(opening.position), tag=opening.tag, segment=1)
    if opening.tag != "UNB":
        opening = replace(opening, dialect=replace(opening.dialect, encoding="utf-8"))
        return _checked(replace(opening, findings=(*opening.findings, finding("no-envelope", place))), place)
    identifier = _syntax(header, opening.dialect.element)[0].decode("ascii", "replace")
    encoding = EDIFACT_CHARACTER_SETS.get(identifier)
    found = opening.findings
    if encoding is None:
        found = (*found, finding("character-set", replace(place, element=1), value=identifier))
    return _checked(
        replace(opening, dialect=replace(opening.dialect, encoding=encoding or "utf-8"), findings=found), place
    )


def _syntax(header: bytes, element: bytes) -> tuple[bytes, bytes]:
    """Syntax identifier and version from UNB element 1, whatever the component separator is."""
    mark = re.escape(element)
    found = re.match(rb"UNB" + mark + rb"([A-Za-z0-9]*)(?:[^A-Za-z0-9]([0-9]))?", header)
    return (found.group(1), found.group(2) or b"") if found else (b"", b"")


# --- both


def _checked(opening: Opening, place: Place) -> Opening:
    dialect, reasons = opening.dialect, []
    if not dialect.is_usable():
        reasons.append("they are not all different and present")
    if any(mark.isalnum() for mark in dialect.special_characters()):
        reasons.append("a letter or digit serves as one")
    found = tuple(finding("delimiters", place, reason=reason) for reason in reasons)
    return replace(opening, findings=(*opening.findings, *found))


def _first_character(data: bytes) -> bytes:
    """The first character, which may be several bytes of UTF-8; of other encodings the first byte."""
    for size in range(1, 5):
        try:
            data[:size].decode()
        except UnicodeDecodeError:
            continue
        return data[:size]
    return data[:1]


def _last_character(data: bytes) -> bytes:
    for size in range(1, 5):
        try:
            data[-size:].decode()
        except UnicodeDecodeError:
            continue
        return data[-size:]
    return data[-1:]


def _newline(data: bytes) -> bytes:
    return b"\r" if b"\r" in data and b"\r\n" not in data else b"\n"


def _line_end(head: bytes, segment: bytes, after: int) -> bytes:
    """The line end that follows the first terminator."""
    at = head.find(segment, after)
    found = re.match(rb"\r\n|\n|\r", head[at + len(segment) :]) if at >= 0 and segment else None
    return found.group() if found else b""


def _shown(mark: bytes) -> str:
    return {b"\n": "the line feed", b"\r": "the carriage return"}.get(mark, mark.decode("utf-8", "replace"))
