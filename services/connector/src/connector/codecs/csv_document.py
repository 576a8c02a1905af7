"""CSV as partners send it, read strictly: lines that end, cells that are no formulas, and every wrong line named.

How a partner writes its files is its profile's word: delimiter, encoding, whether a first line names the columns, and
under which heading or at which place each of them stands. A cell never spans lines, so that an opened quote swallows
nothing. Knows no document of the trade; mappings ask a row for fields as they ask a JSON object.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from connector.codecs.json_document import DocumentFault, JsonObject, WrongLines

CONTENT_TYPE = "text/csv"
MOST_LINES, LONGEST_LINE, MOST_CELLS = 100_000, 4_000, 64
MOST_FAULTS = 50
DELIMITERS = {",": ",", ";": ";", "|": "|", "tab": "\t", "\t": "\t"}
ENCODINGS = {"utf-8": "utf-8-sig", "iso-8859-1": "iso-8859-1", "windows-1252": "cp1252"}
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9.,]*$)")
"""What a spreadsheet would compute. A sign before a number is none: OWASP, CSV injection."""

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Layout:
    """`columns` is our name of a field → its heading, or its place from 1 where there are no headings."""

    delimiter: str = ","
    encoding: str = "utf-8"
    header: bool = True
    columns: Mapping[str, str] = field(default_factory=dict)


def layout_of(options: Mapping[str, Any]) -> Layout:
    """What a profile's mapping says of files. Raises DocumentFault for what it may not say."""
    delimiter, encoding = options.get("delimiter", ","), options.get("encoding", "utf-8")
    if delimiter not in DELIMITERS:
        raise DocumentFault("mapping.delimiter", f"{delimiter!r} is none of {', '.join(map(repr, DELIMITERS))}")
    if encoding not in ENCODINGS:
        raise DocumentFault("mapping.encoding", f"{encoding!r} is none of {', '.join(ENCODINGS)}")
    header, columns = options.get("header", True), options.get("columns", {})
    if not isinstance(header, bool):
        raise DocumentFault("mapping.header", "is true or false")
    if not isinstance(columns, Mapping):
        raise DocumentFault("mapping.columns", "says of each field where it stands")
    named = {str(name): _heading(name, place, header) for name, place in columns.items()}
    if not header and not named:
        raise DocumentFault("mapping.columns", "is needed where no first line names the columns")
    return Layout(DELIMITERS[delimiter], encoding, header, named)


def _heading(name: str, place: object, header: bool) -> str:
    if header and isinstance(place, str) and place.strip():
        return place.strip()
    if not header and isinstance(place, int | float) and not isinstance(place, bool) and 1 <= place <= MOST_CELLS:
        return str(int(place))
    needed = "a heading" if header else f"a place from 1 to {MOST_CELLS}"
    raise DocumentFault(f"mapping.columns.{name}", f"is {needed}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file, each with its fields and its line; `faults` are the lines that cannot be read at all."""

    rows: tuple[tuple[int, JsonObject], ...]
    faults: tuple[tuple[int, str], ...]
    columns: frozenset[str]

    def read(self, read_row: Callable[[JsonObject], Made]) -> list[Made]:
        """What each row means. Raises WrongLines that names every line that has a fault, or DocumentFault for none."""
        made, wrong = [], list(self.faults)
        for line, row in self.rows:
            try:
                made.append(read_row(row))
            except DocumentFault as fault:
                wrong.append((line, fault.problem if not fault.path else str(fault)))
        if wrong:
            raise _wrong(sorted(wrong), len(made))
        if not made:
            raise DocumentFault("", "it holds no line of goods")
        return made

    def same(self, name: str, told: Callable[[JsonObject], Made]) -> Made:
        """What all lines say alike, such as the place that a file is about. Raises DocumentFault where they differ."""
        found: Made | None = None
        for line, row in self.rows:
            said = told(row)
            if found is not None and said != found:
                raise DocumentFault(f"line {line}.{name}", "the lines of one file differ in it")
            found = said
        if found is None:
            raise _wrong(self.faults, 0) if self.faults else DocumentFault("", "it holds no line of goods")
        return found


def _wrong(wrong: Sequence[tuple[int, str]], right: int) -> WrongLines:
    told = "; ".join(text for _, text in wrong[:3])
    more = f"; {len(wrong) - 3} more" if len(wrong) > 3 else ""
    rest = f" ({len(wrong)} wrong of {len(wrong) + right} lines: nothing of the file is booked)"
    return WrongLines("", f"{told}{more}{rest}", lines=tuple(wrong[:MOST_FAULTS]))


def decode(content: bytes, layout: Layout) -> Sheet:
    """Raises DocumentFault for a file that is no such sheet; what is wrong in a line of it is the sheet's."""
    lines = list(_lines(_text(content, layout.encoding)))
    if layout.header and not lines:
        raise DocumentFault("", "it has no line that names the columns")
    places = _headings(lines[0], layout) if layout.header else {name: int(at) for name, at in layout.columns.items()}
    rows, faults = [], []
    for number, text in lines[1:] if layout.header else lines:
        try:
            rows.append((number, _row(number, text, layout, places)))
        except DocumentFault as fault:
            faults.append((number, str(fault)))
    return Sheet(tuple(rows), tuple(faults), frozenset(places))


def _text(content: bytes, encoding: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DocumentFault("", f"it is UTF-16, and the profile's mapping says {encoding}")
    if b"\0" in content:
        raise DocumentFault("", f"byte {content.index(0)} is NUL, which no text may hold")
    try:
        return content.decode(ENCODINGS[encoding])
    except UnicodeDecodeError as error:
        raise DocumentFault("", f"not {encoding} at byte {error.start}") from error


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Those that say something, with their numbers."""
    begin, number = 0, 0
    while begin < len(text):
        number += 1
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        if end - begin > LONGEST_LINE:
            raise DocumentFault(f"line {number}", f"is longer than {LONGEST_LINE} characters")
        if number > MOST_LINES:
            raise DocumentFault("", f"it has more than {MOST_LINES} lines")
        line = text[begin:end].removesuffix("\r")
        begin = end + 1
        if line.strip():
            yield number, line


def _cells(number: int, line: str, layout: Layout) -> list[str]:
    try:
        [found] = csv.reader([line], delimiter=layout.delimiter, strict=True)
    except (csv.Error, ValueError) as error:
        raise DocumentFault(f"line {number}", "a quote that is opened in a cell is closed in it") from error
    if len(found) > MOST_CELLS:
        raise DocumentFault(f"line {number}", f"has more than {MOST_CELLS} cells")
    return [each.strip(" ") for each in found]


def _headings(first: tuple[int, str], layout: Layout) -> dict[str, int]:
    """Where each field stands. Without a word of the profile a column is called as its field."""
    number, line = first
    found: dict[str, int] = {}
    for place, heading in enumerate(_cells(number, line, layout), start=1):
        key = heading.casefold()
        if key in found and key:
            raise DocumentFault(f"line {number}", f"two columns are called {heading[:40]!r}")
        found[key] = place
    places: dict[str, int] = {}
    for name, heading in layout.columns.items():
        if heading.casefold() not in found:
            raise DocumentFault(f"line {number}", f"no column is called {heading[:40]!r}")
        places[name] = found[heading.casefold()]
    return {**{heading: place for heading, place in found.items() if heading}, **places}


def _row(number: int, line: str, layout: Layout, places: Mapping[str, int]) -> JsonObject:
    where, cells = f"line {number}", _cells(number, line, layout)
    if layout.header and any(cells[max(places.values(), default=0) :]):
        raise DocumentFault(where, f"has {len(cells)} cells, which are more than there are columns")
    values: dict[str, str | None] = {}
    for name, place in places.items():
        cell = cells[place - 1] if place <= len(cells) else ""
        if _FORMULA.match(cell):
            raise DocumentFault(f"{where}.{name}", f"{cell[:20]!r} begins as a formula does")
        values[name] = cell or None
    return JsonObject(values, where)
