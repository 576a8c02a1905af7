"""What must be true when all is quiet again. Each check counts its facts: one that looked at none proves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from crossdock_kit.broker import stream_name

from simulation.facts import ORDERS, STOCK
from simulation.tables import Row
from simulation.trade import ORDER, UNANSWERED
from simulation.world import World

INITIAL_STOCK = 25


@dataclass(eq=False)
class Verdict:
    violations: list[str] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)


def judge(world: World, accepted: frozenset[str]) -> Verdict:
    """Everything that is wrong, in words. To have looked at nothing is wrong too."""
    verdict = Verdict()
    for name, found in (
        ("versions", versions(world, verdict)),
        ("effects", effects(world, verdict)),
        ("stream", stream(world, verdict)),
        ("accepted", accepted_orders(world, accepted, verdict)),
        ("processes", processes(world, verdict)),
        ("stock", stock(world, verdict)),
        ("rest", rest(world, verdict)),
    ):
        verdict.violations += [f"{name}: {each}" for each in found]
        if not verdict.checked[name]:
            verdict.violations.append(f"{name}: nothing was checked")
    return verdict


def journal(world: World, service: str) -> dict[str, list[Row]]:
    """Events by aggregate, in the order of versions."""
    found: dict[str, list[Row]] = {}
    for row in world.databases[service].committed("journal").values():
        found.setdefault(row["aggregate"], []).append(row)
    return {name: sorted(rows, key=lambda row: row["version"]) for name, rows in sorted(found.items())}


def versions(world: World, verdict: Verdict) -> Iterator[str]:
    """An aggregate's events are 1, 2, 3."""
    for service in (ORDERS, STOCK):
        for aggregate, rows in journal(world, service).items():
            verdict.checked["versions"] += 1
            found = [row["version"] for row in rows]
            if found != list(range(1, len(found) + 1)):
                yield f"{aggregate} has versions {found}"


def effects(world: World, verdict: Verdict) -> Iterator[str]:
    """Each event had one effect with its consumer, in the order of its aggregate, and none is missing."""
    for source, consumer in ((ORDERS, STOCK), (STOCK, ORDERS)):
        had = world.databases[consumer].committed("effect")
        for aggregate, rows in journal(world, source).items():
            verdict.checked["effects"] += len(rows)
            row = had.get((f"{consumer}/{aggregate}",), {"versions": ()})
            wanted = tuple(row["version"] for row in rows)
            if row["versions"] != wanted:
                yield f"{consumer} applied {row['versions']} of {aggregate}, which has {wanted}"


def stream(world: World, verdict: Verdict) -> Iterator[str]:
    """The broker holds what the journal holds."""
    for service in (ORDERS, STOCK):
        held = {stored.message_id for stored in world.broker.stream(stream_name(service)).messages}
        rows = world.databases[service].committed("journal").values()
        verdict.checked["stream"] += len(rows)
        lost = [f"{row['aggregate']} {row['version']}" for row in rows if str(row["event_id"]) not in held]
        if lost:
            yield f"{service} lost {', '.join(sorted(lost))}"


def accepted_orders(world: World, accepted: frozenset[str], verdict: Verdict) -> Iterator[str]:
    """What a client was told is done is done."""
    rows = world.databases[ORDERS].committed("order")
    for order in sorted(accepted):
        verdict.checked["accepted"] += 1
        if (order,) not in rows:
            yield f"{order} was accepted and is gone"


def processes(world: World, verdict: Verdict) -> Iterator[str]:
    """Every order came to an end, and what was promised for it is settled as it ended."""
    promises = world.databases[STOCK].committed("promise")
    settled = {"closed": "issued", "expired": "released", "refused": "refused"}
    for (order,), row in sorted(world.databases[ORDERS].committed("order").items()):
        verdict.checked["processes"] += 1
        promise = promises.get((order,), {"state": "none"})["state"]
        if row["state"] not in ORDER.ends:
            yield f"{order} stays {row['state']}"
        elif row["sku"] == UNANSWERED:
            if (row["state"], promise) != ("expired", "none"):
                yield f"{order}, for which nobody answers, is {row['state']} and its promise {promise}"
        elif promise != settled[row["state"]] and (row["state"], promise) != ("expired", "refused"):
            yield f"{order} is {row['state']} and its promise {promise}"


def stock(world: World, verdict: Verdict) -> Iterator[str]:
    """Nothing appears and nothing vanishes."""
    for (sku,), row in world.databases[STOCK].committed("stock").items():
        verdict.checked["stock"] += 1
        if row["available"] + row["issued"] != INITIAL_STOCK or row["available"] < 0:
            yield f"{sku}: {row['available']} available and {row['issued']} issued of {INITIAL_STOCK}"


def rest(world: World, verdict: Verdict) -> Iterator[str]:
    """Nothing waits unseen."""
    for service, database in world.databases.items():
        for table in ("pending", "held", "timer", "exception"):
            verdict.checked["rest"] += 1
            rows = database.committed(table)
            if rows:
                yield f"{len(rows)} rows are left in {table} of {service}: {sorted(map(str, rows))[:3]}"
