"""Short chapters of faults in which a guard that is gone must show: the mutants' seeds, which the sound build passes.

What strikes whom is written down, the moments are drawn from the seed. `relay` leaves the broker's disk alone, because
its mutants run without reconciling, and then a lost tail would be seen whatever the relay does.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crossdock_kit.crash_points import (
    AFTER_BROKER_ACK,
    AFTER_COMMIT,
    AFTER_EFFECT,
    AFTER_FOREIGN_CALL,
    BETWEEN_COMPENSATION_STEPS,
)

from faults.schedule import CONSUMING, Fault

EVENTS, RELAY, CALLS, DOUBLED, SALES = "events", "relay", "calls", "doubled", "sales"
_JITTER = 0.04

_EVENTS = (
    Fault(0.02, "F18", "poison", "consumers", 8.0, "4"),
    Fault(0.04, "F06", "repeat and reorder", "connector>nats", 5.0),
    Fault(0.14, "F06", "repeat and reorder", "inventory>nats", 6.0),
    Fault(0.20, "F09", "end backends", "postgres"),
    Fault(0.30, "F01", "kill", "inventory-2", 0.5),
    Fault(0.36, "F07", "roll back", "nats", 4.0),
    Fault(0.48, "F06", "repeat and reorder", "inventory-2>nats", 6.0),
    Fault(0.54, "F09", "end backends", "postgres"),
    Fault(0.60, "F01", "kill", "connector", 0.5),
    Fault(0.66, "F05", "crash", "inventory", 0.0, AFTER_EFFECT),
    Fault(0.72, "F06", "repeat and reorder", "connector>nats", 5.0),
    Fault(0.76, "F09", "end backends", "postgres"),
    Fault(0.86, "F01", "kill", "inventory", 0.5),
)
_RELAY = (
    Fault(0.02, "F18", "poison", "consumers", 4.0, "5"),
    Fault(0.04, "F06", "repeat and reorder", "inventory>nats", 3.0),
    Fault(0.08, "F12", "reset", "procurement>nats"),
    Fault(0.12, "F12", "reset", "inventory>nats"),
    Fault(0.16, "F12", "reset", "procurement-2>nats"),
    Fault(0.20, "F12", "reset", "inventory-2>nats"),
    Fault(0.26, "F01", "kill", "inventory", 0.2),
    Fault(0.30, "F01", "kill", "procurement", 0.2),
    Fault(0.36, "F05", "crash", "inventory-2", 0.0, AFTER_COMMIT),
    Fault(0.40, "F12", "reset", "inventory>nats"),
    Fault(0.44, "F01", "kill", "procurement-2", 0.2),
    # Late, so that nobody starts again after it: an overtaken event is found by whoever begins at the beginning.
    Fault(0.74, "F12", "latency", "procurement>postgres", 4.0),
    Fault(0.76, "F12", "latency", "inventory>postgres", 4.0),
    Fault(0.88, "F12", "latency", "inventory-2>postgres", 3.0),
)
_CALLS = (
    Fault(0.05, "F01", "kill", "inventory-2", 0.2),
    Fault(0.15, "F05", "crash", "connector-worker", 0.0, AFTER_FOREIGN_CALL),
    Fault(0.30, "F09", "end backends", "postgres"),
    Fault(0.40, "F05", "crash", "procurement", 0.0, AFTER_COMMIT),
    Fault(0.60, "F05", "crash", "connector-worker", 0.0, AFTER_FOREIGN_CALL),
    Fault(0.85, "F05", "crash", "connector-worker", 0.0, AFTER_FOREIGN_CALL),
)
_SALES = (
    Fault(0.06, "F05", "crash", "fulfillment", 0.0, AFTER_COMMIT),
    Fault(0.12, "F06", "repeat and reorder", "fulfillment>nats", 6.0),
    Fault(0.20, "F01", "kill", "delivery", 0.5),
    Fault(0.28, "F05", "crash", "fulfillment", 0.0, BETWEEN_COMPENSATION_STEPS),
    Fault(0.36, "F09", "end backends", "postgres"),
    Fault(0.44, "F05", "crash", "connector-worker", 0.0, AFTER_FOREIGN_CALL),
    Fault(0.50, "F06", "repeat and reorder", "delivery>nats", 6.0),
    Fault(0.56, "F05", "crash", "delivery", 0.0, AFTER_EFFECT),
    Fault(0.62, "F01", "kill", "fulfillment", 0.5),
    Fault(0.70, "F05", "crash", "fulfillment", 0.0, AFTER_EFFECT),
    Fault(0.78, "F05", "crash", "inventory", 0.0, BETWEEN_COMPENSATION_STEPS),
    Fault(0.86, "F05", "crash", "fulfillment", 0.0, AFTER_BROKER_ACK),
)
DOUBLED_DELIVERIES = 50_000
_DOUBLED = tuple(
    Fault(0.0, "F06", "repeat and reorder", f"{name}>nats", 60.0, str(DOUBLED_DELIVERIES)) for name in CONSUMING
)
SCRIPTS: Mapping[str, Sequence[Fault]] = {
    EVENTS: _EVENTS,
    RELAY: _RELAY,
    CALLS: _CALLS,
    DOUBLED: _DOUBLED,
    SALES: _SALES,
}
SECONDS: Mapping[str, float] = {EVENTS: 30.0, RELAY: 26.0, CALLS: 20.0, DOUBLED: 60.0, SALES: 60.0}
NEVER: Mapping[str, frozenset[str]] = {
    EVENTS: frozenset(),
    RELAY: frozenset({"reconciled"}),
    CALLS: frozenset({"reconciled", "parked", "redelivered", "duplicate_dropped"}),
    DOUBLED: frozenset({"reconciled", "parked", "lease_moved"}),
    SALES: frozenset({"reconciled", "parked"}),
}
"""What no fault of a chapter causes, so that it does not make a run of that chapter alone invalid."""


@dataclass(frozen=True, slots=True)
class Chapter:
    script: str
    seed: int

    @property
    def seconds(self) -> float:
        return SECONDS[self.script]

    def faults(self, begins: float = 0.0) -> list[Fault]:
        chance = random.Random(f"{self.script}/{self.seed}")
        return [
            replace(each, at=begins + self.seconds * max(0.0, each.at + chance.uniform(-_JITTER, _JITTER)))
            for each in SCRIPTS[self.script]
        ]


def never_in(chapters: Sequence[Chapter]) -> frozenset[str]:
    """What none of these chapters can cause."""
    return frozenset.intersection(*(NEVER[each.script] for each in chapters)) if chapters else frozenset()


def one_after_another(chapters: Sequence[Chapter], begins: float) -> list[Fault]:
    found: list[Fault] = []
    for each in chapters:
        found += each.faults(begins)
        begins += each.seconds
    return found
