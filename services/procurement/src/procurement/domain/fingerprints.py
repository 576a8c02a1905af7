"""What a document says, as one hash: equal for a repeat, however it is written (100 or 100.0, lines in any order)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from procurement.domain.quantities import plain

ADDED = "added"
"""Of a field that documents got later: where it is empty it stands in no hash, so that what was said before it was
there is known again."""


def fingerprint(*parts: Any) -> str:
    """SHA-256 in hex over the values of dataclasses, tuples and plain values."""
    return hashlib.sha256("\x1f".join(_words(parts)).encode()).hexdigest()


def unordered(parts: Iterable[Any]) -> tuple[str, ...]:
    """The parts whatever their order; two equal ones count twice."""
    return tuple(sorted(fingerprint(part) for part in parts))


def _words(value: Any) -> Iterable[str]:
    if is_dataclass(value) and not isinstance(value, type):
        yield type(value).__name__
        for each in fields(value):
            said = getattr(value, each.name)
            if said or not each.metadata.get(ADDED):
                yield from _words(said)
    elif isinstance(value, tuple):
        yield f"({len(value)}"
        for part in value:
            yield from _words(part)
    else:
        yield str(plain(value)) if isinstance(value, Decimal) else repr(value)
