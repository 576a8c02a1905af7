"""Parts of a JSON text as the very bytes that the partner wrote: what is stored of a page is what was received.

Pure. Numbers are never read and written again, so that 1.10 stays 1.10.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


class NotJson(ValueError):
    """The text is no JSON, or too deep to be read."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A value and where it stands in its text."""

    whole: str
    begin: int
    end: int
    value: Any

    @property
    def text(self) -> str:
        return self.whole[self.begin : self.end]

    def at(self, pointer: str) -> Slice | None:
        """The value at a JSON pointer (RFC 6901); None where it leads nowhere."""
        found: Slice | None = self
        for token in pointer.split("/")[1:]:
            if found is None:
                return None
            found = found._child(token.replace("~1", "/").replace("~0", "~"))
        return found

    def elements(self) -> Iterator[Slice]:
        """The elements of a list; none of anything else."""
        if isinstance(self.value, list):
            yield from (each for _, each in self._children(named=False))

    def word(self) -> str:
        """A text or a whole number as text; empty for everything else."""
        plain = isinstance(self.value, str | int) and not isinstance(self.value, bool)
        return str(self.value) if plain else ""

    def _child(self, token: str) -> Slice | None:
        if not isinstance(self.value, dict | list):
            return None
        named = isinstance(self.value, dict)
        # Of a name that stands twice the last one counts, as every reader of JSON has it.
        return dict(self._children(named=named)).get(token)

    def _children(self, *, named: bool) -> Iterator[tuple[str, Slice]]:
        position, number = self._after_space(self.begin + 1), 0
        while position < self.end - 1:
            name = str(number)
            if named:
                name, position = _DECODER.raw_decode(self.whole, position)
                position = self._after_space(self._after_space(position) + 1)
            value, end = _DECODER.raw_decode(self.whole, position)
            yield name, Slice(self.whole, position, end, value)
            # Past the comma, or past the closing bracket.
            position, number = self._after_space(self._after_space(end) + 1), number + 1

    def _after_space(self, position: int) -> int:
        found = _SPACE.match(self.whole, position)
        return found.end() if found else position


def read(content: bytes) -> Slice:
    """The whole of a JSON text. Raises NotJson."""
    try:
        text = content.decode("utf-8-sig")
        begin = len(text) - len(text.lstrip(" \t\n\r"))
        value, end = _DECODER.raw_decode(text, begin)
    except (ValueError, RecursionError) as error:
        raise NotJson("it is no JSON in UTF-8") from error
    if text[end:].strip(" \t\n\r"):
        raise NotJson("something follows the end of the JSON")
    return Slice(text, begin, end, value)
