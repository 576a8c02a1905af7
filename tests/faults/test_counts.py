"""What a run comes to in numbers: accepted transactions, times that are judged and times that are only told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal
from unittest.mock import ANY
from uuid import uuid4

import pytest
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from faults import counts, plans, world
from faults.checkers.finding import Trial
from faults.evidence import Evidence, OfService
from faults.history import History, Operation
from faults.lag import publish_lag
from faults.plan import Outcome
from faults.schedule import Fault
from faults.waits import NOTICED
from faults.ways.scene import Injected

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(("starved", "judged"), [(0.3, {"F01": 31.0}), (0.95, {})])
def test_a_recovery_on_a_starved_machine_is_told_and_not_judged(starved: float, judged: dict[str, float]) -> None:
    slow = Injected(Fault(1, "F01", "kill", "inventory"), 1, recovered_seconds=31.0, starved=starved)
    quick = Injected(Fault(1, "F02", "kill", "nats"), 1, recovered_seconds=3.0, starved=starved)
    assert counts.recoveries([slow, quick]) == (judged | {"F02": 3.0}, [] if judged else [ANY])


@pytest.mark.parametrize(("starved", "told"), [(0.3, 0), (0.95, 1)])
def test_what_else_takes_too_long_on_a_starved_machine_is_told_as_well(starved: float, told: int) -> None:
    hole = Injected(Fault(1, "F11", "black hole", "inventory>nats", 45), 1, starved=starved, waits={NOTICED: 45.0})
    longest, late = counts.longest_waits([hole])
    assert (longest == {}, len(late)) == (bool(told), told)
    rows, event = OfService(), uuid4()
    rows.recorded_at[event], rows.published_at[str(event)] = NOW + timedelta(seconds=5), NOW + timedelta(seconds=9)
    outcome = Outcome(plans.doubled(1), injected=[replace(injected("F14", 0, 100), starved=starved)])
    nobody: Any = SimpleNamespace()
    trial = Trial(world.day_of(1, 0, "acme"), History(), Evidence({"a": rows}), nobody)
    counts.what_waited_for_the_relay(outcome, trial)
    assert outcome.publish_lag == (1, 4.0)
    assert (trial.publish_lag is None, len(outcome.starved)) == (bool(told), told)


def test_where_times_are_told_no_recovery_is_judged_and_the_smoke_is_the_same_otherwise() -> None:
    slow = Injected(Fault(1, "F01", "kill", "inventory"), 1, recovered_seconds=31.0, starved=0.0)
    assert counts.recoveries([slow], judged=False) == ({}, [ANY])
    told, judged = plans.smoke(3, judges_times=False), plans.smoke(3)
    assert told.patience_seconds > judged.patience_seconds
    assert replace(told, judges_times=True, patience_seconds=judged.patience_seconds) == judged


def test_a_reservation_of_a_batch_is_a_transaction_and_a_refused_one_is_none() -> None:
    def call(what: str, outcome: Literal["ok", "unknown"], *results: inventory.ReservationResult) -> Operation:
        answer = inventory.ReserveStockResponse(results=results)
        return Operation(1, "a", what, "1", "acme", 0.0, outcome=outcome, answer=answer)

    kept = inventory.ReservationResult(reservation=inventory.Reservation(reservation_id="1"))
    refused = inventory.ReservationResult(refusal=inventory.Refusal())
    assert counts.transactions([call("ReserveStock", "ok", kept, refused, kept)]) == 2
    assert counts.transactions([call("ReserveStock", "unknown", kept), call("AdjustStock", "ok")]) == 1


def injected(row: str, began: int, seconds: int) -> Injected:
    at = NOW + timedelta(seconds=began)
    fault = Fault(began, row, "kill", "a", seconds)
    return Injected(fault, began, began_at=at, ended_at=at + timedelta(seconds=seconds))


def test_the_wait_for_the_relay_is_read_only_where_nothing_else_was_wrong() -> None:
    rows = OfService()
    for second, lag in ((10, 1), (40, 50), (70, 2), (200, 9)):
        event_id = uuid4()
        rows.recorded_at[event_id] = NOW + timedelta(seconds=second)
        rows.published_at[str(event_id)] = NOW + timedelta(seconds=second + lag)
    faults = [injected("F14", 0, 100), injected("F01", 35, 10)]
    assert publish_lag({"a": rows}, faults) == (2, 2.0)
    assert publish_lag({"a": rows}, faults[1:]) is None
