"""Checks the elements of a segment against its description.

Nearly all segments are right, so each description is first made into one regular expression over the raw bytes; only
what it does not match is taken apart to say what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from crossdock_edi.dialect import Dialect
from crossdock_edi.findings import Finding, finding
from crossdock_edi.interchange import Message
from crossdock_edi.segment import Components, Segment
from crossdock_edi.spec.model import ElementSpec, SegmentSpec, Slot

_LONG_MONTH = rb"(?:0[13578]|1[02])(?:0[1-9]|[12]\d|3[01])"
_SHORT_MONTH = rb"(?:0[469]|11)(?:0[1-9]|[12]\d|30)"
# The 29th of February is left to the calendar.
_DATE = rb"(?:19|20)\d\d(?:" + _LONG_MONTH + rb"|" + _SHORT_MONTH + rb"|02(?:0[1-9]|1\d|2[0-8]))"
_TIME = rb"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d\d?\d?)?"
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)\Z", re.ASCII)
_WHOLE = re.compile(r"-?\d+\Z", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ElementCheck:
    """The descriptions of one version, prepared for one dialect."""

    def __init__(self, segments: dict[str, SegmentSpec], dialect: Dialect) -> None:
        self._dialect = dialect
        self._segments = segments
        self._prepared: dict[str, _Prepared | None] = {}

    def check(self, message: Message, segment: Segment) -> Iterator[Finding]:
        tag = segment.tag
        try:
            prepared = self._prepared[tag]
        except KeyError:
            prepared = self._prepared[tag] = self._prepare(tag)
        if prepared is None:
            return
        if prepared.pattern.fullmatch(segment.raw) is None:
            yield from _explain(message, segment, prepared.spec)
        elif prepared.spec.rules:
            present = _present(segment.raw, self._dialect.element)
            if not prepared.keeps_rules(present):
                yield from _rules(message, segment, prepared.spec, present)

    def _prepare(self, tag: str) -> _Prepared | None:
        spec = self._segments.get(tag)
        if spec is None or not spec.slots:
            return None
        marks = b"".join(self._dialect.special_characters())
        text = b"[^" + re.escape(marks) + rb"\x00-\x1f\x7f-\xff]"
        mark, inner = re.escape(self._dialect.element), re.escape(self._dialect.component)
        tail = b"" if spec.described else rb"(?:" + mark + rb"[\x20-\x7e]*)?"
        body = _sequence(spec.slots, mark, inner, text, tail)
        return _Prepared(spec, re.compile(re.escape(tag.encode()) + mark + body, re.DOTALL))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """`kept` remembers which combinations of elements keep the rules; a partner uses few of them."""

    spec: SegmentSpec
    pattern: re.Pattern[bytes]
    kept: dict[int, bool] = field(default_factory=dict)

    def keeps_rules(self, present: int) -> bool:
        known = self.kept.get(present)
        if known is None:
            known = all(rule.is_kept(present) for rule in self.spec.rules)
            if len(self.kept) < 10_000:
                self.kept[present] = known
        return known


# --- the regular expression


def _sequence(slots: tuple[Slot, ...], mark: bytes, inner: bytes, text: bytes, tail: bytes = b"") -> bytes:
    """Slots one behind the other; from the last mandatory one on, each may end the segment."""
    pattern = b""
    for index in range(len(slots) - 1, -1, -1):
        slot = slots[index]
        one = _sequence(slot.parts, inner, inner, text) if slot.parts else _value(slot.element, text)
        one = b"(?:" + one + b")" if slot.required else b"(?:" + one + b")?"
        if pattern:
            follows = any(later.required for later in slots[index + 1 :])
            pattern = one + (mark + pattern if follows else b"(?:" + mark + pattern + b")?")
        else:
            pattern = one + tail
    return pattern


def _value(element: ElementSpec, text: bytes) -> bytes:
    shortest, longest = element.shortest, element.longest
    size = b"{%d,%d}" % (shortest, longest)
    match element.type:
        case "DT":
            return _DATE if longest >= 8 else rb"\d{6}"
        case "TM":
            return _TIME
        case "N":
            return rb"-?\d" + size
        case "R":
            return rb"-?(?:\d{1,%d}|(?=[\d.]{2,%d}(?![\d.]))(?:\d+\.\d*|\.\d+))" % (longest, longest + 1)
        case _ if element.codes:
            return b"|".join(re.escape(code.encode()) for code in sorted(element.codes.codes, key=len, reverse=True))
        case _:
            return text + size


def _present(raw: bytes, mark: bytes) -> int:
    """Which positions hold something, bit n for position n."""
    present, bit = 0, 1
    for part in raw.split(mark):
        if part:
            present |= bit
        bit <<= 1
    return present


# --- the explanation


def _explain(message: Message, segment: Segment, spec: SegmentSpec) -> Iterator[Finding]:
    elements = segment.elements
    if spec.described and len(elements) > len(spec.slots):
        place = message.place_of(segment, len(spec.slots) + 1)
        yield finding("element-surplus", place, counted=len(elements), limit=len(spec.slots))
    for position, slot in enumerate(spec.slots, 1):
        yield from _explain_slot(message, segment, slot, position)
    present = sum(1 << position for position, element in enumerate(elements, 1) if any(any(parts) for parts in element))
    yield from _rules(message, segment, spec, present)
    if elements and not any(any(parts) for parts in elements[-1]):
        yield finding("trailing-separators", message.place_of(segment, len(elements)))


def _explain_slot(message: Message, segment: Segment, slot: Slot, position: int) -> Iterator[Finding]:
    repeated = segment.repetitions(position)
    if not any(any(parts) for parts in repeated):
        if slot.required:
            yield finding("element-missing", message.place_of(segment, position), name=slot.element.name)
        return
    if message.standard == "X12" and slot.repeats == 1 and not slot.parts:
        # What splits here is free text that happens to hold the separators, not a repetition.
        yield from _explain_value(message, segment, slot.element, segment[position], position)
        return
    if len(repeated) > slot.repeats:
        place = message.place_of(segment, position)
        yield finding("element-repeats", place, name=slot.element.name, limit=slot.repeats)
    for repetition, parts in enumerate(repeated, 1):
        yield from _explain_parts(message, segment, slot, parts, (position, repetition if len(repeated) > 1 else 0))


def _explain_parts(
    message: Message, segment: Segment, slot: Slot, parts: Components, at: tuple[int, int]
) -> Iterator[Finding]:
    position, repetition = at
    inner = slot.parts or (Slot(slot.element, slot.required),)
    if len(parts) > len(inner):
        place = message.place_of(segment, position, len(inner) + 1, repetition)
        yield finding("component-surplus", place, name=slot.element.name, limit=len(inner))
    for component, part in enumerate(inner, 1):
        value = parts[component - 1] if component <= len(parts) else ""
        if value:
            yield from _explain_value(message, segment, part.element, value, position, component if slot.parts else 0)
        elif part.required:
            place = message.place_of(segment, position, component, repetition)
            yield finding("element-missing", place, name=part.element.name)


def _explain_value(
    message: Message, segment: Segment, element: ElementSpec, value: str, position: int, component: int = 0
) -> Iterator[Finding]:
    place = message.place_of(segment, position, component)
    code = _fault(element, value, message.dialect)
    if code == "element-short":
        yield finding(code, place, value=value, name=element.name, limit=element.shortest)
    elif code == "element-long":
        yield finding(code, place, value=value, name=element.name, limit=element.longest)
    elif code:
        wanted = {"N": "a whole number", "R": "a number"}.get(element.type, "printable text")
        yield finding(code, place, value=value, name=element.name, wanted=wanted)


def _fault(element: ElementSpec, value: str, dialect: Dialect) -> str:
    """The code of what is wrong with a value, or empty text."""
    fault, length = "", len(value)
    match element.type:
        case "DT":
            fault = "" if _is_date(value, element.longest) else "element-date"
        case "TM":
            fault = "" if re.fullmatch(_TIME, value.encode("ascii", "replace")) else "element-time"
        case "N" | "R":
            number = value.replace(",", ".") if dialect.standard == "EDIFACT" else value
            fault = "" if (_WHOLE if element.type == "N" else _NUMBER).match(number) else "element-characters"
            length = sum(character.isdigit() for character in value)
        case _ if _CONTROL.search(value):
            fault = "element-characters"
    if fault or element.type in {"DT", "TM"}:
        return fault
    if length < element.shortest:
        return "element-short"
    if length > element.longest:
        return "element-long"
    if element.codes and value.strip() not in element.codes.codes:
        return "element-code-open" if element.codes.open else "element-code"
    return ""


def _is_date(value: str, longest: int) -> bool:
    if not (value.isascii() and value.isdigit()) or len(value) not in {6, longest}:
        return False
    text = value if len(value) == 8 else "20" + value
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def _rules(message: Message, segment: Segment, spec: SegmentSpec, present: int) -> Iterator[Finding]:
    for rule in spec.rules:
        if not rule.is_kept(present):
            code = "element-exclusion" if rule.kind == "E" else "element-condition"
            missing = next((position for position in rule.positions if not present >> position & 1), rule.positions[-1])
            yield finding(code, message.place_of(segment, missing), rule=rule.sentence(segment.tag))
