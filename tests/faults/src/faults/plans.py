"""How much of what each verb plays: small enough for a shared machine with two cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from faults import outage
from faults.plan import OUTAGE, PATIENCE_OF_THE_SLOW, PATIENCE_SECONDS, Plan
from faults.schedule import ROWS, SMALL_DISKS, divided
from faults.scripts import CALLS, DOUBLED, DOUBLED_DELIVERIES, EVENTS, RELAY, SALES, Chapter

MUTANT_SEEDS = (11, 12, 13, 14)
"""As many of them as it takes to catch a mutant twice."""
SMOKE_SEEDS = (1,)
SCENE_SEED = 1
AGAIN = 2
"""How often a run in which something never happened is played again with the next seed."""
_OF_SMOKE = {"F01": 24, "F05": 22, "F06": 12, "F09": 13}
_SMOKE_SECONDS, _SMOKE_ORDERS = 110.0, 100
_OF_THE_SMOKE = (
    *(Chapter(script, seed) for script in (EVENTS, RELAY, CALLS) for seed in MUTANT_SEEDS[:2]),
    Chapter(SALES, MUTANT_SEEDS[0]),
)
_MUTANTS_SCARCE, _MUTANTS_RUSH = 8, 0.2
"""So little of what everybody wants that it is gone within seconds, and how often they all come at once."""
SELLERS = 4
_SELLERS_BESIDE, _SELLERS_REST = 2, 1.0
"""Beside all other load: four who hardly rest sell seven orders a second, and two processors carry four of them to
their end, each in ten documents."""
_PER_MINUTE, _ORDERS_PER_MINUTE, MOST_MINUTES = 12, 30, 60
_CLIENTS_OF_WHOLE, _BASKETS_OF_WHOLE = 16, (1, 10, 20, 30)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows whose faults overlap in one run, a run for each seed. A machine can do so many of their faults a minute."""

    rows: Sequence[str]
    seeds: Sequence[int]
    minutes: float
    per_minute: float


WHOLE = (
    Part(("F09", "F11", "F12"), (104,), 15, 10),
    Part(("F07", "F08"), (105,), 10, 5),
    Part(("F15", "F16", "F17", "F18"), (106,), 10, 10),
    Part(("F13",), (107,), 5, 4),
    Part(("F10",), (108,), 5, 2),
    Part(("F01", "F02", "F03", "F04", "F05", "F06"), (101, 102), 20, 20),
    Part(("F14",), (109,), 40, 0.1),
)
"""Over a thousand faults; which parts are long decides which of the long waits come, and that they come seldom. What
events wait beside a transaction of half an hour can be read only where nothing else is wrong."""


def smoke(seed: int, *, judges_times: bool = True) -> Plan:
    """At least 100 faults over four rows, and then, on the same stack, the chapters that catch the mutants."""
    return Plan(
        seed=seed,
        orders=_SMOKE_ORDERS,
        seconds=_SMOKE_SECONDS + sum(each.seconds for each in _OF_THE_SMOKE),
        counts=_OF_SMOKE,
        long_waits=False,
        judges_times=judges_times,
        patience_seconds=PATIENCE_SECONDS if judges_times else PATIENCE_OF_THE_SLOW,
        chapters=_OF_THE_SMOKE,
        scarce=_MUTANTS_SCARCE,
        rush=_MUTANTS_RUSH,
        sellers=1,
        sellers_pause_seconds=_SELLERS_REST,
        books=True,
    )


def mutant(script: str, seed: int, name: str) -> Plan:
    """The same run for every mutant of a script, and for the build without one."""
    chapter = Chapter(script, seed)
    return Plan(
        seed=seed,
        orders=20,
        seconds=chapter.seconds,
        counts={},
        chapters=(chapter,),
        clients=8,
        pause_seconds=0.2,
        patience_seconds=20 if name else PATIENCE_SECONDS,
        mutant=name,
        scarce=_MUTANTS_SCARCE,
        rush=_MUTANTS_RUSH,
        sellers=SELLERS if script == SALES else 0,
        books=script == CALLS,
    )


def doubled(seed: int) -> Plan:
    """Every message one to four times and in another order, and nothing else is wrong."""
    chapter = Chapter(DOUBLED, seed)
    return Plan(
        seed=seed,
        orders=150,
        seconds=chapter.seconds,
        counts={},
        chapters=(chapter,),
        clients=_CLIENTS_OF_WHOLE,
        pause_seconds=0.1,
        deliveries=DOUBLED_DELIVERIES,
    )


def selling(seed: int) -> Plan:
    """Orders that are sold, beside a few of the other load."""
    chapter = Chapter(SALES, seed)
    return Plan(
        seed=seed, orders=10, seconds=chapter.seconds, counts={}, chapters=(chapter,), clients=3, sellers=SELLERS
    )


def of_rows(rows: Sequence[str], seed: int, minutes: float) -> Plan:
    """So many minutes, 60 at most, over these rows by their weights. Raises ValueError for what cannot be played."""
    unknown = sorted(set(rows) - ROWS.keys())
    if unknown or not 0 < minutes <= MOST_MINUTES:
        raise ValueError(f"rows {', '.join(ROWS)}, up to {MOST_MINUTES} minutes; not {', '.join(unknown) or minutes}")
    counts = divided(rows, round(minutes * _PER_MINUTE))
    orders = round(minutes * _ORDERS_PER_MINUTE)
    return Plan(
        seed=seed,
        orders=orders,
        seconds=minutes * 60,
        counts=counts,
        sellers=_SELLERS_BESIDE,
        sellers_pause_seconds=_SELLERS_REST,
        books=True,
    )


def whole() -> list[Plan]:
    """Every row of the matrix that runs beside others, as often as the proof asks for."""
    return [_of_part(part, seed) for part in WHOLE for seed in part.seeds]


def _of_part(part: Part, seed: int) -> Plan:
    plan = of_rows(part.rows, seed, part.minutes)
    plan = replace(plan, counts=divided(part.rows, round(part.minutes * part.per_minute)))
    # Streams that fit on small disks would be full of so many transactions before anybody fills the disk.
    large = not SMALL_DISKS & set(part.rows)
    return replace(plan, clients=_CLIENTS_OF_WHOLE, baskets=_BASKETS_OF_WHOLE) if large else plan


def of_outage(seed: int) -> Plan:
    """Every order is released before the ERP goes away; what is shipped and received meanwhile fills the outage."""
    share = 0.8 * outage.BEGINS / outage.PLAYS
    return Plan(seed=seed, orders=60, seconds=outage.PLAYS, counts={}, clients=4, scenario=OUTAGE, release_share=share)
