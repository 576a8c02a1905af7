"""Counts of what the processes say happened, summed over their lives: each restart begins at zero again.

A run in which a rare thing never happened proves nothing about it, so these decide whether the run is valid.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import grpc
from crossdock.ops.v1 import ops_service_pb2 as ops
from partners.suite import Suite

from faults.stack import FaultStack

REQUIRED = ("redelivered", "duplicate_dropped", "parked", "reconciled", "lease_moved", "compensated")
EVERY_SECONDS = 0.7
Life = tuple[str, int]


@dataclass
class Tally:
    """`desks` are the processes' ops stubs by name."""

    stack: FaultStack
    suites: Mapping[str, Suite]
    lives: dict[Life, Mapping[str, int]] = field(default_factory=dict)
    at_start: Counter[str] = field(default_factory=Counter)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        await asyncio.gather(*(self._ask(name, suite) for name, suite in self.suites.items()))

    async def begin(self) -> None:
        """What was taken by the first start is not moved."""
        await self.look()
        self.at_start = self.total

    async def _ask(self, name: str, suite: Suite) -> None:
        pid = self.stack.pid(name)
        if pid is None:
            return
        stub = suite.desks[name.removesuffix("-2")]
        try:
            answer = await stub.GetBacklog(ops.GetBacklogRequest(), metadata=tuple(suite.credentials()), timeout=1.5)
        except grpc.aio.AioRpcError:
            return
        self.lives[name, pid] = dict(answer.counters)

    @property
    def total(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for counters in self.lives.values():
            found.update(counters)
        return found

    def since_start(self) -> dict[str, int]:
        total = self.total
        return {name: total[name] - self.at_start[name] for name in total}
