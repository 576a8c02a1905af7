"""Rows as one array per column, so that a statement writes any number of them with unnest.

A column whose values are all alike (tenant, type, actor) travels as its first value alone: encoding an array is what a
batch costs most. Knows neither tables nor columns. Faster than json_rows.py where a value is not itself an array.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def unnested(kinds: Mapping[str, str], first: int = 1) -> str:
    """A SELECT of the rows whose `columns` are bound from parameter `first` on, with their order as `place`. No two
    rows may be alike."""
    numbered = {name: f"${first + place}::{kind}[]" for place, (name, kind) in enumerate(kinds.items())}
    picked = [
        f"CASE cardinality({array}) WHEN 1 THEN ({array})[1] ELSE {name} END AS {name}"
        for name, array in numbered.items()
    ]
    arrays = f"unnest({', '.join(numbered.values())}) WITH ORDINALITY AS g ({', '.join(numbered)}, place)"
    return f"SELECT {', '.join(picked)}, place FROM {arrays}"  # noqa: S608 - names and types, never values


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """What is bound to the parameters of `unnested`."""
    return [_shortened(list(column)) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _shortened(column: list[Any]) -> list[Any]:
    first = column[0]
    return [first] if first == column[-1] and column.count(first) == len(column) else column
