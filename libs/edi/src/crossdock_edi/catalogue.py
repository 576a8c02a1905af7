"""The catalogue of findings: one row for everything that reading and validating may say."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_edi.errors import EdiError


@dataclass(frozen=True, slots=True)
class Kind:
    """Codes of acknowledgments: AK304, AK403, AK502 to AK506, AK905 and TA105 (in a 999 the same under IK)."""

    severity: str
    sentence: str
    segment_code: str = ""
    element_code: str = ""
    set_code: str = ""
    group_code: str = ""
    note: str = ""

    @property
    def is_reported(self) -> bool:
        """Whether an acknowledgment has a code for it; a wrong check digit, for one, is no fault of syntax."""
        return bool(self.segment_code or self.element_code or self.set_code or self.group_code)


def _element(sentence: str, code: str) -> Kind:
    """An error within a segment: AK3 reports code 8, AK4 the code of its own."""
    return Kind("error", sentence, segment_code="8", element_code=code)


KINDS: dict[str, Kind] = {
    # --- the file and its interchanges
    "empty": Kind("error", "the file holds nothing"),
    "not-edi": Kind("error", "no X12 or EDIFACT header was found{hint}"),
    "junk": Kind("warning", "{length} bytes that belong to no interchange were skipped"),
    "byte-order-mark": Kind("notice", "the file begins with a byte order mark"),
    "no-envelope": Kind("warning", "{tag} stands without an interchange header before it"),
    "no-group": Kind("warning", "{tag} stands without a group header before it"),
    "delimiters": Kind("error", "the delimiters cannot be used: {reason}", note="022"),
    "delimiters-guessed": Kind("warning", "the header does not give the segment terminator; {value} was taken"),
    "header-length": Kind("warning", "the ISA is {length} characters long, not 106; it was read by its separators"),
    "header-elements": Kind("error", "{tag} has {counted} elements where {wanted} are needed", note="022"),
    "wrapped": Kind("notice", "the file is wrapped into lines; the line ends were taken out"),
    "character-set": Kind("warning", "{value} names no character set that is known; UTF-8 was tried, then Latin-1"),
    "unterminated": Kind("warning", "the last segment, {tag}, has no terminator"),
    "truncated": Kind("error", "the data end inside {tag}", set_code="2", group_code="3", note="023"),
    "missing-trailer": Kind("error", "{tag} has no {trailer}", set_code="2", group_code="3", note="023"),
    "stray-trailer": Kind("error", "{tag} closes something that was not opened"),
    "stray-segment": Kind("warning", "{tag} stands outside every message"),
    "control-number": Kind(
        "error", "{tag} says {value}, its header said {wanted}", set_code="3", group_code="4", note="001"
    ),
    "duplicate-control-number": Kind(
        "warning", "control number {value} was used before in this {scope}", set_code="23"
    ),
    "binary-length": _element("{element} says {value} bytes of data, {counted} follow", "6"),
    "duplicate-interchange": Kind(
        "warning", "control number {value} was used before in this file by the same partners", note="025"
    ),
    "segment-count": Kind("error", "{tag} counts {value} segments, there are {counted}", set_code="4"),
    "message-count": Kind("error", "{tag} counts {value} messages, there are {counted}", group_code="5", note="021"),
    "group-count": Kind("error", "{tag} counts {value} groups, there are {counted}", note="021"),
    "group-type": Kind("error", "a {value} does not belong into a group {wanted}", set_code="6"),
    "limit": Kind("error", "{what} passes the limit of {limit}", set_code="5"),
    "too-many-findings": Kind("warning", "more than {limit} findings; the further ones are not listed"),
    # --- a message against the description of its set
    "unknown-set": Kind("notice", "{value} is not a described set, so only its envelope was checked", set_code="1"),
    "unknown-version": Kind("notice", "version {value} is not described; it was checked as {wanted}"),
    "segment-unknown": Kind("error", "{value} is no segment that is known", segment_code="1"),
    "segment-unexpected": Kind("error", "{tag} is not expected here", segment_code="2"),
    "segment-missing": Kind("error", "mandatory {tag} is missing{where}", segment_code="3"),
    "loop-repeats": Kind("error", "loop {tag} occurs more than {limit} times", segment_code="4"),
    "segment-repeats": Kind("error", "{tag} occurs more than {limit} times", segment_code="5"),
    "segment-not-in-set": Kind("error", "{tag} is not used in {kind}", segment_code="6"),
    "segment-order": Kind("error", "{tag} stands in the wrong place", segment_code="7"),
    "element-missing": _element("{element} ({name}) is mandatory", "1"),
    "element-condition": _element("{tag}: {rule}", "2"),
    "element-exclusion": _element("{tag}: {rule}", "10"),
    "element-surplus": Kind(
        "error", "{tag} has {counted} elements, at most {limit} are described", segment_code="8", element_code="3"
    ),
    "element-short": Kind(
        "error", "{element} ({name}) is shorter than {limit}: {value!r}", segment_code="8", element_code="4"
    ),
    "element-long": Kind(
        "error", "{element} ({name}) is longer than {limit}: {value!r}", segment_code="8", element_code="5"
    ),
    "element-characters": Kind(
        "error", "{element} ({name}) is not {wanted}: {value!r}", segment_code="8", element_code="6"
    ),
    "element-code": Kind(
        "error", "{element} ({name}) holds an unknown code: {value!r}", segment_code="8", element_code="7"
    ),
    "element-code-open": Kind("notice", "{element} ({name}) holds a code that our list does not have: {value!r}"),
    "element-date": _element("{element} ({name}) is no date: {value!r}", "8"),
    "element-time": _element("{element} ({name}) is no time: {value!r}", "9"),
    "element-repeats": Kind(
        "error", "{element} ({name}) repeats more than {limit} times", segment_code="8", element_code="12"
    ),
    "component-surplus": Kind(
        "error", "{element} ({name}) has more than {limit} components", segment_code="8", element_code="3"
    ),
    "trailing-separators": Kind("notice", "{tag} ends in empty elements"),
    # --- rules between segments
    "line-count": Kind("error", "{element} counts {value} lines, there are {counted}", set_code="5"),
    "hash-total": Kind("warning", "{element} gives the hash total {value}, it is {counted}", set_code="5"),
    "amount-total": Kind("warning", "{element} gives the total {value}, the lines come to {counted}"),
    "hierarchy-duplicate": Kind("error", "hierarchy level {value} occurs twice"),
    "hierarchy-orphan": Kind("error", "hierarchy level {value} names parent {wanted}, which does not exist"),
    "hierarchy-cycle": Kind("error", "hierarchy level {value} is its own ancestor"),
    "hierarchy-depth": Kind("error", "hierarchy level {value} lies deeper than {limit}"),
    "hierarchy-root": Kind("warning", "hierarchy level {value} has no parent but is no shipment"),
    "check-digit": Kind("warning", "{element} holds a {name} whose check digit is wrong: {value}"),
    # --- a typed view of a message
    "value-missing": _element("{element} is needed and empty", "1"),
    "value-number": _element("{element} is no number: {value!r}", "6"),
    "value-date": _element("{element} is no date: {value!r}", "8"),
    "value-time": _element("{element} is no time: {value!r}", "9"),
}


def as_table() -> str:
    """Errors and findings as one Markdown table, for the documentation."""
    lines = [
        "| error or finding | severity | says | AK3 | AK4 | AK5 | AK9 | TA1 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{error.__name__}` | raised | {(error.__doc__ or '').splitlines()[0]} |  |  |  |  |  |"
        for error in EdiError.__subclasses__()
    ]
    for code, kind in KINDS.items():
        sentence = kind.sentence.replace("!r}", "}").replace("|", "\\|")
        codes = (kind.segment_code, kind.element_code, kind.set_code, kind.group_code, kind.note)
        lines.append(f"| `{code}` | {kind.severity} | {sentence} | {' | '.join(codes)} |")
    return "\n".join(lines) + "\n"
