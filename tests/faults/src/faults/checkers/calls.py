"""I8 an unknown outcome is one of done or not done, I11 alive again in time, I13 the audit chain complete."""

from __future__ import annotations

from collections import Counter, defaultdict

from faults.checkers.finding import Finding, Trial
from faults.evidence import Row
from faults.history import Operation, digest
from faults.waits import WAITS

AFTER_PROCESS_SECONDS, AFTER_DISK_SECONDS, PUBLISHED_SECONDS = 30.0, 60.0, 2.0
DISK_ROWS = frozenset({"F07", "F08", "F13"})
SERVICE_OF = {
    "ReserveStock": "inventory",
    "ReleaseReservations": "inventory",
    "CommitReservations": "inventory",
    "AdjustStock": "inventory",
    "SubmitPurchaseOrder": "procurement",
    "AcknowledgePurchaseOrder": "procurement",
    "RecordShipNotice": "procurement",
    "RecordSupplierInvoice": "procurement",
    "RecordStockReport": "inventory",
    "RecordStatement": "inventory",
    "BookDifferences": "inventory",
    "PlaceOrder": "fulfillment",
    "ChangeLine": "fulfillment",
    "AuthorizeReturn": "fulfillment",
    "RequestCredit": "fulfillment",
    "CancelOrder": "fulfillment",
}


def either_or(trial: Trial) -> Finding:
    """Asked again with the same key, a call answers as it did, twice; and its effect is there once or not at all."""
    found = Finding("I8", "done or not done, never both")
    for operation, answers in trial.asked_again:
        name = f"{operation.what} {operation.key}"
        found.look(_differ(answers), f"{name} was answered in two ways when asked again: {answers}")
        if operation.outcome == "ok":
            first = digest(operation.answer)
            found.look(answers[0] != first, f"{name} was answered {first} and later {answers[0]}")
    _effects(trial, found)
    return found


def _differ(answers: tuple[str, str]) -> bool:
    return answers[0] != answers[1]


def _effects(trial: Trial, found: Finding) -> None:
    reserved = Counter((row["tenant"], row["reference"]) for row in _each_reservation(trial))
    adjusted: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in trial.evidence.movements:
        for name in _adjustment(row["document"]):
            adjusted[row["tenant"], name].add(str(row["movement_id"]))
    last = last_answers(trial)
    for operation in trial.history.of("ReserveStock"):
        for name in operation.key.split(","):
            found.look(
                reserved[operation.tenant, name] > 1,
                f"basket {name} is reserved {reserved[operation.tenant, name]} times",
            )
    for operation in trial.history.of("AdjustStock"):
        done = took_effect(operation, last)
        booked, wanted = len(adjusted[operation.tenant, operation.key]), len(operation.request.adjustments)
        if done is not None:
            expected = wanted if done else 0
            found.look(booked != expected, f"adjustment {operation.key} is booked {booked} times instead of {expected}")


def _adjustment(document: str) -> list[str]:
    return [part for part in document.split("/") if part.startswith(("ADJ-", "OPEN-"))]


def last_answers(trial: Trial) -> dict[int, str]:
    """By the operation's number, what it was answered when it was asked for the last time."""
    return {operation.number: answers[1] for operation, answers in trial.asked_again}


def took_effect(operation: Operation, last: dict[int, str]) -> bool | None:
    """Whether the call took effect in the end, as its last answer says; None where nobody knows."""
    if operation.outcome == "ok":
        return True
    answer = last.get(operation.number)
    return None if answer is None else not answer.startswith("refused")


def _each_reservation(trial: Trial) -> list[Row]:
    """One row per reservation, not per part."""
    rows = {row["reservation_id"]: row for row in trial.evidence.reservations}
    return list(rows.values())


def alive_again(trial: Trial) -> Finding:
    """After the last fault everything is done and every probe is green, in time."""
    found = Finding("I11", "alive again")
    for name, serving in trial.serving.items():
        found.look(not serving, f"{name} does not serve")
    found.look(not trial.quiet, "work is left: " + "; ".join(trial.still_open))
    for row, seconds in trial.recoveries.items():
        limit = AFTER_DISK_SECONDS if row in DISK_ROWS else AFTER_PROCESS_SECONDS
        found.look(seconds > limit, f"{row}: ready again after {seconds:.1f} s, {limit:.0f} s are allowed")
    for what, seconds in trial.waits.items():
        found.look(seconds > WAITS[what], f"{what} after {seconds:.1f} s, {WAITS[what]:.0f} s are allowed")
    if trial.publish_lag is not None:
        _, p99 = trial.publish_lag
        found.look(p99 > PUBLISHED_SECONDS, f"beside a long transaction events waited {p99:.1f} s for the relay (p99)")
    return found


def audit_complete(trial: Trial) -> Finding:
    """One row per state-changing call that was answered, and a chain that verifies end to end."""
    found = Finding("I13", "audit chain complete")
    for (service, tenant), audit in trial.audits.items():
        found.look(audit.first_broken != 0, f"the chain of {service} for {tenant} breaks at {audit.first_broken}")
        found.look(
            trial.quiet and audit.unsealed != 0, f"{audit.unsealed} rows of {service} for {tenant} are not sealed"
        )
    for operation in trial.history:
        if operation.outcome == "ok" and operation.what in SERVICE_OF:
            _audited(trial, operation, found)
    return found


def _audited(trial: Trial, operation: Operation, found: Finding) -> None:
    audited = trial.evidence.services[SERVICE_OF[operation.what]].audited
    request_id = getattr(operation.request, "request_id", "")
    if not request_id:
        # A batch carries an id per item; its row is written by the first transaction that changes something.
        return
    times = audited[operation.tenant, operation.what, request_id]
    found.look(times != 1, f"{operation.what} {operation.key} has {times} audit rows")
