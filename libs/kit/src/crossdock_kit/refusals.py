"""What the broker refuses although it takes other events: set aside, with all that comes after it of its aggregate.

The others go on, and the order of the aggregate stays. A refused event is tried some more times at once, then once a
minute and whenever somebody asks for it, alone; once it is accepted, what waited behind it follows. Kept in memory: who
relays it next finds it out anew. It must not know how anything is published.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

ATTEMPTS = 5
"""After so many an event is set aside, and somebody is told."""
AGAIN_SECONDS = 60.0
Row: TypeAlias = Mapping[str, Any]
"""An event that waits, with its journal row, as the relay claims it."""
Key = tuple[str, str]


def _now() -> float:
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class Refusal:
    """An event that was refused last for `reason`, and the positions of what waits `behind` it. `told` is the attempt
    that somebody was told of."""

    row: Row
    reason: str = ""
    attempts: int = 0
    again_at: float = 0.0
    told: int = 0
    behind: set[int] = field(default_factory=set)

    @property
    def event_id(self) -> UUID:
        found: UUID = self.row["event_id"]
        return found

    @property
    def position(self) -> int:
        return int(self.row["position"])


@dataclass(eq=False)
class Refusals:
    """Of one relay, by tenant and aggregate. `clock` counts seconds."""

    clock: Callable[[], float] = _now
    _open: dict[Key, Refusal] = field(default_factory=dict)
    _as_of: float = 0.0
    """When the last claim was made: what it left out was set aside then."""

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def lasting(self) -> list[Refusal]:
        """Those that somebody has to look at."""
        return [each for each in self._open.values() if each.attempts >= ATTEMPTS]

    def claiming(self) -> list[int]:
        """Positions that the claim which is made now passes over."""
        self._as_of = self.clock() if self._open else 0.0
        return self._aside(self._as_of)

    def aside(self) -> list[int]:
        """Positions that do not go out for now."""
        return self._aside(self.clock() if self._open else 0.0)

    def _aside(self, now: float) -> list[int]:
        resting = [each.position for each in self._open.values() if each.again_at > now]
        return resting + [position for each in self._open.values() for position in each.behind]

    def passing(self, rows: Sequence[Row], largest: int) -> Sequence[Row]:
        """Of what was claimed, in its order, what may be published now. An event of more than `largest` bytes is never
        sent: the broker would close the link, and all others would go with it."""
        if not self._open and all(_size(row) <= largest for row in rows):
            return rows
        met, gone = set[Key](), set[Key]()
        return [row for row in rows if self._passes(row, largest, met, gone)]

    def _passes(self, row: Row, largest: int, met: set[Key], gone: set[Key]) -> bool:
        key = _key(row)
        found = self._open.get(key)
        if found is not None and found.event_id == row["event_id"]:
            met.add(key)
            found.row = row
        elif found is not None and row["version"] > found.row["version"]:
            if key in met or found.again_at > self._as_of:
                found.behind.add(row["position"])
            else:
                # It would have been claimed before this one: it waits no more, and the next claim has all others.
                del self._open[key]
                gone.add(key)
            return False
        if key in gone:
            return False
        if _size(row) > largest:
            self.refused(row, f"it has {_size(row)} bytes, the broker takes {largest}", for_good=True)
            met.add(key)
            return False
        return True

    def refused(self, row: Row, reason: str, *, for_good: bool = False) -> None:
        """`for_good`: there is no use in trying again at once."""
        key = _key(row)
        found = self._open.get(key)
        if found is not None and found.row["version"] < row["version"]:
            found.behind.add(row["position"])
            return
        if found is None or found.event_id != row["event_id"]:
            # One of before is published again, and refused now: the one that was refused comes after it.
            behind = {*found.behind, found.position} if found else set()
            found = self._open[key] = Refusal(row, behind=behind)
        found.reason = reason
        found.attempts = max(found.attempts + 1, ATTEMPTS if for_good else 0)
        found.again_at = self.clock() + AGAIN_SECONDS if found.attempts >= ATTEMPTS else 0.0

    def accepted(self, row: Row) -> None:
        found = self._open.get(_key(row))
        if found is not None and found.event_id == row["event_id"]:
            del self._open[_key(row)]

    def at_once(self) -> None:
        """Each is tried with the next claim."""
        for each in self._open.values():
            each.again_at = 0.0

    def forget(self) -> None:
        self._open.clear()


def _key(row: Row) -> Key:
    return row["tenant"], row["aggregate"]


def _size(row: Row) -> int:
    # Headers are ASCII.
    return len(row["headers"]) + len(row["body"])
