"""Just enough X12 for a partner to read what the suite sends and to write answers; on purpose not the suite's codec."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

Segments = list[list[str]]
# The functional group (GS01) that each set stands in.
GROUPS = {
    "180": "AN",
    "846": "IB",
    "850": "PO",
    "855": "PR",
    "856": "SH",
    "865": "CA",
    "944": "RE",
    "945": "SW",
    "947": "AW",
    "990": "GF",
    "997": "FA",
}
# Element 355 for our units.
UNITS = {"EA": "EA", "XCS": "CA", "KGM": "KG"}
CANONICAL_UNITS = {own: unit for unit, own in UNITS.items()}


@dataclass(frozen=True, slots=True)
class Dialect:
    element: str = "*"
    component: str = ">"
    terminator: str = "~"
    line_end: str = ""


@dataclass(slots=True)
class Sent:
    """One transaction set with the group that it stood in."""

    set_id: str
    control: str
    group: str
    group_code: str
    segments: Segments


def read(content: bytes) -> list[Sent]:
    """The sets of one clean interchange, delimiters taken from its ISA."""
    text = content.decode("latin-1")
    element, terminator = text[3], text[105]
    segments = [part.strip("\r\n").split(element) for part in text.split(terminator) if part.strip("\r\n")]
    found: list[Sent] = []
    group = code = ""
    for segment in segments:
        if segment[0] == "GS":
            code, group = segment[1], segment[6]
        elif segment[0] == "ST":
            found.append(Sent(segment[1], segment[2], group, code, []))
        elif found and segment[0] not in ("SE", "GE", "IEA"):
            found[-1].segments.append(segment)
    return found


@dataclass(slots=True)
class Writer:
    """Numbers and writes one partner's interchanges."""

    own: str
    other: str
    dialect: Dialect = field(default_factory=Dialect)
    version: str = "004010"
    _control: int = 0

    @property
    def group(self) -> str:
        """Number of the group that it wrote last."""
        return str(self._control)

    def interchange(self, set_id: str, group_code: str, body: Iterable[list[str]]) -> bytes:
        self._control += 1
        now, number, sep = datetime.now(UTC), self._control, self.dialect.element
        isa = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{self.own:<15}", "ZZ", f"{self.other:<15}"]
        isa += [
            now.strftime("%y%m%d"),
            now.strftime("%H%M"),
            "U",
            "00401",
            f"{number:09d}",
            "0",
            "P",
            self.dialect.component,
        ]
        gs = ["GS", group_code, self.own, self.other, now.strftime("%Y%m%d"), now.strftime("%H%M%S"), str(number), "X"]
        inner = list(body)
        rows = [isa, [*gs, self.version], ["ST", set_id, "0001"], *inner, ["SE", str(len(inner) + 2), "0001"]]
        rows += [["GE", "1", str(number)], ["IEA", "1", f"{number:09d}"]]
        end = self.dialect.terminator + self.dialect.line_end
        return "".join(
            sep.join(row).rstrip(sep) + end if row[0] != "ISA" else sep.join(row) + end for row in rows
        ).encode()


def functional_ack(sent: list[Sent], verdict: str = "A") -> list[list[str]]:
    """The 997 of one group."""
    rows = [["AK1", sent[0].group_code, sent[0].group]]
    for each in sent:
        rows += [["AK2", each.set_id, each.control], ["AK5", verdict]]
    accepted = len(sent) if verdict in "AE" else 0
    return [*rows, ["AK9", verdict, str(len(sent)), str(len(sent)), str(accepted)]]


def accepted(sent: Sent) -> list[str]:
    """The group that a 997 accepts as a whole, if it is one."""
    named = [row[2] for row in sent.segments if row[0] == "AK1"]
    whole = any(row[0] == "AK9" and row[1] == "A" for row in sent.segments)
    return named if sent.set_id == "997" and whole else []


def day(text: str) -> str:
    """A date as X12 writes it; `text` is ISO."""
    return date.fromisoformat(text).strftime("%Y%m%d")
