"""Packaging of an item: each level says how many base units it holds, so no level can be defined through another.

What remains of a cycle is a level that is the base unit itself, or one that is told twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from crossdock_kit.errors import Violation


@dataclass(frozen=True, slots=True)
class Level:
    """`path` is where a load names it."""

    path: str
    unit: str
    base_quantity: Decimal


@dataclass(frozen=True, slots=True)
class Packing:
    base_unit: str
    levels: tuple[Level, ...]


def wrong_packings(packings: Sequence[Packing]) -> tuple[Violation, ...]:
    """Names each level that cannot be converted, or in two ways."""
    return tuple(each for packing in packings for each in _wrong(packing))


def _wrong(packing: Packing) -> Iterator[Violation]:
    seen: set[str] = set()
    for level in packing.levels:
        if level.base_quantity <= 0:
            yield Violation(f"{level.path}.base_quantity", f"nothing is in one {level.unit}", "packaging.not_empty")
        if level.unit == packing.base_unit and level.base_quantity != 1:
            described = f"{level.unit} is the base unit and would be {level.base_quantity} of itself"
            yield Violation(f"{level.path}.unit", described, "packaging.acyclic")
        if level.unit in seen:
            yield Violation(f"{level.path}.unit", f"{level.unit} is told twice", "packaging.once")
        seen.add(level.unit)
