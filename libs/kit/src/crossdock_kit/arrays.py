"""Rows as one text per column, so that a statement writes any number of them with unnest.

The driver encodes an array value by value and asks of each whether it is an array itself, which is most of what a batch
costs in Python. Joined, a value costs next to nothing, and a column whose values are all alike (tenant, type, actor)
travels as its first value alone. Before the columns travel the two characters that separate values and stand for NULL,
chosen so that no value has them. Knows neither tables nor columns.
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
    marks = f"left(${first}::text, 1), right(${first}::text, 1)"
    apart = [
        f"string_to_array(${first + place}::text, {marks})::{kind}[] AS {name}"
        for place, (name, kind) in enumerate(kinds.items(), start=1)
    ]
    picked = [
        f"CASE cardinality(a.{name}) WHEN 1 THEN a.{name}[1] {_empty(kind)}ELSE g.{name} END AS {name}"
        for name, kind in kinds.items()
    ]
    together = f"unnest({', '.join(f'a.{name}' for name in kinds)}) WITH ORDINALITY AS g ({', '.join(kinds)}, place)"
    return f"SELECT {', '.join(picked)}, g.place FROM (SELECT {', '.join(apart)} OFFSET 0) a, {together}"  # noqa: S608


def _empty(kind: str) -> str:
    """To string_to_array an empty text alone is no value at all."""
    return "WHEN 0 THEN '' " if kind == "text" else ""


def parameters(kinds: Mapping[str, str]) -> int:
    """How many parameters `unnested` takes."""
    return 1 + len(kinds)


def columns(rows: Iterable[Sequence[Any]], kinds: Mapping[str, str]) -> list[str | None]:
    """What is bound to the parameters of `unnested` with the same kinds."""
    found = list(zip(*rows, strict=True))
    if not found:
        return [None] * parameters(kinds)
    texts = [_texts(column, _TEXTS[kind]) for column, kind in zip(found, kinds.values(), strict=True)]
    for marks in _choices():
        joined = [_joined(column, marks) for column in texts]
        if None not in joined:
            return [marks, *joined]
    raise ValueError("these values hold every character that could separate them")


def _texts(column: Sequence[Any], text_of: Callable[[Any], str] | None) -> Sequence[str | None]:
    first = column[0]
    if first == column[-1] and column.count(first) == len(column):
        column = (first,)
    if text_of is None:
        return column
    if None in column:
        return [None if each is None else text_of(each) for each in column]
    return list(map(text_of, column))


def _joined(column: Sequence[str | None], marks: str) -> str | None:
    """None if a value holds one of the marks."""
    separator, null = marks[0], marks[1]
    nulls = 0
    try:
        joined = separator.join(column)  # type: ignore[arg-type]
    except TypeError:
        # Seldom: to look for NULL first in all columns of all batches would cost more than all the joining.
        nulls = column.count(None)
        joined = separator.join([null if each is None else each for each in column])
    if joined.count(separator) != len(column) - 1 or joined.count(null) != nulls:
        return None
    return joined


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
