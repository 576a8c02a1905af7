"""Which resource is looked at when: never twice at once, never more than once a second, again later where it failed.

Level-triggered: a key stands for "look at it", however many events asked for that. Knows neither cluster nor trade.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from crossdock_kit.errors import Conflict, CrossdockError, Refused, Unavailable

from partner_operator.connector import Key

log = logging.getLogger(__name__)

PACE_SECONDS = 1.0
_FIRST_RETRY, _LONGEST_RETRY = 1.0, 60.0
# Looks at once; most of each is waiting for the API server.
_AT_ONCE = 8
# What a resync asks for gives way for so long to what somebody changed, and then waits like everything else.
_YIELD_SECONDS = 10.0


@dataclass(eq=False)
class Work:
    """`look` may say after how many seconds it wants to be asked again. `measured` hears how each look ended."""

    look: Callable[[Key], Awaitable[float | None]]
    measured: Callable[[str, float], None] = lambda outcome, seconds: None
    _due: dict[Key, float] = field(default_factory=dict)
    _looked: dict[Key, float] = field(default_factory=dict)
    _failures: dict[Key, int] = field(default_factory=dict)
    _routine: set[Key] = field(default_factory=set)
    _under_way: dict[Key, asyncio.Task[None]] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self, key: Key, after: float = 0.0, *, routine: bool = False) -> None:
        """At the earliest after so many seconds; an earlier request stays. What is `routine` lets others go first."""
        now = asyncio.get_running_loop().time()
        if not routine:
            self._routine.discard(key)
        elif key not in self._due:
            self._routine.add(key)
        at = max(now + after, self._looked.get(key, -PACE_SECONDS) + PACE_SECONDS)
        self._due[key] = min(at, self._due.get(key, at))
        self._changed.set()

    def forget(self, key: Key) -> None:
        for each in (self._due, self._looked, self._failures):
            each.pop(key, None)
        self._routine.discard(key)

    async def run(self) -> None:
        """Until cancelled; looks that are under way end first."""
        try:
            while True:
                self._changed.clear()
                wait = self._start_due()
                try:
                    async with asyncio.timeout(wait):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _start_due(self) -> float | None:
        """Begins what is due and can be; says how long nothing more is due."""
        now = asyncio.get_running_loop().time()
        waiting: list[float] = []
        # Where no more can be begun there is nothing to sort either: who ends one asks again.
        for key in sorted(self._due, key=self._turn) if len(self._under_way) < _AT_ONCE else ():
            if len(self._under_way) >= _AT_ONCE:
                break
            if key in self._under_way:
                continue
            at = self._due[key]
            if at > now:
                waiting.append(at - now)
                continue
            del self._due[key]
            self._routine.discard(key)
            self._looked[key] = now
            self._under_way[key] = asyncio.create_task(self._one(key))
        return min(waiting, default=None)

    def _turn(self, key: Key) -> float:
        return self._due[key] + (_YIELD_SECONDS if key in self._routine else 0.0)

    async def _one(self, key: Key) -> None:
        began = asyncio.get_running_loop().time()
        try:
            again, outcome = await self._tried(key)
        finally:
            del self._under_way[key]
            self._changed.set()
        self.measured(outcome, asyncio.get_running_loop().time() - began)
        if again is not None:
            self.ask(key, again)

    async def _tried(self, key: Key) -> tuple[float | None, str]:
        """After how many seconds to look again, and how this look ended."""
        try:
            again = await self.look(key)
        except Conflict as conflict:
            log.info("%s/%s: %s; looked at again", *key, conflict)
            return PACE_SECONDS, "conflict"
        except (Unavailable, Refused) as error:
            again = self._later(key)
            log.warning("%s/%s: %s; looked at again in %.0f s", *key, error, again)
            return again, "unavailable" if isinstance(error, Unavailable) else "refused"
        except CrossdockError as error:
            log.error("%s/%s: %s", *key, error)  # noqa: TRY400 - a fact, not a bug: its text says all
            return self._later(key), "refused"
        except Exception:
            log.exception("%s/%s: a bug", *key)
            return self._later(key), "bug"
        self._failures.pop(key, None)
        return again, "done"

    def _later(self, key: Key) -> float:
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        return float(min(_LONGEST_RETRY, _FIRST_RETRY * 2 ** min(failures, 6)))
