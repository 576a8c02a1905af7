"""Hypothesis strategies: valid interchanges of every described set, made from the descriptions themselves."""

from __future__ import annotations

from datetime import date
from functools import cache

from crossdock_edi.dialect import EDIFACT_DIALECT, X12_DIALECT, Dialect
from crossdock_edi.record_writing import Written
from crossdock_edi.segment import Element, trimmed
from crossdock_edi.spec.edifact_segments import EDIFACT_SEGMENTS
from crossdock_edi.spec.model import ElementSpec, Loop, Rule, SegmentSpec, SetSpec, Slot
from crossdock_edi.spec.x12_segments import SEGMENTS
from crossdock_edi.writer import build, render
from hypothesis import strategies as st

_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_TEXT = _LETTERS + _LETTERS.lower() + "0123456789 .,-/()&"
_EMPTY: Element = (("",),)
DIALECTS = st.sampled_from(
    [
        X12_DIALECT,
        Dialect("X12", b"|", b"<", b"\n"),
        Dialect("X12", b"\x1d", b"\x1f", b"\x1c", b"\x1e"),
        Dialect("X12", b"^", b":", "…".encode(), line_end=b"\r\n"),
    ]
)
EDIFACT_DIALECTS = st.sampled_from(
    [
        EDIFACT_DIALECT,
        Dialect("EDIFACT", b"*", b"=", b"~", release=b"?", encoding="iso-8859-1"),
        Dialect("EDIFACT", b"+", b":", b"'", repetition=b"*", release=b"?", encoding="utf-8", line_end=b"\r\n"),
    ]
)


# Hypothesis validates a strategy once for each object: one for each description, not one for each value drawn.
@cache
def values(element: ElementSpec) -> st.SearchStrategy[str]:  # noqa: PLR0911 - one answer for each type
    """Text that the element may hold."""
    match element.type:
        case "DT":
            pattern = "%Y%m%d" if element.longest >= 8 else "%y%m%d"
            return st.dates(date(1990, 1, 1), date(2060, 12, 31)).map(lambda day: day.strftime(pattern))
        case "TM":
            return st.times().map(lambda time: time.strftime("%H%M"))
        case "N":
            digits = st.integers(10 ** (element.shortest - 1), 10 ** min(element.longest, 9) - 1)
            return digits.map(str)
        case "R":
            whole = st.integers(0, 10 ** min(element.longest, 6) - 1)
            return whole.map(str)
        case _ if element.codes:
            return st.sampled_from(sorted(element.codes.codes))
        case "ID":
            return st.text(_LETTERS, min_size=element.shortest, max_size=element.longest)
        case _:
            longest = min(element.longest, element.shortest + 20)
            text = st.text(_TEXT, min_size=element.shortest, max_size=longest)
            return text.map(lambda value: value.strip().ljust(element.shortest, "X") or "X" * element.shortest)


@cache
@st.composite
def elements(draw: st.DrawFn, slot: Slot) -> Element:
    if not slot.parts:
        return ((draw(values(slot.element)),),)
    present = [part.required or draw(st.booleans()) for part in slot.parts]
    present[0] = present[0] or not any(present)
    return (tuple(draw(values(part.element)) if kept else "" for part, kept in zip(slot.parts, present, strict=True)),)


@cache
@st.composite
def segments(draw: st.DrawFn, spec: SegmentSpec) -> Written:
    chosen = {place for place, slot in enumerate(spec.slots, 1) if slot.required or draw(st.integers(0, 3)) == 0}
    required = {place for place, slot in enumerate(spec.slots, 1) if slot.required}
    chosen = repaired(chosen, spec.rules, required)
    if not chosen:
        chosen = repaired(set(range(1, len(spec.slots) + 1)), spec.rules, required)
    made = [draw(elements(slot)) if place in chosen else _EMPTY for place, slot in enumerate(spec.slots, 1)]
    return spec.tag, trimmed(made) or (((draw(st.text(_LETTERS, min_size=1, max_size=3)),),),)


def repaired(chosen: set[int], rules: tuple[Rule, ...], required: set[int]) -> set[int]:
    """The choice, widened or narrowed until every rule is kept."""
    for attempt in range(30):
        broken = next((rule for rule in rules if not rule.is_kept(sum(1 << place for place in chosen))), None)
        if broken is None:
            return chosen
        first, *others = broken.positions
        match broken.kind:
            case "E":
                chosen = chosen - set(others)
            case "R":
                chosen = chosen | {broken.positions[attempt // 2 % len(broken.positions)]}
            case "C" | "L" if first not in required:
                chosen = chosen - {first}
            case _:
                chosen = chosen | set(broken.positions)
    raise AssertionError(f"rules that contradict each other: {rules}")


@st.composite
def bodies(draw: st.DrawFn, loop: Loop, dictionary: dict[str, SegmentSpec], depth: int = 0) -> list[Written]:
    made: list[Written] = []
    for member in loop.members:
        # Deeper down fewer optional parts are drawn, so that messages stay small.
        likely = member.required or draw(st.integers(0, 2 + 3 * depth)) == 0
        turns = draw(st.integers(1, 2 if member.most != 1 else 1)) if likely else 0
        for _ in range(turns):
            if isinstance(member, Loop):
                made += draw(bodies(member, dictionary, depth + 1))
            else:
                made.append(draw(segments(dictionary[member.tag])))
    return made


@st.composite
def interchanges(draw: st.DrawFn, spec: SetSpec) -> bytes:
    """A whole interchange with one message of the set, envelopes right."""
    if spec.standard == "X12":
        body = draw(bodies(spec.body, SEGMENTS))
        return _x12(spec, body, draw(DIALECTS))
    body = draw(bodies(spec.body, EDIFACT_SEGMENTS))
    return _edifact(spec, body, draw(EDIFACT_DIALECTS))


def _x12(spec: SetSpec, body: list[Written], dialect: Dialect) -> bytes:
    repetition, version = ("U", "00401") if not dialect.repetition else (dialect.repetition.decode(), "00501")
    header = ("00", " " * 10, "00", " " * 10, "ZZ", "A" * 15, "ZZ", "B" * 15, "261121", "0815", repetition, version)
    isa = ("ISA", tuple(((value,),) for value in (*header, "000000001", "0", "P", "")))
    group = build("GS", spec.group, "A", "B", "20261121", "0815", "1", "X", "004010")
    tail = [build("SE", str(len(body) + 2), "0001"), build("GE", "1", "1"), build("IEA", "1", "000000001")]
    return render([isa, group, build("ST", spec.type, "0001"), *body, *tail], dialect)


def _edifact(spec: SetSpec, body: list[Written], dialect: Dialect) -> bytes:
    syntax = ("UNOW", "4") if dialect.repetition else ("UNOC", "3")
    marks = (dialect.component, dialect.element, dialect.decimal, dialect.release, dialect.repetition or b" ")
    advice = b"UNA" + b"".join(marks) + dialect.segment + dialect.line_end
    head = [build("UNB", syntax, "A", "B", ("261121", "0815"), "1"), build("UNH", "1", (spec.type, "D", "96A", "UN"))]
    tail = [build("UNT", str(len(body) + 2), "1"), build("UNZ", "1", "1")]
    return advice + render([*head, *body, *tail], dialect)


@st.composite
def mutations(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes with a few cuts, doublings, swaps and foreign bytes."""
    for _ in range(draw(st.integers(1, 4))):
        if not data:
            break
        start = draw(st.integers(0, len(data) - 1))
        end = min(len(data), start + draw(st.integers(0, 40)))
        match draw(st.integers(0, 3)):
            case 0:
                data = data[:start] + data[end:]
            case 1:
                data = data[:end] + data[start:]
            case 2:
                data = data[:start] + draw(st.binary(min_size=1, max_size=6)) + data[end:]
            case _:
                foreign = draw(
                    st.sampled_from([b"*", b"~", b"'", b"+", b":", b"?", b"\r\n", b"ISA*", b"UNA:+.? '", b"ST*"])
                )
                data = data[:start] + foreign + data[start:]
    return data
