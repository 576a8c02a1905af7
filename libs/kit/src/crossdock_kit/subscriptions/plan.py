"""Decides what becomes of each message of a batch: applied, dropped as seen, or held. Pure.

An aggregate's versions are applied 1, 2, 3 without a gap. What cannot be applied now is held; what is behind a held or
parked version is held by the same rule, because the watermark stays before it. A message that was never seen, of a
version that was passed already, contradicts what was applied: source or consumer were put back to an earlier time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from crossdock_kit.subscriptions.inbox import Admission, Key, Mark
from crossdock_kit.subscriptions.model import Arrival

CONTRADICTION = "contradiction"


@dataclass(slots=True)
class Plan:
    """`versions` are the watermarks after it; `loosened` are aggregates that moved and have held messages behind."""

    apply: list[Arrival] = field(default_factory=list)
    hold: list[tuple[Arrival, str]] = field(default_factory=list)
    duplicates: list[Arrival] = field(default_factory=list)
    versions: dict[Key, int] = field(default_factory=dict)
    loosened: list[Key] = field(default_factory=list)


def plan_of(arrivals: Sequence[Arrival], admission: Admission) -> Plan:
    """Sorts each aggregate's messages by version first, so that a batch in reverse is as good as one in order."""
    plan = Plan()
    taken: set[UUID] = set()
    by_key: dict[Key, list[Arrival]] = {}
    for arrival in arrivals:
        if arrival.event_id in taken or (arrival.held is None and arrival.event_id not in admission.fresh):
            plan.duplicates.append(arrival)
            continue
        taken.add(arrival.event_id)
        by_key.setdefault(arrival.key, []).append(arrival)
    for key, queue in by_key.items():
        _plan_aggregate(plan, key, queue, admission.marks.get(key, Mark()))
    return plan


def _plan_aggregate(plan: Plan, key: Key, queue: list[Arrival], mark: Mark) -> None:
    reached, held, parked = mark.version, mark.holding, mark.parked
    for arrival in sorted(queue, key=lambda each: each.version):
        if arrival.version <= reached and _contradicts(arrival):
            plan.hold.append((arrival, CONTRADICTION))
            # What follows in the same batch may follow upon the other history.
            parked = True
        elif arrival.version <= reached:
            plan.duplicates.append(arrival)
        elif arrival.version == reached + 1 and not parked:
            plan.apply.append(arrival)
            reached = arrival.version
        else:
            plan.hold.append((arrival, "parked" if parked else "gap"))
            held = True
    if reached > mark.version:
        plan.versions[key] = reached
        if held:
            plan.loosened.append(key)


def _contradicts(arrival: Arrival) -> bool:
    """Only messages that were never admitted come this far, and those that were held before."""
    return arrival.held is None or arrival.held.why == CONTRADICTION


def waves(arrivals: Iterable[Arrival], used: Iterable[str]) -> Iterator[tuple[str, list[Arrival]]]:
    """Groups by type as far as each aggregate's order allows: a type, and all messages that may go now.

    Messages of types that nobody uses are left out.
    """
    wanted = frozenset(used)
    queues: dict[Key, list[Arrival]] = {}
    for arrival in arrivals:
        if arrival.type in wanted:
            queues.setdefault(arrival.key, []).append(arrival)
    for queue in queues.values():
        queue.reverse()
    while queues:
        heads: dict[str, int] = {}
        for queue in queues.values():
            heads[queue[-1].type] = heads.get(queue[-1].type, 0) + 1
        chosen = max(heads, key=lambda name: heads[name])
        wave = [arrival for queue in queues.values() for arrival in _leading(queue, chosen)]
        queues = {key: queue for key, queue in queues.items() if queue}
        yield chosen, wave


def _leading(queue: list[Arrival], chosen: str) -> Iterator[Arrival]:
    while queue and queue[-1].type == chosen:
        yield queue.pop()
