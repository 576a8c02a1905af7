"""Text from partners as the database can hold it: without NUL and halves of surrogate pairs."""

from __future__ import annotations

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def clean(text: str) -> str:
    return text.replace("\x00", _REPLACEMENT).encode("utf-8", "replace").decode("utf-8")
