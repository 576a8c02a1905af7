"""The words of a replay: which work is meant, what would become of each item, and who finds such items. No I/O."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from crossdock_kit.unit_of_work import Work

LIMIT = 1000
"""Items that one call looks at, of each kind: an operator narrows the selection rather than waits for ever."""


class Decision(Enum):
    DO = "do"
    SKIP = "skip"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which work is meant. Every condition that is given holds."""

    key: str = ""
    partner: str = ""
    types: tuple[str, ...] = ()
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None

    def names(self, kind: str) -> bool:
        """Whether a kind of work, or the full name of an event, is meant."""
        return not self.types or kind in self.types or kind.rpartition(".")[2] in self.types

    def covers(self, at: datetime) -> bool:
        return (self.recorded_from is None or at >= self.recorded_from) and (
            self.recorded_to is None or at < self.recorded_to
        )

    def meets(self, keys: Sequence[str], transaction_ids: Sequence[str]) -> bool:
        """Whether a business key, with or without what stands before its colon, or a transaction is the one meant."""
        wanted = self.key.lower()
        return not wanted or any(
            wanted in {each.lower(), each.partition(":")[2].lower()} for each in (*keys, *transaction_ids)
        )

    def __str__(self) -> str:
        """In words, for the record."""
        parts = {
            "key": self.key,
            "partner": self.partner,
            "types": ", ".join(self.types),
            "from": self.recorded_from.isoformat() if self.recorded_from else "",
            "to": self.recorded_to.isoformat() if self.recorded_to else "",
        }
        return "; ".join(f"{name} {value}" for name, value in parts.items() if value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One piece of work. `subject` is the name by which exceptions know it, and by which it is started again."""

    subject: str
    what: str
    decision: Decision
    why: str
    keys: tuple[str, ...] = ()
    transaction_ids: tuple[str, ...] = ()


Find = Callable[[Selection, Work], Awaitable[Sequence[Item]]]
"""Items of one kind that a selection means, at most LIMIT + 1, locked by nobody."""
Redo = Callable[[str, Work], Awaitable[str]]
"""Starts again what a subject names, in the open work; says in words what it did. Raises NotFound if there is nothing
left to start."""
Discard = Callable[[str, str, Work], Awaitable[str]]
"""Gives up what a subject names, for a reason; says in words what that means."""
