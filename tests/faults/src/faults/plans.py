"""How much of what each verb plays: small enough for a shared machine with two cores."""

from __future__ import annotations

from collections.abc import Sequence

from faults import outage
from faults.plan import OUTAGE, PATIENCE_SECONDS, Plan
from faults.schedule import ROWS, divided

MUTANT_SEEDS = (11, 12)
SMOKE_SEEDS = (1, 2)
_OF_MUTANTS = {"F01": 3, "F02": 1, "F05": 2, "F06": 4, "F09": 1, "F17": 1}
_OF_SMOKE = {"F01": 18, "F05": 13, "F06": 6, "F09": 7}
_PER_MINUTE, _ORDERS_PER_MINUTE, MOST_MINUTES = 12, 30, 60


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
        patience_seconds=20 if name else PATIENCE_SECONDS,
        mutant=name,
    )


def of_rows(rows: Sequence[str], seed: int, minutes: float) -> Plan:
    """So many minutes, 60 at most, over these rows by their weights. Raises ValueError for what cannot be played."""
    unknown = sorted(set(rows) - ROWS.keys())
    if unknown or not 0 < minutes <= MOST_MINUTES:
        raise ValueError(f"rows {', '.join(ROWS)}, up to {MOST_MINUTES} minutes; not {', '.join(unknown) or minutes}")
    counts = divided(rows, round(minutes * _PER_MINUTE))
    return Plan(seed=seed, orders=round(minutes * _ORDERS_PER_MINUTE), seconds=minutes * 60, counts=counts)


def of_outage(seed: int) -> Plan:
    """Every order is released before the ERP goes away; what is shipped and received meanwhile fills the outage."""
    share = 0.8 * outage.BEGINS / outage.PLAYS
    return Plan(seed=seed, orders=60, seconds=outage.PLAYS, counts={}, clients=4, scenario=OUTAGE, release_share=share)
