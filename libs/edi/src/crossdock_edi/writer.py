"""Writes interchanges: typed documents in an envelope, or what was read, perhaps under other delimiters.

Every number that must be unique comes from the caller; nothing here counts, and nothing is written that the dialect
cannot carry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from crossdock_edi.binding import Document
from crossdock_edi.dialect import EDIFACT_CHARACTER_SETS, X12_DIALECT, Dialect
from crossdock_edi.errors import Unrepresentable
from crossdock_edi.record_writing import Written
from crossdock_edi.segment import BINARY_LENGTH, Element, ElementLike, Segment, element_of, ends_released, trimmed
from crossdock_edi.typed import body_of
from crossdock_edi.values import count_of

if TYPE_CHECKING:
    from crossdock_edi.reader import Interchange

# GS01 by transaction set.
FUNCTIONAL_IDS = {
    "180": "AN",
    "204": "SM",
    "210": "IM",
    "214": "QM",
    "810": "IN",
    "812": "CD",
    "820": "RA",
    "824": "AG",
    "846": "IB",
    "850": "PO",
    "855": "PR",
    "856": "SH",
    "860": "PC",
    "861": "RC",
    "865": "CA",
    "940": "OW",
    "943": "AR",
    "944": "RE",
    "945": "SW",
    "947": "AW",
    "990": "GF",
    "997": "FA",
    "999": "FA",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who sends to whom, under which numbers, and how it is spelled.

    `sender` and `receiver` are qualifier and identifier (`("ZZ", "ACME")`). `group_sender`/`group_receiver` default to
    the identifiers. The first message has control number `first_message_control`, each further one the next.
    `version` is GS08 (`004010`) or, for EDIFACT, directory and agency (`D.96A.UN` or `D.96A.UN.EAN008`).
    """

    sender: tuple[str, str]
    receiver: tuple[str, str]
    interchange_control: int | str
    prepared_at: datetime
    group_control: int | str = 1
    first_message_control: int = 1
    group_sender: str = ""
    group_receiver: str = ""
    version: str = "004010"
    interchange_version: str = ""
    functional_id: str = ""
    is_test: bool = False
    wants_acknowledgment: bool = False
    dialect: Dialect = field(default=X12_DIALECT)


def compose(documents: Document | Sequence[Document], envelope: Envelope) -> bytes:
    """One interchange with one group of the documents, which are all of one type."""
    each = (documents,) if isinstance(documents, Document) else tuple(documents)
    kinds = {(one.STANDARD, one.TYPE) for one in each}
    if len(kinds) != 1:
        raise Unrepresentable("interchange", f"needs documents of exactly one type, not {sorted(kinds)}")
    standard, kind = kinds.pop()
    if standard != envelope.dialect.standard:
        raise Unrepresentable("interchange", f"a {standard} document needs an {standard} dialect")
    if not envelope.dialect.is_usable():
        raise Unrepresentable("interchange", "the delimiters are not all different and present")
    frame = _x12_frame if standard == "X12" else _edifact_frame
    segments = frame(kind, [body_of(one, envelope.dialect) for one in each], envelope)
    advice = _service_advice(envelope.dialect) if standard == "EDIFACT" else b""
    return advice + render(segments, envelope.dialect)


def render(segments: Iterable[Written], dialect: Dialect) -> bytes:
    """Segments spelled in a dialect, each with its terminator and line end."""
    end = dialect.segment + dialect.line_end
    return b"".join(spell(tag, elements, dialect) + end for tag, elements in segments)


def spell(tag: str, elements: tuple[Element, ...], dialect: Dialect) -> bytes:
    """One segment without terminator. Raises `Unrepresentable` for data with a delimiter that cannot be released."""
    if tag == "ISA":
        return _spell_isa(elements, dialect)
    if tag in BINARY_LENGTH and dialect.standard == "X12":
        return _spell_binary(tag, elements, dialect)
    parts = [tag.encode()]
    for position, element in enumerate(elements, 1):
        place = f"{tag}{position:02d}"
        if len(element) > 1 and not dialect.repetition:
            raise Unrepresentable(place, "this version has no repeated elements")
        repeats = (
            dialect.component.join(_spell_text(text, dialect, place) for text in components) for components in element
        )
        parts.append(dialect.repetition.join(repeats))
    return dialect.element.join(parts)


def build(tag: str, *elements: ElementLike) -> Written:
    """A segment from short forms: `build("BEG", "00", "SA", "PO1")`; a tuple of text is a composite."""
    return tag, trimmed(element_of(one) for one in elements)


def write(interchange: Interchange, *, dialect: Dialect | None = None) -> bytes:
    """What was read, written again: unchanged under its own delimiters, respelled under others."""
    target = dialect or interchange.dialect
    same = target == interchange.dialect
    return b"".join(_rewritten(interchange, target, same=same))


def _rewritten(interchange: Interchange, target: Dialect, *, same: bool) -> Iterator[bytes]:
    end = target.segment + target.line_end
    if interchange.advice:
        yield interchange.advice if same else _service_advice(target)
    for segment in interchange.all_segments():
        if same and not ends_released(segment.raw, target.release):
            yield segment.raw + end
        elif segment.tag == "ISA":
            yield _respelled_isa(segment, target) + end
        else:
            # An element that merely holds the old component separator, as free text does, stays one element.
            yield spell(segment.tag, segment.elements, target) + end


def _spell_binary(tag: str, elements: tuple[Element, ...], dialect: Dialect) -> bytes:
    """Data may hold anything, delimiters too, if it is as long as it says."""
    position = BINARY_LENGTH[tag]
    texts = [element[0][0] for element in elements]
    stated = texts[position - 1] if len(texts) > position else ""
    data = "".join(texts[position:])
    free = count_of(stated) == len(data) and len(texts) == position + 1
    try:
        raw = data.encode("latin-1") if free else _spell_text(data, dialect, f"{tag}{position + 1:02d}")
    except UnicodeEncodeError as wrong:
        raise Unrepresentable(f"{tag}{position + 1:02d}", "binary data hold a character that is no byte") from wrong
    before = [_spell_text(text, dialect, f"{tag}{place:02d}") for place, text in enumerate(texts[:position], 1)]
    return dialect.element.join([tag.encode(), *before, *([raw] if len(texts) > position else [])])


def _respelled_isa(segment: Segment, target: Dialect) -> bytes:
    values = [segment[position] for position in range(1, 17)]
    if target.repetition or not values[10].isalnum():
        values[10] = target.decode(target.repetition) or "U"
    return _spell_isa(tuple(((value,),) for value in values), target)


def _spell_isa(elements: tuple[Element, ...], dialect: Dialect) -> bytes:
    """The last element is the component separator itself, and element 11 may be the repetition separator."""
    texts = [element[0][0] for element in elements]
    delimiters = {11: dialect.decode(dialect.repetition)}
    spelled = [
        text.encode() if text == delimiters.get(position) else _spell_text(text, dialect, f"ISA{position:02d}")
        for position, text in enumerate(texts[:15], 1)
    ]
    return dialect.element.join([b"ISA", *spelled, dialect.component])


def _spell_text(text: str, dialect: Dialect, place: str) -> bytes:
    try:
        raw = text.encode(dialect.encoding)
    except UnicodeEncodeError as wrong:
        raise Unrepresentable(place, f"{text[wrong.start]!r} does not exist in {dialect.encoding}") from wrong
    specials = [mark for mark in dialect.special_characters() if mark in raw]
    if not specials:
        return raw
    if not dialect.release:
        raise Unrepresentable(place, f"the data hold the delimiter {specials[0].decode()!r}: {text!r}")
    raw = raw.replace(dialect.release, dialect.release * 2)
    for mark in specials:
        if mark != dialect.release:
            raw = raw.replace(mark, dialect.release + mark)
    return raw


# --- X12


def _x12_frame(kind: str, bodies: list[list[Written]], envelope: Envelope) -> Iterator[Written]:
    if kind == "TA1":
        yield "ISA", _isa(envelope)
        yield from (segment for body in bodies for segment in body)
        yield build("IEA", "0", _interchange_number(envelope))
        return
    functional_id = envelope.functional_id or FUNCTIONAL_IDS.get(kind, "")
    if not functional_id:
        raise Unrepresentable("GS01", f"no functional identifier is known for {kind}; give one")
    when = envelope.prepared_at
    yield "ISA", _isa(envelope)
    yield build(
        "GS",
        functional_id,
        envelope.group_sender or envelope.sender[1],
        envelope.group_receiver or envelope.receiver[1],
        f"{when:%Y%m%d}",
        f"{when:%H%M}",
        str(envelope.group_control),
        "X",
        envelope.version,
    )
    for index, body in enumerate(bodies):
        control = f"{envelope.first_message_control + index:04d}"
        if len(control) > 9:
            raise Unrepresentable("ST02", f"{control} is longer than 9")
        yield build("ST", kind, control)
        yield from body
        yield build("SE", str(len(body) + 2), control)
    yield build("GE", str(len(bodies)), str(envelope.group_control))
    yield build("IEA", "1", _interchange_number(envelope))


def _isa(envelope: Envelope) -> tuple[Element, ...]:
    dialect, when = envelope.dialect, envelope.prepared_at
    version = envelope.interchange_version or f"{envelope.version[:5]}"
    if len(version) != 5 or count_of(version) is None:
        raise Unrepresentable("ISA12", f"the version {version!r} is not 5 digits")
    standards = dialect.decode(dialect.repetition) if version >= "00402" and dialect.repetition else "U"
    values = (
        "00",
        " " * 10,
        "00",
        " " * 10,
        *_isa_party(envelope.sender, 5),
        *_isa_party(envelope.receiver, 7),
        f"{when:%y%m%d}",
        f"{when:%H%M}",
        standards,
        version,
        _interchange_number(envelope),
        "1" if envelope.wants_acknowledgment else "0",
        "T" if envelope.is_test else "P",
        "",
    )
    return tuple(((value,),) for value in values)


def _isa_party(party: tuple[str, str], position: int) -> tuple[str, str]:
    qualifier, identifier = party
    if len(qualifier) != 2:
        raise Unrepresentable(f"ISA{position:02d}", f"the qualifier {qualifier!r} is not 2 characters long")
    if not identifier or len(identifier) > 15:
        raise Unrepresentable(f"ISA{position + 1:02d}", f"the identifier {identifier!r} is not 1 to 15 characters long")
    return qualifier, identifier.ljust(15)


def _interchange_number(envelope: Envelope) -> str:
    number = str(envelope.interchange_control)
    if count_of(number) is None or len(number) > 9:
        raise Unrepresentable("ISA13", f"{number!r} is not a number of at most 9 digits")
    return number.zfill(9)


# --- EDIFACT


def _edifact_frame(kind: str, bodies: list[list[Written]], envelope: Envelope) -> Iterator[Written]:
    when, dialect = envelope.prepared_at, envelope.dialect
    syntax = next((name for name, charset in EDIFACT_CHARACTER_SETS.items() if charset == dialect.encoding), "")
    if not syntax:
        raise Unrepresentable("UNB01", f"no syntax identifier for {dialect.encoding}")
    version = "4" if dialect.repetition else "3"
    yield build(
        "UNB",
        (syntax, version),
        _edifact_party(envelope.sender),
        _edifact_party(envelope.receiver),
        (f"{when:%y%m%d}" if version == "3" else f"{when:%Y%m%d}", f"{when:%H%M}"),
        str(envelope.interchange_control),
        "",
        "",
        "",
        "1" if envelope.wants_acknowledgment else "",
        "",
        "1" if envelope.is_test else "",
    )
    for index, body in enumerate(bodies):
        control = str(envelope.first_message_control + index)
        yield build("UNH", control, (kind, *_message_version(envelope.version)))
        yield from body
        yield build("UNT", str(len(body) + 2), control)
    yield build("UNZ", str(len(bodies)), str(envelope.interchange_control))


def _edifact_party(party: tuple[str, str]) -> ElementLike:
    qualifier, identifier = party
    if not identifier or len(identifier) > 35:
        raise Unrepresentable("UNB", f"the identifier {identifier!r} is not 1 to 35 characters long")
    return (identifier, qualifier) if qualifier else identifier


def _message_version(version: str) -> tuple[str, ...]:
    parts = tuple(version.split("."))
    if len(parts) not in (2, 3, 4):
        raise Unrepresentable("UNH02", f"{version!r} is no directory such as D.96A.UN")
    return parts if len(parts) > 2 else (*parts, "UN")


def _service_advice(dialect: Dialect) -> bytes:
    marks = (dialect.component, dialect.element, dialect.decimal, dialect.release or b" ", dialect.repetition or b" ")
    return b"UNA" + b"".join(marks) + dialect.segment + dialect.line_end
