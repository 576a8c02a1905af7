"""Words of a contract's enumerations as people type and read them: `out_for_delivery`, without its prefix."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import typer


def word_of(enumeration: Any, value: int, prefix: str) -> str:
    return str(enumeration.Name(value)).removeprefix(prefix).lower()


def words(enumeration: Any, prefix: str, without: Container[int] = (0,)) -> dict[str, int]:
    """Every word with its value; what says nothing is none of them."""
    return {word_of(enumeration, value, prefix): value for value in enumeration.values() if value not in without}


def value_of(enumeration: Any, prefix: str, text: str, without: Container[int] = (0,)) -> Any:
    """Of no text the value that says nothing. Raises typer.BadParameter, which names the words that there are."""
    if not text:
        return 0
    known = words(enumeration, prefix, without)
    found = known.get(text.strip().lower().replace("-", "_"))
    if found is None:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(known)}")
    return found
