"""F22: one company asks for five times as much as there is room for; another one asks for a little, as always.

First the capacity is looked for with callers that wait for their answers, then calls come at five times that rate,
whoever still waits. What is refused must be refused with RESOURCE_EXHAUSTED, what was accepted must stand, the other
company must hardly notice. Caller and services share this machine's processors, so the capacity is that of both.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import grpc
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from google.protobuf.duration_pb2 import Duration
from partners.suite import Suite

from faults import world
from faults.checkers.finding import Finding
from faults.stack import FaultStack

CALLERS, LOOKED_SECONDS = (8, 32, 96), 6.0
TIMES, LASTS_SECONDS, TICK_SECONDS = 5, 20.0, 0.02
DEADLINE_SECONDS, NEIGHBOUR_PAUSE = 5.0, 0.2
GOODPUT_SHARE, OTHERS_SHARE, SLOWER = 0.8, 0.01, 2.0
PLENTY = world.SKUS[20:120]


@dataclass
class Counted:
    """What became of calls, and how long the accepted ones took."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    seconds_of_refused: list[float] = field(default_factory=list)
    references: list[str] = field(default_factory=list)

    def p95(self) -> float:
        ordered = sorted(self.seconds)
        return ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else 0.0


@dataclass
class Overload:
    stack: FaultStack
    loud: Suite
    quiet: Suite
    seed: int
    finding: Finding = field(default_factory=lambda: Finding("F22", "five times the capacity"))
    figures: dict[str, float] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(f"overload/{self.seed}")

    async def play(self) -> None:
        peak, before = 0.0, Counted()
        for callers in CALLERS:
            counted = Counted()
            calm = asyncio.create_task(self._neighbour(before, LOOKED_SECONDS))
            await asyncio.gather(*(self._waiting_caller(counted, LOOKED_SECONDS) for _ in range(callers)))
            await calm
            peak = max(peak, counted.outcomes["OK"] / LOOKED_SECONDS)
        flood, beside = Counted(), Counted()
        calm = asyncio.create_task(self._neighbour(beside, LASTS_SECONDS))
        await self._flood(flood, TIMES * peak)
        await calm
        await self._judge(peak, flood, before, beside)

    async def _waiting_caller(self, counted: Counted, seconds: float) -> None:
        until = _now() + seconds
        while _now() < until:
            await self._call(self.loud, counted)

    async def _neighbour(self, counted: Counted, seconds: float) -> None:
        until = _now() + seconds
        while _now() < until:
            await self._call(self.quiet, counted)
            await asyncio.sleep(NEIGHBOUR_PAUSE)

    async def _flood(self, counted: Counted, per_second: float) -> None:
        """Calls at a rate, not as answers allow. What the caller's own processor cannot send is told as such."""
        began, sent = _now(), 0
        async with asyncio.TaskGroup() as group:
            while (passed := _now() - began) < LASTS_SECONDS:
                for _ in range(int(passed * per_second) - sent):
                    group.create_task(self._call(self.loud, counted, until=began + LASTS_SECONDS))
                    sent += 1
                await asyncio.sleep(TICK_SECONDS)
        self.figures["calls per second that were sent"] = round(sent / LASTS_SECONDS, 1)

    async def _call(self, suite: Suite, counted: Counted, until: float = math.inf) -> None:
        request = self._request()
        began = _now()
        try:
            await suite.inventory.ReserveStock(request, metadata=tuple(suite.credentials()), timeout=DEADLINE_SECONDS)
        except grpc.aio.AioRpcError as error:
            counted.outcomes[error.code().name] += 1
            counted.seconds_of_refused.append(_now() - began)
            return
        counted.references.append(request.reservations[0].reference)
        counted.seconds.append(_now() - began)
        counted.outcomes["OK" if _now() <= until else "OK, but late"] += 1

    def _request(self) -> inventory.ReserveStockRequest:
        self._count += 1
        line = inventory.ReservationLine(
            sku=self._chance.choice(PLENTY), quantity=values_pb2.Quantity(value="1", unit="EA")
        )
        basket = inventory.ReservationRequest(
            request_id=str(UUID(int=self._chance.getrandbits(128), version=4)),
            business_unit=world.UNIT,
            channel="shop",
            lines=[line],
            reference=f"FLOOD-{self.seed}-{self._count}",
            hold=Duration(seconds=3600),
        )
        return inventory.ReserveStockRequest(reservations=[basket])

    async def _judge(self, peak: float, flood: Counted, before: Counted, beside: Counted) -> None:
        finding, outcomes = self.finding, flood.outcomes
        goodput = outcomes["OK"] / LASTS_SECONDS
        total = sum(outcomes.values())
        others = total - outcomes["OK"] - outcomes["RESOURCE_EXHAUSTED"]
        self.figures |= {
            "peak per second": round(peak, 1),
            "goodput per second": round(goodput, 1),
            "goodput of peak": round(goodput / peak, 2) if peak else 0.0,
            "the other company's p95 before": round(before.p95(), 3),
            "the other company's p95 beside it": round(beside.p95(), 3),
            **{f"answered {name}": count for name, count in sorted(outcomes.items())},
        }
        finding.facts += total
        finding.look(goodput < GOODPUT_SHARE * peak, f"{goodput:.0f} per second of {peak:.0f} were done")
        finding.look(not outcomes["RESOURCE_EXHAUSTED"], "nothing was refused")
        finding.look(others > OTHERS_SHARE * total, f"{others} of {total} calls were answered otherwise: {outcomes}")
        slower = beside.p95() > SLOWER * before.p95()
        finding.look(slower, f"the other company waited {beside.p95():.3f} s (p95), {before.p95():.3f} s before")
        failed = sum(beside.outcomes.values()) - beside.outcomes["OK"]
        finding.look(failed > 0, f"{failed} calls of the other company failed: {beside.outcomes}")
        await self._stand(flood.references)

    async def _stand(self, references: Sequence[str]) -> None:
        """What was accepted is there."""
        connection = await asyncpg.connect(self.stack.admin_database, timeout=10)
        try:
            found = await connection.fetchval(
                "SELECT count(*) FROM inventory.reservation WHERE reference = ANY ($1::text[])", list(references)
            )
        finally:
            await connection.close()
        self.finding.look(found != len(references), f"{len(references)} were accepted, {found} are there")


def _now() -> float:
    return asyncio.get_running_loop().time()
