"""How fast a partner may be called: a token bucket in Valkey, shared by all replicas, kept by one Lua script.

A cache and nothing more: while Valkey is away each process keeps a bucket of its own, and a bucket that was lost starts
full. It must not know what the tokens are spent on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis

from crossdock_kit.valkey import Reach

# Judged by the server's clock. A negative wish gives tokens back; the next refill caps them at the burst.
_SCRIPT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(kept[1]) or burst, tonumber(kept[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
local got = math.min(wanted, math.floor(tokens))
tokens = tokens - got
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
local wait = 0
if tokens < 1 then wait = math.ceil((1 - tokens) / rate * 1000) end
return {got, wait}
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """Tokens per second, and how many may be spent at once after a quiet time."""

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        if self.per_second <= 0 or self.burst < 1:
            raise ValueError("a rate is above zero and allows at least one call")


@dataclass(frozen=True, slots=True)
class Granted:
    """How many of the wished tokens there were, and when there will be one (zero if there is one left)."""

    tokens: int
    wait: timedelta


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True, eq=False)
class RateLimiter:
    """Buckets by name. `valkey` None keeps them all in this process."""

    valkey: Redis | None = None
    prefix: str = "crossdock:rate:"
    monotonic: Callable[[], float] = time.monotonic
    fallbacks: int = 0
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _reach: Reach = field(init=False)

    def __post_init__(self) -> None:
        self._reach = Reach(self.valkey, "partners are paced by this process alone", self.monotonic)

    async def take(self, name: str, rate: Rate, wanted: int = 1) -> Granted:
        """At most `wanted` tokens of the bucket, perhaps none; never waits for them."""
        granted = await self._reach.ask(lambda valkey: self._take_shared(valkey, name, rate, wanted))
        if granted is not None:
            return granted
        if self.valkey is not None:
            self.fallbacks += 1
        return self._take_local(name, rate, wanted)

    async def give_back(self, name: str, rate: Rate, tokens: int) -> None:
        """Returns tokens that were not spent."""
        if tokens > 0:
            await self.take(name, rate, -tokens)

    async def _take_shared(self, valkey: Redis, name: str, rate: Rate, wanted: int) -> Granted:
        answer: Any = await valkey.register_script(_SCRIPT)(
            keys=[self.prefix + name], args=[rate.per_second, rate.burst, wanted]
        )
        return Granted(int(answer[0]), timedelta(milliseconds=int(answer[1])))

    def _take_local(self, name: str, rate: Rate, wanted: int) -> Granted:
        now = self.monotonic()
        bucket = self._buckets.setdefault(name, _Bucket(rate.burst, now))
        bucket.tokens = min(rate.burst, bucket.tokens + (now - bucket.at) * rate.per_second)
        bucket.at = now
        got = min(wanted, math.floor(bucket.tokens))
        bucket.tokens -= got
        wait = 0.0 if bucket.tokens >= 1 else (1 - bucket.tokens) / rate.per_second
        return Granted(got, timedelta(seconds=wait))
