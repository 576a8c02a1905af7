"""How one interchange spells its structure: delimiters, character set, line ends.

Delimiters are single characters but may be several bytes (partners have used `…`), so they are kept as bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Standard = Literal["X12", "EDIFACT", "unknown"]

# EDIFACT syntax identifiers (UNB element 1, component 1) and the character set that each announces.
EDIFACT_CHARACTER_SETS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso-8859-1",
    "UNOD": "iso-8859-2",
    "UNOE": "iso-8859-5",
    "UNOF": "iso-8859-7",
    "UNOG": "iso-8859-3",
    "UNOH": "iso-8859-4",
    "UNOI": "iso-8859-6",
    "UNOJ": "iso-8859-8",
    "UNOK": "iso-8859-9",
    "UNOL": "iso-8859-15",
    "UNOW": "utf-8",
    "UNOY": "utf-8",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """`repetition` and `release` are empty where the version has none."""

    standard: Standard
    element: bytes
    component: bytes
    segment: bytes
    repetition: bytes = b""
    release: bytes = b""
    decimal: bytes = b"."
    encoding: str = "utf-8"
    line_end: bytes = b""
    # The separators as text, because every segment needs them.
    marks: tuple[str, str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        marks = (self.decode(self.element), self.decode(self.component), self.decode(self.repetition))
        object.__setattr__(self, "marks", marks)

    def decode(self, raw: bytes) -> str:
        """Text in the announced character set; what does not fit is taken as UTF-8, else as Latin-1 (never fails)."""
        if raw.isascii():  # what all of them have in common, and nearly always enough
            return raw.decode("ascii")
        return _decoded(raw, (self.encoding, "utf-8"))

    def special_characters(self) -> tuple[bytes, ...]:
        """Every character that means structure and so may not stand bare in data."""
        marks = (self.element, self.component, self.segment, self.repetition, self.release)
        return tuple(mark for mark in marks if mark)

    def is_usable(self) -> bool:
        """Whether the delimiters differ from one another, so that the interchange can be taken apart at all."""
        marks = self.special_characters()
        return len(set(marks)) == len(marks) and bool(self.element) and bool(self.segment)


def _decoded(raw: bytes, encodings: tuple[str, ...]) -> str:
    """Text in the first of the encodings that fits, else in Latin-1, which gives every byte a character."""
    if not encodings:
        return raw.decode("iso-8859-1")
    first, *others = encodings
    try:
        return raw.decode(first)
    except UnicodeDecodeError:
        return _decoded(raw, tuple(others))


X12_DIALECT = Dialect("X12", b"*", b">", b"~", line_end=b"\n")
EDIFACT_DIALECT = Dialect("EDIFACT", b"+", b":", b"'", release=b"?", encoding="iso-8859-1", line_end=b"\n")
