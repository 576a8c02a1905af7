"""What a run comes to in numbers: what was done to it, what its calls and messages went through, what came of it."""

from __future__ import annotations

from collections.abc import Iterable

from inventory.domain.reservation import State

from faults import evidence
from faults.checkers.calls import AFTER_PROCESS_SECONDS, PUBLISHED_SECONDS
from faults.checkers.finding import Trial
from faults.history import History, Operation
from faults.lag import ROW, publish_lag
from faults.nemesis import Nemesis
from faults.partner_side import FaultCast
from faults.plan import Outcome
from faults.tally import Tally
from faults.waits import WAITS
from faults.ways.scene import Injected

STARVED = 0.8
"""Beyond it a time says how busy the machine was, not what the suite needs."""


def what_was_done(outcome: Outcome, nemesis: Nemesis, tally: Tally, history: History) -> None:
    outcome.injected = nemesis.injected
    outcome.recoveries, outcome.starved = recoveries(nemesis.injected, judged=outcome.plan.judges_times)
    outcome.waits, late = longest_waits(nemesis.injected, judged=outcome.plan.judges_times)
    outcome.starved += late
    outcome.counters = tally.since_start()
    outcome.operations = history.counts()
    outcome.transactions = transactions(history)
    for name in ("messages", "copied", "reordered", "delayed", "dropped_acks"):
        outcome.tricks[name] = sum(getattr(each, name) for each in nemesis.scene.tricks)


def what_came_of_it(outcome: Outcome, trial: Trial) -> None:
    """Cancelled after their release, and reservations that lapsed; what was parked; what was put back."""
    cancelled = sum(row["state"] == "cancelled" for row in trial.evidence.orders)
    lapsed = {row["reservation_id"] for row in trial.evidence.reservations if row["state"] == State.EXPIRED}
    outcome.counters["compensated"] = cancelled + len(lapsed)
    # What is written down outlives a kill, what a process has counted does not.
    outcome.counters["parked"] = sum(rows.parked for rows in trial.evidence.services.values())
    outcome.counters["reconciled"] = evidence.republished(trial.evidence.texts)


def called_off(cast: FaultCast) -> dict[str, float]:
    """What was stopped in time, how much of it after a carrier was found, and of what it was too late."""
    floors = [dock.floor for dock in cast.docks]
    return {
        "put back by warehouses": sum(len(floor.stopped) for floor in floors),
        "labels voided": len(cast.tms.voided),
        "asked back too late": sum(len(floor.too_late) for floor in floors),
    }


def what_waited_for_the_relay(outcome: Outcome, trial: Trial) -> None:
    """Beside a long transaction; told and not judged where that stood beside too much else."""
    found = outcome.publish_lag = publish_lag(trial.evidence.services, outcome.injected)
    beside = [each for each in outcome.injected if each.fault.row == ROW and each.starved > STARVED]
    if found and found[1] > PUBLISHED_SECONDS and beside:
        outcome.starved.append(f"{_told(beside[0], found[1])}; events waited so long for the relay (p99)")
    else:
        trial.publish_lag = found


def transactions(operations: Iterable[Operation]) -> int:
    """Accepted commands and documents. Each reservation of a batch is a command with an id of its own; one that was
    refused for want of stock is none."""
    return sum(_accepted(each) for each in operations if each.outcome == "ok")


def _accepted(operation: Operation) -> int:
    if operation.what != "ReserveStock":
        return 1
    return sum(each.HasField("reservation") for each in operation.answer.results)


def recoveries(injected: Iterable[Injected], *, judged: bool = True) -> tuple[dict[str, float], list[str]]:
    """The longest of each row, and those that took too long because the machine had no processor to give: with
    `judged` as the kernel counts it, else in any case, because there are kernels that do not."""
    longest: dict[str, float] = {}
    starved = []
    for each in injected:
        row, took = each.fault.row, each.recovered_seconds
        if took is not None and took > AFTER_PROCESS_SECONDS and (not judged or each.starved > STARVED):
            starved.append(_told(each, took))
        elif took is not None:
            longest[row] = max(took, longest.get(row, 0.0))
    return longest, starved


def longest_waits(injected: Iterable[Injected], *, judged: bool = True) -> tuple[dict[str, float], list[str]]:
    """The longest of each kind, and those that were too long for the same reason."""
    longest: dict[str, float] = {}
    starved = []
    for each in injected:
        for name, took in each.waits.items():
            if took > WAITS[name] and (not judged or each.starved > STARVED):
                starved.append(f"{name}, {_told(each, took)}")
            else:
                longest[name] = max(took, longest.get(name, 0.0))
    return longest, starved


def _told(each: Injected, took: float) -> str:
    return f"{each.fault}: {took:.1f} s, somebody in line for {each.starved:.0%} of the time"
