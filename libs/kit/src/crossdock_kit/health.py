"""Whether the process may be sent work (readiness) and whether it lives (liveness), as gRPC health v1.

Readiness is dependencies and progress: a service that is connected but does nothing is not ready. Liveness is the event
loop alone, never the database, so that an outage elsewhere restarts nobody. Knows no dependency by name.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio as grpc_health

log = logging.getLogger(__name__)

READINESS = ""
LIVENESS = "liveness"
_EVERY_SECONDS = 2.0
_PATIENCE_SECONDS = 3.0
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

Check = Callable[[], Awaitable[Any]]


class Progress:
    """A loop's sign of life: `beat()` after each round, stale when the last one is older than `limit_seconds`."""

    def __init__(self, limit_seconds: float) -> None:
        self._limit = limit_seconds
        self._last = time.monotonic()

    def beat(self) -> None:
        self._last = time.monotonic()

    async def check(self) -> None:
        age = time.monotonic() - self._last
        if age > self._limit:
            raise TimeoutError(f"no progress for {age:.0f} s")


class Health:
    """Runs the checks and tells the health service. A check says no by raising."""

    def __init__(self) -> None:
        self.servicer = grpc_health.HealthServicer()
        self._checks: dict[str, Check] = {}
        self._failing: dict[str, str] = {}
        self._draining = False

    def require(self, name: str, check: Check) -> None:
        """Makes readiness depend on a check."""
        self._checks[name] = check

    @property
    def failing(self) -> dict[str, str]:
        """What is not ready and why, for logs and tests."""
        return dict(self._failing)

    async def start(self) -> None:
        await self.servicer.set(LIVENESS, _SERVING)
        await self.servicer.set(READINESS, _NOT_SERVING)

    async def look(self) -> bool:
        """Runs every check once and publishes the result."""
        results = await asyncio.gather(*(self._ask(check) for check in self._checks.values()))
        failing = {name: why for name, why in zip(self._checks, results, strict=True) if why}
        if failing != self._failing:
            log.warning("readiness changed", extra={"failing": failing})
        self._failing = failing
        ready = not failing and not self._draining
        await self.servicer.set(READINESS, _SERVING if ready else _NOT_SERVING)
        return ready

    async def watch(self) -> None:
        """Looks again and again until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_EVERY_SECONDS)

    async def drain(self) -> None:
        """Asks for no more work, before anything is stopped."""
        self._draining = True
        await self.servicer.set(READINESS, _NOT_SERVING)

    async def _ask(self, check: Check) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await check()
        except Exception as error:  # noqa: BLE001
            return f"{type(error).__name__}: {error}"
        return ""
