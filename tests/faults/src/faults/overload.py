"""F22: one company asks for five times as much as there is room for; another one asks for a little, as always.

First the capacity is looked for with callers that wait for their answers, and kept up for as long as the flood will
last; then a process of its own calls five times as often, whoever still waits. What is refused must be refused with
RESOURCE_EXHAUSTED, what was accepted must stand, the other company must hardly notice. Callers and services share this
machine's processors, so the capacity is that of both.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg
import grpc
from partners.suite import Suite

from faults import world
from faults.checkers.finding import Finding
from faults.flood import Flood, Flooded, call_for, flooded_by_another_process
from faults.stack import FaultStack

CALLERS, LOOKED_SECONDS = (8, 32, 96), 6.0
TIMES, LASTS_SECONDS = 5, 20.0
DEADLINE_SECONDS, NEIGHBOUR_PAUSE = 5.0, 0.2
SIZES = (1, 10, 20, 30)
"""Baskets of a call, as in the rest of the proof. What a refusal costs is the same for a call of one and of thirty."""
GOODPUT_SHARE, OTHERS_SHARE, SLOWER = 0.8, 0.01, 2.0
PLENTY = world.SKUS[20:120]


@dataclass
class Counted:
    """What became of calls that were waited for, and how long the accepted ones took."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    baskets: int = 0

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
        looked = {callers: await self._waiting(callers, Counted(), LOOKED_SECONDS) for callers in CALLERS}
        best = max(looked, key=lambda callers: looked[callers].baskets)
        before, beside = Counted(), Counted()
        peak = await self._waiting(best, before, LASTS_SECONDS)
        calm = asyncio.create_task(self._neighbour(beside, LASTS_SECONDS))
        flood = await flooded_by_another_process(self._flood(TIMES * peak.outcomes["OK"] / LASTS_SECONDS))
        await calm
        await self._judge(peak.baskets / LASTS_SECONDS, flood, before, beside)

    async def _waiting(self, callers: int, calm: Counted, seconds: float) -> Counted:
        """What so many callers that wait for their answers get done beside the other company, which is `calm`."""
        counted = Counted()
        neighbour = asyncio.create_task(self._neighbour(calm, seconds))
        await asyncio.gather(*(self._waiting_caller(counted, seconds) for _ in range(callers)))
        await neighbour
        return counted

    async def _waiting_caller(self, counted: Counted, seconds: float) -> None:
        until = _now() + seconds
        while _now() < until:
            await self._call(self.loud, counted)

    async def _neighbour(self, counted: Counted, seconds: float) -> None:
        until = _now() + seconds
        while _now() < until:
            await self._call(self.quiet, counted)
            await asyncio.sleep(NEIGHBOUR_PAUSE)

    def _flood(self, per_second: float) -> Flood:
        return Flood(
            address=self.stack.services["inventory"],
            metadata=tuple(self.loud.credentials()),
            business_unit=world.UNIT,
            skus=PLENTY,
            sizes=SIZES,
            reference=f"FLOOD-{self.seed}",
            seed=f"flood/{self.seed}",
            per_second=per_second,
            seconds=LASTS_SECONDS,
            deadline_seconds=DEADLINE_SECONDS,
        )

    async def _call(self, suite: Suite, counted: Counted) -> None:
        self._count += 1
        skus = self._chance.choices(PLENTY, k=self._chance.choice(SIZES))
        request = call_for(skus, world.UNIT, f"CALM-{self.seed}-{self._count}", self._chance)
        began = _now()
        try:
            await suite.inventory.ReserveStock(request, metadata=tuple(suite.credentials()), timeout=DEADLINE_SECONDS)
        except grpc.aio.AioRpcError as error:
            counted.outcomes[error.code().name] += 1
            return
        counted.outcomes["OK"] += 1
        counted.baskets += len(request.reservations)
        counted.seconds.append(_now() - began)

    async def _judge(self, peak: float, flood: Flooded, before: Counted, beside: Counted) -> None:
        finding, outcomes = self.finding, Counter(flood.outcomes)
        goodput = await self._done(flood) / LASTS_SECONDS
        total = sum(outcomes.values())
        others = total - outcomes["OK"] - outcomes["RESOURCE_EXHAUSTED"]
        self.figures |= {
            "calls per second that were sent": round(flood.sent / LASTS_SECONDS, 1),
            "processor seconds of the caller": round(flood.processor_seconds, 1),
            "peak, baskets per second": round(peak, 1),
            "goodput, baskets per second": round(goodput, 1),
            "goodput of peak": round(goodput / peak, 2) if peak else 0.0,
            "the other company's p95 before": round(before.p95(), 3),
            "the other company's p95 beside it": round(beside.p95(), 3),
            **{f"answered {name}": count for name, count in sorted(outcomes.items())},
        }
        finding.facts += total
        finding.look(goodput < GOODPUT_SHARE * peak, f"{goodput:.0f} baskets per second of {peak:.0f} were done")
        finding.look(not outcomes["RESOURCE_EXHAUSTED"], "nothing was refused")
        finding.look(others > OTHERS_SHARE * total, f"{others} of {total} calls were answered otherwise: {outcomes}")
        slower = beside.p95() > SLOWER * before.p95()
        finding.look(slower, f"the other company waited {beside.p95():.3f} s (p95), {before.p95():.3f} s before")
        failed = sum(beside.outcomes.values()) - beside.outcomes["OK"]
        finding.look(failed > 0, f"{failed} calls of the other company failed: {beside.outcomes}")

    async def _done(self, flood: Flooded) -> int:
        """How many were done while the flood lasted. What was accepted must be there. The services' word counts: the
        caller, who stands back behind them, reads its answers when it can."""
        over = datetime.fromtimestamp(flood.began_at + LASTS_SECONDS, UTC)
        connection = await asyncpg.connect(self.stack.admin_database, timeout=10)
        try:
            found = await connection.fetch(
                "SELECT created_at FROM inventory.reservation WHERE reference = ANY ($1::text[])", flood.references
            )
        finally:
            await connection.close()
        self.finding.look(
            len(found) != len(flood.references), f"{len(flood.references)} baskets accepted, {len(found)} there"
        )
        return sum(row["created_at"] <= over for row in found)


def _now() -> float:
    return asyncio.get_running_loop().time()
