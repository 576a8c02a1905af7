"""Orders end to end, accepted, allocated and released: a steady rate, a burst, and one of 100,000 lines among others.

MINUTES, BURST_SECONDS, LINES and QUIET_SECONDS shorten it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from crossdock_local.embedded import EmbeddedServers

from benchmarks.figures import Figure
from benchmarks.order_desk import PATIENCE_SECONDS, OrderDesk, order_desk
from benchmarks.processes import percentile
from benchmarks.sizes import number, say, size

STEADY, BURST, BESIDE = 50.0, 200.0, 10.0
P99_MILLISECONDS, WORKED_OFF_SECONDS, LONG_SECONDS, GROWTH = 250.0, 300.0, 180.0, 1.5


async def run(servers: EmbeddedServers) -> Sequence[Figure]:
    async with order_desk(servers) as desk:
        await desk.at_rate(STEADY, 5, "WARM")
        figures = [*await steady(desk), *await long(desk), *await burst(desk)]
        memory = {name: desk.processes.memory_megabytes(name) for name in ("fulfillment", "inventory")}
        return [*figures, *(Figure(f"orders, most memory of {name}", most, "MB") for name, most in memory.items())]


async def steady(desk: OrderDesk) -> Sequence[Figure]:
    minutes, before = size("MINUTES", 10), desk.processes.cpu_seconds()
    took = await desk.at_rate(STEADY, minutes * 60, "STEADY")
    behind = await desk.all_released("STEADY", len(took), PATIENCE_SECONDS)
    spent = {name: (after - before[name]) / len(took) for name, after in desk.processes.cpu_seconds().items()}
    p50, p99 = (percentile(took, share) * 1000 for share in (0.5, 0.99))
    return [
        at_most(f"orders, p99 of PlaceOrder at 50/s for {minutes:g} min", p99, "ms", P99_MILLISECONDS),
        Figure("orders, p50 of the same", p50, "ms"),
        at_most("orders, all released after the last was placed", behind, "s", 10.0),
        *(Figure(f"an order's CPU time of {name}", seconds * 1000, "ms") for name, seconds in spent.items()),
    ]


async def burst(desk: OrderDesk) -> Sequence[Figure]:
    seconds = size("BURST_SECONDS", 60)
    took = await desk.at_rate(BURST, seconds, "BURST")
    behind = await desk.all_released("BURST", len(took), PATIENCE_SECONDS)
    name = f"orders, a burst of 200/s for {seconds:g} s worked off"
    return [at_most(name, behind, "s", WORKED_OFF_SECONDS), Figure("orders, p99 in the burst", p99(took), "ms")]


async def long(desk: OrderDesk) -> Sequence[Figure]:
    """The others are measured before it, beside it and after it: a machine that drifts does so for both."""
    lines, quiet = number("LINES", 100_000), size("QUIET_SECONDS", 60)
    before = await desk.at_rate(BESIDE, quiet, "BEFORE")
    done = asyncio.Event()
    others = asyncio.create_task(desk.at_rate(BESIDE, PATIENCE_SECONDS, "BESIDE", done))
    try:
        took = await desk.long_order(lines)
    finally:
        done.set()
    beside = await others
    after = await desk.at_rate(BESIDE, quiet, "AFTER")
    say(f"others at 10/s: {p95(before):.1f} ms before, {p95(beside):.1f} ms beside, {p95(after):.1f} ms after")
    alone = p95([*before, *after])
    return [
        at_most(f"one order of {lines:,} lines, released", took["released"], "s", LONG_SECONDS),
        Figure("of that, until its lines were appended", took["appended"], "s"),
        Figure("of that, until it was submitted", took["submitted"], "s"),
        at_most("p95 of others at 10/s meanwhile, beside alone", p95(beside) / alone, "times", GROWTH),
    ]


def at_most(name: str, found: float, unit: str, most: float) -> Figure:
    return Figure(name, found, unit, most, f"{unit} at most", floor=1, less_is_better=True)


def p95(took: Sequence[float]) -> float:
    return percentile(took, 0.95) * 1000


def p99(took: Sequence[float]) -> float:
    return percentile(took, 0.99) * 1000
