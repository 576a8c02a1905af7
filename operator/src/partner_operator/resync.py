"""One full resync: which connectors are still to be looked at, and how long it took. Talks to nobody."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from partner_operator.connector import Key

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Resync:
    """`measured` hears, once, how many seconds passed from its beginning until every connector had been looked at.

    A look that fails counts: it is made again later, and its failure is measured as such.
    """

    measured: Callable[[float], None]
    _began: float = 0.0
    _number: int = 0
    _left: set[Key] = field(default_factory=set)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._mark()

    def begin(self, keys: Iterable[Key], at: float) -> None:
        """One that is not over yet is over with this: what it had not looked at stands in the new one."""
        if self._left:
            log.warning("a resync was not over when the next one began: %d of %d left", len(self._left), self._number)
        self._left = set(keys)
        self._began, self._number = at, len(self._left)
        self._mark()

    async def over(self, most_seconds: float) -> None:
        """Returns when nothing is left to be looked at, or after so long."""
        try:
            async with asyncio.timeout(most_seconds):
                await self._over.wait()
        except TimeoutError:
            return

    def looked_at(self, key: Key, at: float) -> None:
        """Also for a connector that is gone."""
        if key not in self._left:
            return
        self._left.discard(key)
        self._mark()
        if not self._left:
            log.info("resync: %d connectors compared in %.1f s", self._number, at - self._began)
            self.measured(at - self._began)

    def _mark(self) -> None:
        if self._left:
            self._over.clear()
        else:
            self._over.set()
