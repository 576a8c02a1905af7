"""A segment with its position, its elements taken apart only when somebody asks.

Elements are nested: element → repetitions → components, all text. Knows nothing of envelopes or of any transaction set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from crossdock_edi.dialect import Dialect

Components: TypeAlias = tuple[str, ...]
Element: TypeAlias = tuple[Components, ...]
# What a caller may hand in for an element: text, its components, or repetitions of either.
ElementLike: TypeAlias = "str | Sequence[str | Sequence[str]]"

BLANKS = b" \t\r\n\x00\x1a"
# X12 segments whose data may hold any byte: which element states their length; the data are the element behind it.
BINARY_LENGTH = {"BIN": 1, "BDS": 2}
_EMPTY: Element = (("",),)
_RELEASED: list[str] = ["?"]  # in place of the texts of a segment that holds a release character


class Segment:
    """One segment as it was read.

    `number` counts from 1 at the message's header (ST, UNH); `offset` is the byte in the file where the tag begins.
    Equality is of content: tag and elements.
    """

    __slots__ = ("_elements", "_spelled", "_texts", "dialect", "number", "offset", "tag")

    def __init__(self, spelled: bytes | str, dialect: Dialect, number: int, offset: int) -> None:
        """`spelled` is the segment without its terminator; as text only if it is US-ASCII and releases nothing."""
        self._spelled = spelled
        self.dialect = dialect
        self.number = number
        self.offset = offset
        if spelled.__class__ is str:
            tag = spelled.partition(dialect.marks[0])[0]
        else:
            tag = str(spelled.partition(dialect.element)[0], "latin-1")  # type: ignore[arg-type]
        self.tag = tag if tag.isalnum() else _odd_tag(tag, dialect)
        self._elements: tuple[Element, ...] | None = None
        self._texts: list[str] | None = None

    @property
    def raw(self) -> bytes:
        """The segment without its terminator."""
        spelled = self._spelled
        return spelled.encode("ascii") if isinstance(spelled, str) else spelled

    @property
    def elements(self) -> tuple[Element, ...]:
        """All elements, the first behind the tag at index 0."""
        elements = self._elements
        if elements is None:
            spelled = self._spelled
            mark, component, repetition = self.dialect.marks
            if spelled.__class__ is bytes or repetition or not component:
                elements = self._taken_apart()
            else:  # nearly all come this way: no call more than needed, and a comprehension takes half as long again
                nested: list[Element] = []
                for text in spelled.split(mark)[1:]:  # type: ignore[arg-type]
                    nested.append((tuple(text.split(component)),) if component in text else ((text,),))  # type: ignore[arg-type]  # noqa: PERF401
                elements = tuple(nested)
            self._elements = elements
        return elements

    def _taken_apart(self) -> tuple[Element, ...]:
        texts, dialect = self._texts or self._cut(), self.dialect
        if texts is _RELEASED:
            return _parse_released(self.raw, dialect)
        # The elements of ISA are the delimiters themselves, and binary data are no text at all.
        if dialect.standard == "X12" and (texts[0] == "ISA" or texts[0] in BINARY_LENGTH):
            return tuple([((text,),) for text in texts[1:]])
        _, component, repetition = dialect.marks
        return tuple([_parse_element(text, component, repetition) for text in texts[1:]])

    def get(self, element: int, component: int = 1, repetition: int = 1) -> str:
        """The text at a position counted from 1 as the standards do; empty text if there is none."""
        texts = self._texts or self._cut()
        if texts is _RELEASED or repetition > 1:
            return self._component_of(element, component, repetition)
        if not 0 < element < len(texts):
            return ""
        text = texts[element]
        _, mark, repeated = self.dialect.marks
        if repeated and repeated in text:
            return self._component_of(element, component, repetition)
        if not mark or mark not in text:
            return text if component == 1 else ""
        parts = text.split(mark, component)
        return parts[component - 1] if 0 < component <= len(parts) else ""

    def _component_of(self, element: int, component: int, repetition: int) -> str:
        if min(element, component, repetition) < 1:
            return ""
        try:
            return self.elements[element - 1][repetition - 1][component - 1]
        except IndexError:
            return ""

    def __getitem__(self, element: int) -> str:
        """The whole element as text: in X12 even where it holds the component separator, as descriptions do."""
        texts = self._texts or self._cut()
        if texts is not _RELEASED:
            return texts[element] if 0 < element < len(texts) else ""
        parsed = self.elements
        if not 0 < element <= len(parsed):
            return ""
        value = parsed[element - 1]
        if len(value) == 1 and len(value[0]) == 1:
            return value[0][0]
        return join(value, self.dialect)

    def _cut(self) -> list[str]:
        """The elements as they stand there, the tag at index 0; `_RELEASED` where that is not so simple."""
        spelled, dialect = self._spelled, self.dialect
        if isinstance(spelled, str):
            self._texts = spelled.split(dialect.marks[0])
        elif dialect.release and dialect.release in spelled:
            self._texts = _RELEASED
        elif self.tag in BINARY_LENGTH and dialect.standard == "X12":
            *texts, data = spelled.split(dialect.element, BINARY_LENGTH[self.tag] + 1)
            self._texts = [*map(dialect.decode, texts), str(data, "latin-1")]
        else:
            self._texts = _texts(spelled, dialect)
        return self._texts

    def repetitions(self, element: int) -> Element:
        """Every repetition of an element, each as its components."""
        return self.elements[element - 1] if 0 < element <= len(self.elements) else ()

    def __len__(self) -> int:
        texts = self._texts or self._cut()
        return len(self.elements) if texts is _RELEASED else len(texts) - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Segment) and self.tag == other.tag and self.elements == other.elements

    def __hash__(self) -> int:
        return hash((self.tag, self.elements))

    def __repr__(self) -> str:
        return f"Segment({self.dialect.decode(self.raw)!r}, number={self.number}, offset={self.offset})"


def element_of(value: ElementLike) -> Element:
    """The nested form of a short one: `"EA"`, `("EA", "2")` (components), `(("A",), ("B",))` (repetitions)."""
    if isinstance(value, str):
        return ((value,),)
    if all(isinstance(part, str) for part in value):
        return (tuple(str(part) for part in value),)
    return tuple((part,) if isinstance(part, str) else tuple(part) for part in value)


def trimmed(elements: Iterable[Element]) -> tuple[Element, ...]:
    """Without empty elements, repetitions and components at the ends, which mean nothing in either standard."""
    kept = [_trim_element(element) for element in elements]
    while kept and kept[-1] == _EMPTY:
        kept.pop()
    return tuple(kept)


def join(element: Element, dialect: Dialect) -> str:
    """The element in the dialect's spelling, without release characters."""
    _, component, repetition = dialect.marks
    return repetition.join(component.join(parts) for parts in element)


def _trim_element(element: Element) -> Element:
    repeated = [_trim_components(parts) for parts in element]
    while len(repeated) > 1 and repeated[-1] == ("",):
        repeated.pop()
    return tuple(repeated) or _EMPTY


def _trim_components(parts: Components) -> Components:
    end = len(parts)
    while end > 1 and not parts[end - 1]:
        end -= 1
    return parts[:end] or ("",)


def _odd_tag(tag: str, dialect: Dialect) -> str:
    """Blanks may stand behind a tag, and in EDIFACT its nesting, as components."""
    tag = tag.rstrip()
    return tag.split(dialect.marks[1])[0] if dialect.standard == "EDIFACT" and not tag.isalnum() else tag


def _texts(raw: bytes, dialect: Dialect) -> list[str]:
    if raw.isascii():
        return str(raw, "ascii").split(dialect.marks[0])
    return [dialect.decode(part) for part in raw.split(dialect.element)]


def _parse_element(text: str, component: str, repetition: str) -> Element:
    repeated = text.split(repetition) if repetition else [text]
    return tuple(tuple(one.split(component)) if component else (one,) for one in repeated)


def _parse_released(raw: bytes, dialect: Dialect) -> tuple[Element, ...]:
    """The careful way, for segments that hold a release character."""
    release = dialect.release
    elements = split_released(raw, dialect.element, release)[1:]
    parsed: list[Element] = []
    for element in elements:
        repeats = split_released(element, dialect.repetition, release) if dialect.repetition else [element]
        parsed.append(
            tuple(
                tuple(
                    dialect.decode(unreleased(part, release))
                    for part in split_released(one, dialect.component, release)
                )
                for one in repeats
            )
        )
    return tuple(parsed)


def split_released(raw: bytes, mark: bytes, release: bytes) -> list[bytes]:
    """Split at a delimiter that is not itself released by an odd number of release characters before it."""
    if not mark:
        return [raw]
    parts: list[bytes] = []
    held: list[bytes] = []
    for piece in raw.split(mark):
        held.append(piece)
        if not ends_released(piece, release):
            parts.append(mark.join(held))
            held = []
    if held:
        parts.append(mark.join(held))
    return parts


def is_released(data: bytes, position: int, release: bytes) -> bool:
    """Whether what stands at a position is released: an odd number of release characters stands before it."""
    if not release:
        return False
    at = position
    while data[at - len(release) : at] == release:
        at -= len(release)
    return (position - at) // len(release) % 2 == 1


def ends_released(piece: bytes, release: bytes) -> bool:
    """Whether what follows `piece` is released: it ends in an odd number of release characters."""
    if not release or not piece.endswith(release):
        return False
    return (len(piece) - len(piece.rstrip(release))) // len(release) % 2 == 1


def unreleased(raw: bytes, release: bytes) -> bytes:
    """The data with release characters taken out; one at the very end stands for itself."""
    if release not in raw:
        return raw
    out, position = bytearray(), 0
    while (found := raw.find(release, position)) >= 0:
        out += raw[position:found]
        kept = raw[found + len(release) : found + len(release) + 1]
        out += kept or release
        position = found + len(release) + 1
    out += raw[position:]
    return bytes(out)
