"""Rows as one text per column, so that a statement writes any number of them with unnest.

The driver encodes an array value by value and asks of each whether it is an array itself: a microsecond a value, a
third of what a batch cost. Joined, a value costs a tenth of that, and a column whose values are all alike (tenant,
type, actor) travels as its first value alone. Each text begins with the character that separates its values and the
one that stands for NULL, chosen so that no value has them. Knows neither tables nor columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from operator import methodcaller
from typing import Any

_FIRST_CHOICE = "\x1e\x1d"
_PRIVATE_USE = range(0xE000, 0xF8FE, 2)


def unnested(kinds: Mapping[str, str], first: int = 1) -> str:
    """A SELECT of the rows whose `columns` are bound from parameter `first` on, with their order as `place`. No two
    rows may be alike."""
    # OFFSET 0: taken apart once, not anew for every row.
    apart = [f"{_apart(first + place)}::{kind}[] AS {name}" for place, (name, kind) in enumerate(kinds.items())]
    picked = [
        f"CASE cardinality(a.{name}) WHEN 1 THEN a.{name}[1] {_empty(kind, name)}ELSE g.{name} END AS {name}"
        for name, kind in kinds.items()
    ]
    together = f"unnest({', '.join(f'a.{name}' for name in kinds)}) WITH ORDINALITY AS g ({', '.join(kinds)}, place)"
    return f"SELECT {', '.join(picked)}, g.place FROM (SELECT {', '.join(apart)} OFFSET 0) a, {together}"  # noqa: S608


def _apart(parameter: int) -> str:
    text = f"${parameter}::text"
    return f"string_to_array(substr({text}, 3), left({text}, 1), substr({text}, 2, 1))"


def _empty(kind: str, name: str) -> str:
    """To string_to_array an empty text alone is no value at all."""
    return "WHEN 0 THEN '' " if kind == "text" else ""


def columns(rows: Iterable[Sequence[Any]], kinds: Mapping[str, str]) -> list[str | None]:
    """What is bound to the parameters of `unnested` with the same kinds."""
    found = list(zip(*rows, strict=True))
    if not found:
        return [None] * len(kinds)
    return [_joined(column, _TEXTS[kind]) for column, kind in zip(found, kinds.values(), strict=True)]


def _joined(column: Sequence[Any], text_of: Callable[[Any], str] | None) -> str:
    first = column[0]
    if first == column[-1] and column.count(first) == len(column):
        column = (first,)
    if None in column:
        return _with_nulls(column, text_of)
    values = column if text_of is None else list(map(text_of, column))
    joined = "\x1e".join(values)
    if joined.count("\x1e") == len(values) - 1 and "\x1d" not in joined:
        return _FIRST_CHOICE + joined
    marks = _unused("".join(values))
    return marks + marks[0].join(values)


def _with_nulls(column: Sequence[Any], text_of: Callable[[Any], str] | None) -> str:
    values = [each if each is None or text_of is None else text_of(each) for each in column]
    marks = _unused("".join(each for each in values if each is not None))
    return marks + marks[0].join(marks[1] if each is None else each for each in values)


def _unused(text: str) -> str:
    return next(marks for marks in _choices() if marks[0] not in text and marks[1] not in text)


def _choices() -> Iterator[str]:
    yield _FIRST_CHOICE
    yield from (chr(code) + chr(code + 1) for code in _PRIVATE_USE)


def _hex(value: bytes) -> str:
    return "\\x" + value.hex()


def _interval(value: timedelta) -> str:
    return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"


_iso: Callable[[Any], str] = methodcaller("isoformat")
_TEXTS: Mapping[str, Callable[[Any], str] | None] = {
    "text": None,
    "uuid": str,
    "int": str,
    "int2": str,
    "int8": str,
    "bigint": str,
    "numeric": str,
    "bytea": _hex,
    "timestamptz": _iso,
    "date": _iso,
    "interval": _interval,
}
