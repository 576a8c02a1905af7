"""F22: one company asks for five times as much as there is room for; another one asks for a little, as always.

First the number of callers is looked for that get most done while they wait for their answers. Then they and a process
of its own, which calls five times as often, whoever still waits, take turns, so that whatever else goes on (tables that
grow and are swept, consumers that are behind) meets both alike. What is refused must be refused with
RESOURCE_EXHAUSTED, what was accepted must stand, the other company must hardly notice. Callers and services share this
machine's processors, so the capacity is that of both.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import asyncpg
import grpc
from partners.suite import Suite

from faults import world
from faults.checkers.finding import Finding
from faults.flood import Flood, call_for, flooded_by_another_process
from faults.stack import FaultStack

CALLERS, LOOKED_SECONDS = (8, 32, 96), 6.0
TIMES, TURNS, TURN_SECONDS = 5, 5, 8.0
DEADLINE_SECONDS, NEIGHBOUR_PAUSE = 5.0, 0.2
SIZES = (1, 10, 20, 30)
"""Baskets of a call, as in the rest of the proof. What a refusal costs is the same for a call of one and of thirty."""
GOODPUT_SHARE, OTHERS_SHARE, SLOWER = 0.8, 0.01, 2.0
PLENTY = world.SKUS[20:120]
SENT, CALLER = "calls per second that were sent", "processor seconds of the caller"


@dataclass
class Counted:
    """What became of calls. `references` are those of baskets whose callers heard that they are done; `done` counts
    those that were done within the time; `seconds` is how long accepted calls took whose callers waited."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    done: int = 0

    def add(self, other: Counted) -> None:
        self.outcomes.update(other.outcomes)
        self.seconds += other.seconds
        self.references += other.references
        self.done += other.done

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
        best = max(looked, key=lambda callers: looked[callers].done)
        before, beside, peak, flood = Counted(), Counted(), Counted(), Counted()
        for turn in range(1, TURNS + 1):
            peak.add(await self._waiting(best, before, TURN_SECONDS))
            calls = TIMES * peak.outcomes["OK"] / turn / TURN_SECONDS
            calm = asyncio.create_task(self._neighbour(beside, TURN_SECONDS))
            flood.add(await self._flooded(turn, calls))
            await calm
        self._judge(peak.done / TURNS / TURN_SECONDS, flood, before, beside)

    async def _waiting(self, callers: int, calm: Counted, seconds: float) -> Counted:
        """What so many callers that wait for their answers get done beside the other company, which is `calm`."""
        counted, over = Counted(), datetime.now(UTC) + timedelta(seconds=seconds)
        neighbour = asyncio.create_task(self._neighbour(calm, seconds))
        await asyncio.gather(*(self._waiting_caller(counted, seconds) for _ in range(callers)))
        await neighbour
        counted.done = await self._done(counted.references, over)
        return counted

    async def _flooded(self, turn: int, per_second: float) -> Counted:
        flood = Flood(
            address=self.stack.services["inventory"],
            metadata=tuple(self.loud.credentials()),
            business_unit=world.UNIT,
            skus=PLENTY,
            sizes=SIZES,
            reference=f"FLOOD-{self.seed}-{turn}",
            seed=f"flood/{self.seed}/{turn}",
            per_second=per_second,
            seconds=TURN_SECONDS,
            deadline_seconds=DEADLINE_SECONDS,
        )
        told = await flooded_by_another_process(flood)
        self.figures[SENT] = round(self.figures.get(SENT, 0.0) + told.sent / TURNS / TURN_SECONDS, 1)
        self.figures[CALLER] = round(self.figures.get(CALLER, 0.0) + told.processor_seconds, 1)
        over = datetime.fromtimestamp(told.began_at + TURN_SECONDS, UTC)
        done = await self._done(told.references, over)
        return Counted(Counter(told.outcomes), references=told.references, done=done)

    async def _waiting_caller(self, counted: Counted, seconds: float) -> None:
        until = _now() + seconds
        while _now() < until:
            await self._call(self.loud, counted)

    async def _neighbour(self, counted: Counted, seconds: float) -> None:
        until = _now() + seconds
        while _now() < until:
            await self._call(self.quiet, counted)
            await asyncio.sleep(NEIGHBOUR_PAUSE)

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
        counted.references += [each.reference for each in request.reservations]
        counted.seconds.append(_now() - began)

    def _judge(self, peak: float, flood: Counted, before: Counted, beside: Counted) -> None:
        finding, outcomes = self.finding, flood.outcomes
        goodput = flood.done / TURNS / TURN_SECONDS
        total = sum(outcomes.values())
        others = total - outcomes["OK"] - outcomes["RESOURCE_EXHAUSTED"]
        self.figures |= {
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

    async def _done(self, references: Sequence[str], over: datetime) -> int:
        """How many were done by then. What was accepted must be there. The services' word counts: a caller who stands
        back behind them reads its answers when it can."""
        connection = await asyncpg.connect(self.stack.admin_database, timeout=10)
        try:
            found = await connection.fetch(
                "SELECT created_at FROM inventory.reservation WHERE reference = ANY ($1::text[])", references
            )
        finally:
            await connection.close()
        self.finding.look(len(found) != len(references), f"{len(references)} baskets accepted, {len(found)} there")
        return sum(row["created_at"] <= over for row in found)


def _now() -> float:
    return asyncio.get_running_loop().time()
