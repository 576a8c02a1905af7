"""I6 versions of an aggregate 1, 2, 3 for everybody, I7 no event lost between journal, stream and inboxes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from faults.checkers.finding import Finding, Trial
from faults.evidence import OfService, Recorded, consumers_of


def versions_without_gap(trial: Trial) -> Finding:
    """The journal counts without a gap; each consumer applied each event once, in that order, up to the last."""
    found = Finding("I6", "versions without a gap, once each")
    for service, rows in trial.evidence.services.items():
        last = _journal(service, rows, found)
        for name, consumer in consumers_of(trial.evidence.services, service):
            _consumer(trial.evidence.services[name], consumer, last, found)
        _applied(service, rows, found)
    return found


def _journal(service: str, rows: OfService, found: Finding) -> dict[tuple[str, str], int]:
    versions: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for event in rows.journal:
        versions[event.tenant, event.aggregate].append(event.version)
    for key, numbers in versions.items():
        expected = list(range(1, len(numbers) + 1))
        found.look(sorted(numbers) != expected, f"{service} recorded {key[1]} as {sorted(numbers)[:8]}")
    return {key: len(numbers) for key, numbers in versions.items()}


def _consumer(rows: OfService, consumer: str, last: dict[tuple[str, str], int], found: Finding) -> None:
    for (tenant, aggregate), version in last.items():
        reached = rows.watermarks.get((consumer, tenant, aggregate), 0)
        found.look(reached != version, f"{consumer} has come to version {reached} of {version} of {aggregate}")


def _applied(service: str, rows: OfService, found: Finding) -> None:
    """Each step of the timeline was written in the transaction of its effects."""
    times = Counter((actor, event) for actor, _, event, _, _ in rows.applied)
    for (actor, event), count in times.items():
        found.look(count > 1, f"{service}/{actor} applied event {event} {count} times")
    # Each tenant counts the versions of what it calls by a name of the trade.
    order: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for actor, tenant, _, aggregate, version in rows.applied:
        order[actor, tenant, aggregate].append(version)
    for (actor, _, aggregate), versions in order.items():
        found.look(versions != sorted(versions), f"{service}/{actor} applied {aggregate} as {versions[:8]}")


def no_event_lost(trial: Trial) -> Finding:
    """Journal, stream and every consumer's inbox hold the same events."""
    found = Finding("I7", "no event lost")
    services = trial.evidence.services
    for service, rows in services.items():
        ids = [str(event.event_id) for event in rows.journal]
        lost = [place for place, each in enumerate(ids) if each not in rows.on_stream]
        found.facts += len(ids)
        found.blame(_told(f"the stream of {service}", rows.journal, lost))
        found.look(bool(rows.pending), f"{service} has not published {len(rows.pending)} events")
        unknown = set(rows.on_stream) - set(ids)
        found.look(bool(unknown), f"the stream of {service} has {len(unknown)} events that nobody recorded")
        for name, consumer in consumers_of(services, service):
            seen = services[name].inbox[consumer]
            missed = [place for place, event in enumerate(rows.journal) if event.event_id not in seen]
            found.facts += len(ids)
            found.blame(_told(f"{name}'s inbox {consumer}", rows.journal, missed))
    return found


def _told(where: str, journal: Sequence[Recorded], lost: Sequence[int]) -> list[str]:
    """Lost from the beginning, from the end, or out of the middle: each points to another culprit."""
    if not lost:
        return []
    missing, total = set(lost), len(journal)
    prefix = next((place for place in range(total) if place not in missing), total)
    tail = next((total - 1 - place for place in range(total - 1, -1, -1) if place not in missing), total)
    middle = len(lost) - prefix - tail if prefix < total else 0
    first = journal[lost[0]]
    example = f"first {first.type.rpartition('.')[2]} {first.version} of {first.aggregate}"
    tail = tail if prefix < total else 0
    return [f"{where} lacks {len(lost)} of {total} events: {prefix} prefix, {middle} middle, {tail} tail; {example}"]
