"""How much of what each verb plays: small enough for a shared machine with two cores."""

from __future__ import annotations

from collections.abc import Sequence

from faults.run import Plan
from faults.schedule import ROWS

MUTANT_SEEDS = (11, 12)
SMOKE_SEEDS = (1, 2)
_OF_MUTANTS = {"F01": 3, "F02": 1, "F05": 2, "F06": 4, "F09": 1, "F17": 1}
_OF_SMOKE = {"F01": 18, "F05": 13, "F06": 6, "F09": 7}
_PER_ROW = 120


def smoke() -> list[Plan]:
    """At least 100 faults over four rows, and the seeds that catch the mutants, which the unchanged build must pass."""
    long = [Plan(seed=seed, orders=60, seconds=110, counts=_OF_SMOKE) for seed in SMOKE_SEEDS]
    return [*long, *(mutant(seed, "") for seed in MUTANT_SEEDS)]


def mutant(seed: int, name: str) -> Plan:
    """The same run for every mutant, and for the build without one."""
    return Plan(
        seed=seed,
        orders=24,
        seconds=24,
        counts=_OF_MUTANTS,
        clients=5,
        pause_seconds=0.3,
        patience_seconds=20,
        mutant=name,
    )


def of_rows(rows: Sequence[str], seed: int) -> Plan:
    """Ten minutes over these rows. Raises KeyError for a row that is not built."""
    counts = {row: _PER_ROW // len(rows) for row in rows if ROWS[row]}
    return Plan(seed=seed, orders=300, seconds=600, counts=counts)
