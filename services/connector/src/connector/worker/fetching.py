"""What every source that is asked for documents has in common, whatever the transport is: it reads, hands in, and says
where the reading stands. It keeps nothing: the cursor is the connector's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

LONGEST_CURSOR = 2000


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as the partner has it. `name` is the same whenever the same document is read."""

    name: str
    content_type: str
    path: str
    content: bytes


Take = Callable[[Fetched], Awaitable[None]]
"""Hands a document in; when it returns, the document is stored."""


@dataclass(frozen=True, slots=True)
class PageRead:
    """`cursor` is where the next page begins."""

    documents: int
    cursor: str = ""
    more: bool = False


class NotRead(Exception):
    """A page cannot be read now: a sentence and a word, without the partner's own words and without secrets."""

    def __init__(self, fault: str, code: str, retry_after_seconds: int = 0) -> None:
        super().__init__(fault)
        self.code = code
        self.retry_after_seconds = retry_after_seconds


class Source(Protocol):
    @property
    def kind(self) -> str: ...

    @property
    def most_pages(self) -> int: ...

    async def read(self, cursor: str, take: Take) -> PageRead:
        """Reads one page and gives each document of it away. Raises NotRead."""
        ...
