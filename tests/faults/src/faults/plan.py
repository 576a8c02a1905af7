"""What a run is asked to do, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from faults.calls import FEW
from faults.checkers.finding import Finding
from faults.schedule import Fault, planned
from faults.scripts import Chapter, never_in, one_after_another
from faults.tally import REQUIRED
from faults.watch import Watch
from faults.ways.scene import LONGEST_SECONDS, Injected

OUTAGE = "outage"
PATIENCE_SECONDS = 75.0
"""Longer than the lease of a delivery: what a killed process had taken lies still until its lease has run out."""
PATIENCE_OF_THE_SLOW = 3 * PATIENCE_SECONDS
MUTANTS_FAULT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of what. `counts` are faults by row, the `chapters` come after them within the same `seconds`;
    `patience_seconds` is how long nothing may move."""

    seed: int
    orders: int
    seconds: float
    counts: Mapping[str, int]
    clients: int = 6
    pause_seconds: float = 0.25
    patience_seconds: float = PATIENCE_SECONDS
    mutant: str = ""
    scenario: str = ""
    release_share: float = 0.8
    """The part of the time in which the ERP releases its orders."""
    long_waits: bool = True
    """Whether those come that last half a minute and more, where the run is long enough for them."""
    chapters: tuple[Chapter, ...] = ()
    deliveries: int = 0
    """So many must come twice or in another order, or the run has not shown what it is for."""
    scarce: int = 40
    """What the run begins with of each item that is scarce, at each site."""
    rush: float = 0.0
    """The part of the reservations in which several callers want the same of these at once."""
    baskets: tuple[int, ...] = FEW
    """How many reservations a call asks for, one of these sizes: each of them is a command with an id of its own."""
    sellers: int = 0
    """How many sell at once."""
    sellers_pause_seconds: float = 0.2
    books: bool = False
    """Whether stock is counted and stated beside all else, and suppliers send invoices."""
    books_pause_seconds: float = 1.0
    judges_times: bool = True
    """Whether it is a violation to be ready again too late: not where nobody knows how slow the machine is."""

    def faults(self) -> list[Fault]:
        """All of them, by the seeds."""
        drawn_seconds = self.seconds - sum(each.seconds for each in self.chapters)
        drawn = (
            planned(self.seed, self.counts, drawn_seconds, long_waits=self.long_waits)
            if self.counts or not self.chapters
            else []
        )
        return sorted([*drawn, *one_after_another(self.chapters, drawn_seconds)], key=lambda fault: fault.at)

    @property
    def longest_fault_seconds(self) -> float:
        """How long a fault may wait for what it is there for: a mutant may have lost what would come of it."""
        return MUTANTS_FAULT_SECONDS if self.mutant else 10 * LONGEST_SECONDS if self.deliveries else LONGEST_SECONDS

    @property
    def never(self) -> frozenset[str]:
        """What nothing in this plan causes."""
        return frozenset() if self.counts else never_in(self.chapters)


@dataclass(slots=True)
class Outcome:
    """What a run came to. It is `invalid` if something that faults must cause never happened."""

    plan: Plan
    findings: list[Finding] = field(default_factory=list)
    injected: list[Injected] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    transactions: int = 0
    operations: dict[str, int] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)
    load_seconds: float = 0.0
    quiet_seconds: float = 0.0
    recoveries: dict[str, float] = field(default_factory=dict)
    """The longest time until a target was ready again, by row."""
    starved: list[str] = field(default_factory=list)
    """Recoveries that took too long while the machine had no processor to give, or may not have: told, not judged."""
    waits: dict[str, float] = field(default_factory=dict)
    """The longest of each kind, by the names of `faults.waits`."""
    publish_lag: tuple[int, float] | None = None
    tricks: dict[str, int] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        if self.plan.scenario:
            return []
        unseen = ["events beside a long transaction alone"] if self.publish_lag and not self.publish_lag[0] else []
        if (came := self.tricks.get("messages", 0) + self.tricks.get("copied", 0)) < self.plan.deliveries:
            unseen.append(f"{self.plan.deliveries} deliveries, only {came}")
        required = [name for name in REQUIRED if name not in self.plan.never]
        return [name for name in required if self.counters.get(name, 0) <= 0] + unseen

    @property
    def unreached(self) -> list[str]:
        """Crash points that were armed and that nobody came to in time: no faults, though the plan has them."""
        return [f"{each.at:.1f} {each.fault}" for each in self.injected if each.fault.how == "crash" and not each.done]

    @property
    def violated(self) -> list[Finding]:
        return [each for each in self.findings if not each.holds]

    @property
    def passed(self) -> bool:
        return not self.violated and not self.missing
