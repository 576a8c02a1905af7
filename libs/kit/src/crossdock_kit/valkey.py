"""Valkey while it answers: whoever asks it goes on without it, and does not wait for it twice in a row.

What is kept there is a cache or a shared counter, so no answer is an answer. It must not know what is asked.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from crossdock_kit.cancellation import heeded

log = logging.getLogger(__name__)
T = TypeVar("T")

_ANSWER_SECONDS = 0.25
_REST_SECONDS = 2.0
# What uvloop says of a write to a connection that broke a moment ago; other RuntimeErrors are bugs of ours.
_BROKE = "the handler is closed"


@dataclass(slots=True, eq=False)
class Reach:
    """`valkey` None is never reached; `without` says in the log how it goes on without it."""

    valkey: Redis | None
    without: str
    monotonic: Callable[[], float] = time.monotonic
    _rests_until: float = -math.inf

    @heeded
    async def ask(self, call: Callable[[Redis], Awaitable[T]]) -> T | None:
        """What the call gives, or None while Valkey is away."""
        if self.valkey is None or self.monotonic() < self._rests_until:
            return None
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await call(self.valkey)
        except (RedisError, OSError, TimeoutError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and _BROKE not in str(error):
                raise
            self._rests_until = self.monotonic() + _REST_SECONDS
            log.warning("valkey is away, %s: %s", self.without, type(error).__name__)
            return None
