"""The shape of a description: elements, composites, segments with rules between elements, loops, sets.

Knows no standard; the tables beside it fill it, and `structure` and `elements` check against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

# AN text, ID code, N whole number (N2: two implied decimals), R decimal number, DT date, TM time, B anything.
Type = Literal["AN", "ID", "N", "R", "DT", "TM", "B"]


@dataclass(frozen=True)
class CodeList:
    """Codes that are known. `open` means that the list is known to be incomplete: another code is only a notice."""

    codes: frozenset[str]
    open: bool


@dataclass(frozen=True)
class ElementSpec:
    number: str
    name: str
    type: Type
    shortest: int
    longest: int
    codes: CodeList | None = None


@dataclass(frozen=True)
class Slot:
    """A place in a segment or composite. `parts` is set for a composite, and then `element` only names it."""

    element: ElementSpec
    required: bool = False
    parts: tuple[Slot, ...] = ()
    repeats: int = 1


@dataclass(frozen=True)
class Rule:
    """A condition between elements: P all or none, R at least one, E at most one, C the first needs all others,
    L the first needs one of the others."""

    kind: str
    positions: tuple[int, ...]

    def sentence(self, tag: str) -> str:
        names = [f"{tag}{position:02d}" for position in self.positions]
        first, others = names[0], names[1:]
        match self.kind:
            case "P":
                return f"{', '.join(names)} come together or not at all"
            case "R":
                return f"one of {', '.join(names)} is needed"
            case "E":
                return f"only one of {', '.join(names)} may be there"
            case "C":
                return f"{first} needs {' and '.join(others)}"
            case _:
                return f"{first} needs one of {', '.join(others)}"

    @cached_property
    def _bits(self) -> tuple[int, int, int]:
        """All positions, the first, and the others, as sets of bits."""
        first = 1 << self.positions[0]
        others = sum(1 << position for position in self.positions[1:])
        return first | others, first, others

    def is_kept(self, present: int) -> bool:
        """Whether the elements that are there (bit n for position n) keep the rule."""
        every, first, others = self._bits
        held = present & every
        match self.kind:
            case "P":
                return held in (0, every)
            case "R":
                return held != 0
            case "E":
                return held & (held - 1) == 0
            case "C":
                return not held & first or held == every
            case _:
                return not held & first or bool(held & others)


@dataclass(frozen=True)
class SegmentSpec:
    """`described` is False for a segment that we know by name only: its place is checked, its elements are not."""

    tag: str
    slots: tuple[Slot, ...] = ()
    rules: tuple[Rule, ...] = ()
    described: bool = True


@dataclass(frozen=True)
class Use:
    """A segment's place in a loop; `most` 0 means any number."""

    tag: str
    required: bool = False
    most: int = 1


@dataclass(frozen=True)
class Loop:
    """A repeated part of a set; its first member is the segment that begins each turn."""

    name: str
    members: tuple[Use | Loop, ...]
    required: bool = False
    most: int = 1

    @property
    def tag(self) -> str:
        first = self.members[0]
        return first.tag

    @cached_property
    def places(self) -> dict[str, tuple[int, ...]]:
        """Where in this loop a tag may stand (as segment, or as beginning of an inner loop), in order."""
        found: dict[str, list[int]] = {}
        for index, member in enumerate(self.members):
            found.setdefault(member.tag, []).append(index)
        return {tag: tuple(indexes) for tag, indexes in found.items()}

    def inner(self, tag: str) -> Loop | None:
        """The loop directly within this one that the tag begins."""
        return self._inner.get(tag)

    @cached_property
    def _inner(self) -> dict[str, Loop]:
        return {one.tag: one for one in reversed(self.members) if isinstance(one, Loop)}

    @cached_property
    def required_places(self) -> tuple[int, ...]:
        return tuple(index for index, member in enumerate(self.members) if member.required)

    @cached_property
    def tags(self) -> frozenset[str]:
        """Every tag in this loop and the loops within."""
        inner = [member.tags if isinstance(member, Loop) else {member.tag} for member in self.members]
        return frozenset().union(*inner)


@dataclass(frozen=True)
class SetSpec:
    """A set or message type. `group` is GS01; `line` is the segment that CTT01 counts, `hashed` what CTT02 sums."""

    standard: str
    type: str
    name: str
    body: Loop
    group: str = ""
    line: str = ""
    hashed: tuple[str, int] | None = None
    versions: tuple[str, ...] = field(default=())


def parse_layout(name: str, text: str) -> Loop:
    """A layout is one member a line: `TAG`, `!` if mandatory, how often (`*` any number); `TAG:` opens a loop.

    What belongs to a loop is indented beneath it; a loop's own line stands for its first segment.
    """
    lines = [(len(line) - len(line.lstrip()), line.split()) for line in text.splitlines() if line.strip()]
    return Loop(name, tuple(_members(lines, lines[0][0])), required=True)


def _members(lines: list[tuple[int, list[str]]], indent: int) -> Iterator[Use | Loop]:
    while lines and lines[0][0] == indent:
        _, words = lines.pop(0)
        tag, required, most = words[0], "!" in words, 1
        for word in words[1:]:
            most = 0 if word == "*" else int(word) if word.isdigit() else most
        if not tag.endswith(":"):
            yield Use(tag, required, most)
            continue
        inner = tuple(_members(lines, lines[0][0])) if lines and lines[0][0] > indent else ()
        yield Loop(tag[:-1], (Use(tag[:-1], required=True), *inner), required, most)
    if lines and lines[0][0] > indent:
        raise ValueError(f"the layout is indented without a loop at {lines[0][1]}")
