"""What many runs came to: sums of what was done to the work, what the kit did about it, and how much was checked.

A set of runs in which a kind of fault or of recovery never happened says nothing about it, so it does not stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from simulation.runs import Result

ENOUGH_SEEDS = 100
"""From so many seeds on, everything that can happen must have happened."""
FAULTS = (
    "kill",
    "stop",
    "end",
    "cut off",
    "broker away",
    "tail forgotten",
    "message forgotten",
    "database restarted",
    "sessions ended",
    "idle session ended",
    "statement lost",
    "commit unanswered",
    "publication lost",
    "answer lost",
    "stored twice",
    "handed out twice",
    "message delayed",
    "acknowledgment lost",
    "park lifted",
)
KIT = ("redelivered", "duplicate_dropped", "held", "parked", "retried", "republished", "reconciled", "lease_moved")
TRADE = ("OrderExpired", "StockReleased", "OrderRefused", "OrderClosed")
DROPS = ("publication lost", "answer lost", "acknowledgment lost", "message forgotten")
TWICE = ("stored twice", "handed out twice")


def summed(counters: Iterable[Counter[str]]) -> Counter[str]:
    return sum(counters, Counter())


def never(results: Sequence[Result]) -> list[str]:
    """What must happen somewhere in many runs and did not."""
    faults, kit = summed(each.faults for each in results), summed(each.counters for each in results)
    events = summed(each.events for each in results)
    wanted = ((FAULTS, faults), (KIT, kit), (TRADE, events))
    return [name for names, counts in wanted for name in names if not counts[name]]


def lines(results: Sequence[Result], seconds: float) -> list[str]:
    """The sums, what was violated, and last the figures in one line."""
    faults, kit = summed(each.faults for each in results), summed(each.counters for each in results)
    events, checked = summed(each.events for each in results), summed(each.checked for each in results)
    told = [f"seed {each.seed}: {'; '.join(each.violations[:4])}" for each in results if each.violations]
    parts = (("faults", faults), ("kit", kit), ("events", events), ("checked", checked))
    told += [f"{title}: {', '.join(f'{name} {count}' for name, count in sorted(c.items()))}" for title, c in parts]
    hours = sum(each.virtual_seconds for each in results) / 3600
    told.append(
        f"simulate: {len(results)} seeds in {seconds:.0f} s ({hours:.1f} hours of virtual time):"
        f" {events.total()} events, {faults.total()} faults, {sum(faults[name] for name in DROPS)} drops,"
        f" {sum(faults[name] for name in TWICE)} duplicates, {kit['redelivered']} redelivered,"
        f" {checked.total()} facts checked, {sum(len(each.violations) for each in results)} violations"
    )
    return told


def stands(results: Sequence[Result]) -> bool:
    """Nothing was violated, and enough happened to say so."""
    enough = len(results) < ENOUGH_SEEDS or not never(results)
    return bool(results) and enough and not any(each.violations for each in results)
