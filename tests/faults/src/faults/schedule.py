"""Which fault strikes whom, when and for how long: drawn from a seed, so that a run can be asked for again.

Rows are those of the fault matrix (F01 ..). Knows names of processes, nothing of how a fault is done.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from crossdock_kit.crash_points import (
    AFTER_BROKER_ACK,
    AFTER_COMMIT,
    AFTER_EFFECT,
    AFTER_FOREIGN_CALL,
    BEFORE_COMMIT,
    BETWEEN_COMPENSATION_STEPS,
)

SERVICES = ("procurement", "inventory", "catalog", "connector")
REPLICAS = ("procurement-2", "inventory-2")
WORKERS = ("connector-worker",)
BUSY = ("procurement", "inventory", "connector", *REPLICAS)
STOPPED = (*BUSY, "catalog", "nats", "postgres", *WORKERS)
TOLD_TO_END = (*SERVICES, *REPLICAS, *WORKERS, "nats")
HOPS = tuple(f"{name}>{target}" for name in (*BUSY, "catalog") for target in ("postgres", "nats"))
CONSUMING = ("inventory", "inventory-2", "connector")
CALLED = ("connector-worker>connector", "connector>procurement", "inventory>procurement", "inventory-2>procurement")
CACHING = ("inventory>valkey", "inventory-2>valkey", "connector>valkey")
POINTS: Mapping[str, Sequence[str]] = {
    BEFORE_COMMIT: BUSY,
    AFTER_COMMIT: BUSY,
    AFTER_BROKER_ACK: ("procurement", "inventory", "connector"),
    AFTER_EFFECT: ("inventory", "connector"),
    AFTER_FOREIGN_CALL: ("connector", "connector-worker"),
    BETWEEN_COMPENSATION_STEPS: ("inventory", "inventory-2"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`how` is the way within the row, `target` a process, a hop, a partner; `seconds` how long it lasts."""

    at: float
    row: str
    how: str
    target: str
    seconds: float = 0.0
    detail: str = ""

    @property
    def kills(self) -> bool:
        return self.how in ("kill", "crash", "roll back")

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.row} {self.how} {self.target}{' ' + self.detail if self.detail else ''}{lasting}"


Draw = Callable[[random.Random, float], Fault]


def _kill(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F01", "kill", chance.choice((*SERVICES, *REPLICAS, *WORKERS)), chance.uniform(0, 1.5))


def _kill_broker(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F02", "kill", "nats", chance.uniform(0.2, 4))


def _terminate(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F03", "terminate", chance.choice(TOLD_TO_END))


def _stop(chance: random.Random, at: float) -> Fault:
    # Beyond 10 s the database cuts an idle owner off; both sides of that are of interest.
    return Fault(at, "F04", "stop", chance.choice(STOPPED), chance.choice((2.0, 5.0, 13.0)))


def _crash(chance: random.Random, at: float) -> Fault:
    point = chance.choice(list(POINTS))
    return Fault(at, "F05", "crash", chance.choice(POINTS[point]), 0.0, point)


def _play_tricks(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F06", "repeat and reorder", f"{chance.choice(CONSUMING)}>nats", chance.uniform(2, 5))


def _roll_back(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F07", "roll back", "nats", chance.uniform(4, 7))


def _damage(chance: random.Random, at: float) -> Fault:
    how, part = chance.choice(
        (
            ("flip byte", "message"),
            ("truncate", "message"),
            ("flip byte", "index"),
            ("truncate", "index"),
            ("flip byte", "stream's name"),
        )
    )
    return Fault(at, "F08", how, "nats", 0.0, part)


def _kill_database(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F09", "kill", "postgres", chance.uniform(0, 1.5))


def _end_backends(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F09", "end backends", "postgres")


def _refuse_writes(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F09", "read only", "postgres", chance.uniform(1, 3))


def _fail_over(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F10", "fail over", "postgres", chance.uniform(3, 8))


def _hole(chance: random.Random, at: float) -> Fault:
    way = chance.choice(("up", "down", "both"))
    return Fault(at, "F11", "black hole", chance.choice((*HOPS, *CALLED)), chance.uniform(1, 8), way)


def _slow(chance: random.Random, at: float) -> Fault:
    how = chance.choice(("latency", "bandwidth", "slice", "reset", "corrupt"))
    return Fault(at, "F12", how, chance.choice((*HOPS, *CALLED)), 0.0 if how == "reset" else chance.uniform(1, 4))


def _fill_disk(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F13", "fill disk", chance.choice(("nats", "postgres", "spool")), chance.uniform(3, 8))


def _long_transaction(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F14", "long transaction", "a forgotten session", chance.uniform(40, 60))


def _step_clock(chance: random.Random, at: float) -> Fault:
    seconds = chance.choice((-300, 300, -600, -3600, 3600, 90 * 86400))
    return Fault(at, "F15", "step clock", chance.choice(BUSY), chance.uniform(2, 8), str(seconds))


def _lose_cache(chance: random.Random, at: float) -> Fault:
    how, seconds = chance.choice((("kill", chance.uniform(0, 1)), ("flush", 0.0), ("stop", 5.0), ("spoil", 0.0)))
    return Fault(at, "F16", how, "valkey", seconds)


def _far_cache(chance: random.Random, at: float) -> Fault:
    how, detail = chance.choice((("latency", ""), ("black hole", "both"), ("reset", "")))
    return Fault(at, "F16", how, chance.choice(CACHING), 0.0 if how == "reset" else chance.uniform(2, 6), detail)


def _bad_partner(chance: random.Random, at: float) -> Fault:
    partner = chance.choice(("erp-eu", "wms-east", "wms-west", "tms-route", "sup-api-1", "sup-api-2", "sup-api-3"))
    how, detail = chance.choice(
        (
            ("silent", ""),
            ("errors", ""),
            ("slow partner", ""),
            ("answer", "wrong"),
            ("answer", "redirect"),
            ("answer", "drip"),
            ("answer", "huge"),
        )
    )
    return Fault(at, "F17", how, partner, chance.uniform(1, 5), detail)


def _poison(chance: random.Random, at: float) -> Fault:
    return Fault(at, "F18", "poison", "consumers", 13.0, str(chance.choice((4, 5, 6))))


ROWS: Mapping[str, Sequence[Draw]] = {
    "F01": (_kill,),
    "F02": (_kill_broker,),
    "F03": (_terminate,),
    "F04": (_stop,),
    "F05": (_crash,),
    "F06": (_play_tricks,),
    "F07": (_roll_back,),
    "F08": (_damage,),
    "F09": (_kill_database, _end_backends, _end_backends, _refuse_writes),
    "F10": (_fail_over,),
    "F11": (_hole,),
    "F12": (_slow,),
    "F13": (_fill_disk,),
    "F14": (_long_transaction,),
    "F15": (_step_clock,),
    "F16": (_lose_cache, _far_cache),
    "F17": (_bad_partner,),
    "F18": (_poison,),
}
WEIGHTS: Mapping[str, int] = {
    "F01": 240, "F02": 60, "F03": 60, "F04": 60, "F05": 500, "F06": 100, "F07": 20, "F08": 30, "F09": 40, "F10": 10,
    "F11": 60, "F12": 40, "F13": 20, "F14": 2, "F15": 30, "F16": 20, "F17": 40, "F18": 12,
}  # fmt: skip
"""The matrix's counts: how often a row comes beside the others of its run."""
CACHE_ROW = "F16"
SMALL_DISKS = frozenset({"F13"})
"""Rows that need servers on file systems of their own."""
LONG: Mapping[str, Sequence[Fault]] = {
    "F02": (Fault(0, "F02", "kill", "nats", 60.0),),
    "F04": (Fault(0, "F04", "stop", "inventory", 120.0),),
    "F06": tuple(Fault(0, "F06", "repeat and reorder", f"{name}>nats", 600.0) for name in CONSUMING),
    "F07": (Fault(0, "F07", "roll back", "nats", 30.0), Fault(0, "F07", "roll back", "nats", 120.0)),
    "F09": (Fault(0, "F09", "kill", "postgres", 30.0), Fault(0, "F09", "kill", "postgres", 300.0)),
    "F11": (
        Fault(0, "F11", "black hole", "inventory>postgres", 60.0, "both"),
        Fault(0, "F11", "black hole", "inventory-2>nats", 45.0, "both"),
        Fault(0, "F11", "black hole", "procurement>nats", 300.0, "both"),
    ),
    "F14": (Fault(0, "F14", "long transaction", "a forgotten session", 1800.0),),
}
"""What lasts, once per row and run, in runs that are long enough to hold it with something before and after it."""
LONG_SHARE = 1.3


def divided(rows: Sequence[str], faults: int) -> dict[str, int]:
    """So many faults over these rows by their weights, at least one of each."""
    total = sum(WEIGHTS[row] for row in rows)
    return {row: max(1, round(faults * WEIGHTS[row] / total)) for row in rows}


def waits(chance: random.Random, rows: Iterable[str], seconds: float) -> list[Fault]:
    """They begin so that they end before the run does."""
    fitting = [each for row in sorted(rows) for each in LONG.get(row, ()) if each.seconds * LONG_SHARE <= seconds]
    return [replace(each, at=chance.uniform(0.05 * seconds, 0.95 * seconds - each.seconds)) for each in fitting]


def planned(seed: int, counts: Mapping[str, int], seconds: float, *, long_waits: bool = True) -> list[Fault]:
    """So many faults of each row, spread over the time; a broker roll-back, a poisoning, played tricks and a kill come
    with every run, because a run that never repairs, parks, repeats or moves an owner proves nothing."""
    chance = random.Random(f"faults/{seed}")
    rows = [row for row, count in sorted(counts.items()) for _ in range(count)]
    chance.shuffle(rows)
    slot = seconds / max(1, len(rows))
    drawn = [chance.choice(ROWS[row])(chance, (place + chance.random()) * slot) for place, row in enumerate(rows)]
    drawn += waits(chance, counts, seconds) if long_waits else []
    always = [
        _poison(chance, seconds * 0.1),
        _play_tricks(chance, seconds * 0.25),
        _roll_back(chance, seconds * 0.4),
        _kill(chance, seconds * 0.7),
    ]
    have = {fault.row for fault in drawn}
    return sorted([*drawn, *(each for each in always if each.row not in have)], key=lambda fault: fault.at)


def rows_of(faults: Iterable[Fault]) -> dict[str, int]:
    found: dict[str, int] = {}
    for fault in faults:
        found[fault.row] = found.get(fault.row, 0) + 1
    return found
