"""I1 no oversell, I2 the ledger: summed up here from the movements, not by the service that wrote them."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from inventory.domain.accounts import Account
from inventory.domain.reservation import State

from faults.checkers.finding import Finding, Trial
from faults.evidence import OfService

ZERO = Decimal(0)
HOLDING = {State.HELD: "reserved", State.COMMITTED: "committed", State.ALLOCATED: "allocated"}
KEPT = ("sellable", "quarantined", "damaged", "returned", "staged", "reserved", "committed", "allocated")
COUNTED = ("sellable", "quarantined", "damaged")
"""Of which a report may say that less than nothing is left."""
BELOW_ZERO = "STOCK_BELOW_ZERO"
Key = tuple[str, str, str]


def _key(row: Any) -> Key:
    return row["tenant"], row["sku"], row["location_id"]


def no_oversell(trial: Trial) -> Finding:
    """Nothing is promised beyond what is there: by the balances, by the reservations, and by what callers were told.
    Less than nothing of which nothing is promised is what somebody reported, and somebody must own it."""
    found = Finding("I1", "no oversell")
    promised: defaultdict[Key, Decimal] = defaultdict(lambda: ZERO)
    for row in trial.evidence.reservations:
        if State(row["state"]) in HOLDING:
            promised[_key(row)] += row["quantity"]
    owned = _owned_below_zero(trial)
    for row in trial.evidence.stock:
        where = f"{row['sku']} at {row['location_id']} of {row['tenant']}"
        reserved, below = promised[_key(row)], [name for name in COUNTED if row[name] < 0]
        booked = sum((row[name] for name in HOLDING.values()), ZERO)
        found.look(booked > 0 and row["available"] < 0, f"{where}: available is {row['available']:f}")
        found.look(reserved > max(row["sellable"], ZERO), f"{where}: {reserved:f} of {row['sellable']:f} promised")
        subject = f"stock/{row['business_unit']}/{row['location_id']}/{row['sku']}"
        found.look(
            bool(below) and (row["tenant"], subject) not in owned,
            f"{where}: {', '.join(f'{row[name]:f} {name}' for name in below)}, and nobody owns it",
        )
    found.blame(_told_but_not_kept(trial, found))
    return found


def _owned_below_zero(trial: Trial) -> set[tuple[str, str]]:
    """(tenant, subject) of what is open."""
    inventory = trial.evidence.services.get("inventory", OfService())
    return {(row["tenant"], row["subject"]) for row in inventory.exceptions if row["code"] == BELOW_ZERO}


def _told_but_not_kept(trial: Trial, found: Finding) -> list[str]:
    """A caller that was told of a reservation must find it."""
    known = {str(row["reservation_id"]) for row in trial.evidence.reservations}
    wrong = []
    for operation in trial.history.of("ReserveStock", "ok"):
        for result in operation.answer.results:
            if result.HasField("reservation"):
                found.facts += 1
                if result.reservation.reservation_id not in known:
                    wrong.append(f"reservation {result.reservation.reservation_id} was promised and is not there")
    return wrong


def ledger(trial: Trial) -> Finding:
    """Sums of movements are the balances, all accounts sum to zero, no row has changed since the middle of the run."""
    found = Finding("I2", "ledger")
    sums: defaultdict[tuple[Key, int], Decimal] = defaultdict(lambda: ZERO)
    for row in trial.evidence.movements:
        sums[_key(row), row["source"]] -= row["quantity"]
        sums[_key(row), row["target"]] += row["quantity"]
    for row in trial.evidence.stock:
        for name in KEPT:
            replayed = sums[_key(row), int(Account[name.upper()])]
            found.look(
                row[name] != replayed,
                f"{row['sku']} at {row['location_id']}: {name} is {row[name]:f}, moved {replayed:f}",
            )
    found.look(sum(sums.values(), ZERO) != 0, "the accounts do not sum to zero")
    now = {str(row["movement_id"]): row["mark"] for row in trial.evidence.movements}
    for movement, mark in trial.marks_midway.items():
        found.look(now.get(movement) != mark, f"movement {movement} was {'changed' if movement in now else 'removed'}")
    if trial.ledger is not None:
        found.facts += trial.ledger.balances
        found.blame(trial.ledger.differences)
    return found
