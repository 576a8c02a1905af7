"""How much of a server one tenant may take: calls under way at once, and its part when calls stand in line.

Whoever is let in waits for those before it. If all are let in while more come than can be done, each waits until its
time is up and everything is done for nobody. So while the line is long, tenants that had more than an equal part lately
are refused, at once and for as little as possible; whoever asks for little is served as always.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from crossdock_kit.errors import Exhausted
from crossdock_kit.server.line import Line

FEW, BURST = 16, 128
"""Calls a second that a tenant is never refused for, and how many of them it may save up: customers who come all at
once after a quiet moment are no overload."""
_LATELY_SECONDS, _FORGOTTEN = 1.0, 0.01
_COMES_AGAIN = timedelta(seconds=1)


@dataclass
class ShareUsedUp(Exhausted):
    """A tenant has as many calls under way as it may; the caller waits a moment and calls again."""

    under_way: int

    retry_after = _COMES_AGAIN

    def __str__(self) -> str:
        return f"{self.under_way} calls of this tenant are under way"


@dataclass
class LineTooLong(Exhausted):
    """More calls come than can be done, and most are this tenant's; the caller waits a moment and calls again."""

    retry_after = _COMES_AGAIN

    def __str__(self) -> str:
        return "more calls come than can be done, and this tenant had its part"


@dataclass(slots=True)
class _Lately:
    """How many calls were let in, the older the less they count; `spare` are those that it has saved up."""

    spare: float
    count: float = 0.0
    at: float = 0.0

    def by(self, now: float) -> float:
        return self.count * math.exp((self.at - now) / _LATELY_SECONDS)


class Shares:
    """Calls of one process; `share`: how many of one tenant may be under way. The server opens and ends the `line`."""

    def __init__(
        self,
        share: int = 256,
        line: Line | None = None,
        *,
        few: int = FEW,
        burst: int = BURST,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._share = share
        self.line = line or Line()
        self._few, self._burst = few, burst
        self._now = now
        self._under_way: dict[str, int] = {}
        self._lately: dict[str, _Lately] = {}

    @property
    def scarce(self) -> bool:
        """Whether anybody may have to be refused."""
        return self.line.is_long or any(n >= self._share for n in self._under_way.values())

    def refusal(self, tenant: str) -> Exhausted | None:
        """Why one more call of the tenant is not let in, if it is not."""
        under_way = self._under_way.get(tenant, 0)
        if under_way >= self._share:
            return ShareUsedUp(under_way)
        if self.line.is_long and self._had_its_part(tenant):
            return LineTooLong()
        return None

    @asynccontextmanager
    async def of(self, tenant: str) -> AsyncIterator[None]:
        """While a call of the tenant is under way. That of a tenant which asks for more than others begins after those
        who stand in a long line. Raises ShareUsedUp, LineTooLong."""
        self.enter(tenant)
        try:
            if self.line.is_long and self._lately[tenant].by(self._now()) >= self._average():
                await self.line.gone()
            yield
        finally:
            self.leave(tenant)

    def enter(self, tenant: str) -> None:
        """To be followed by `leave`. Raises ShareUsedUp, LineTooLong."""
        if refusal := self.refusal(tenant):
            raise refusal
        self._under_way[tenant] = self._under_way.get(tenant, 0) + 1
        lately, now = self._lately.setdefault(tenant, _Lately(self._burst)), self._now()
        lately.spare = max(0.0, self._spare(lately, now) - 1)
        lately.count, lately.at = lately.by(now) + 1, now

    def leave(self, tenant: str) -> None:
        left = self._under_way[tenant] - 1
        if left:
            self._under_way[tenant] = left
        else:
            del self._under_way[tenant]

    def _had_its_part(self, tenant: str) -> bool:
        mine, now = self._lately.get(tenant), self._now()
        return mine is not None and self._spare(mine, now) < 1 and mine.by(now) >= self._average()

    def _spare(self, lately: _Lately, now: float) -> float:
        return min(self._burst, lately.spare + (now - lately.at) * self._few)

    def _average(self) -> float:
        """Of those who called lately; whoever did not is forgotten."""
        now = self._now()
        calls = {name: lately.by(now) for name, lately in self._lately.items()}
        self._lately = {name: lately for name, lately in self._lately.items() if calls[name] >= _FORGOTTEN}
        return sum(calls.values()) / len(calls)
