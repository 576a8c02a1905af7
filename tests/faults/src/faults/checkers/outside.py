"""I14 effects at partners: at least once, under an id that stays, so that each counts once."""

from __future__ import annotations

from collections import Counter, defaultdict

from faults.checkers.finding import Finding, Trial

# Documents of which a partner must get one for each thing that they are about.
ONCE = {"json.goods_receipt": "goods receipt", "wms_a.expected_receipt": "expected receipt"}


def stable_ids(trial: Trial) -> Finding:
    """Each delivery that ended was received; what was received twice bore the same id and the same bytes; nothing was
    received that nobody decided to send."""
    found = Finding("I14", "effects outside under a stable id")
    received = [each for each in trial.cast.journal if each.direction == "received"]
    bytes_of: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    fresh: Counter[tuple[str, str]] = Counter()
    for entry in received:
        bytes_of[entry.partner, entry.note].add(entry.sha256)
        fresh[entry.partner, entry.note] += not entry.repeated
    for (partner, name), contents in bytes_of.items():
        found.look(len(contents) > 1, f"{partner} got {len(contents)} different documents as {name}")
        found.look(fresh[partner, name] > 1, f"{partner} took {name} for new {fresh[partner, name]} times")
    _once_each(trial, found)
    _decided(trial, found)
    return found


def _once_each(trial: Trial, found: Finding) -> None:
    for kind, word in ONCE.items():
        times: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
        for entry in trial.cast.journal:
            if entry.direction == "received" and entry.kind == kind:
                times[entry.partner, entry.key, entry.sha256].add(entry.note)
        for (partner, key, _), ids in times.items():
            found.look(len(ids) > 1, f"{partner} got the {word} {key} under {len(ids)} ids")
    receipts = Counter(
        e.key
        for e in trial.cast.journal
        if e.direction == "received" and e.kind == "json.goods_receipt" and not e.repeated
    )
    for key, count in receipts.items():
        found.look(count > 1, f"the ERP posted receipt {key} {count} times")


def _decided(trial: Trial, found: Finding) -> None:
    decided = {(row["partner"], row["idempotency_key"]): row for row in trial.evidence.services["connector"].deliveries}
    over_http = {entry.note for entry in trial.cast.journal if entry.direction == "received" and "." in entry.kind}
    for (partner, key), row in decided.items():
        if row["state"] == "delivered" and row["kind"].startswith(("json.", "wms_")):
            found.look(key not in over_http, f"{row['kind']} {key} is delivered, but {partner} never got it")
        found.look(row["state"] == "dead", f"{row['kind']} to {partner} is dead: {row['last_error']}")
    for entry in trial.cast.journal:
        if entry.direction == "received" and entry.kind.startswith(("json.", "wms_")):
            found.look(
                (entry.partner, entry.note) not in decided, f"{entry.partner} got {entry.note}, which nobody sent"
            )
