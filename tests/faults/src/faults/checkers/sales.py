"""I3 and I4 for what is sold, I5 for what is called off: each order once and to its end, what left is posted and
invoiced once, what is cancelled holds nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from inventory.domain.reservation import State as Reservation

from faults.checkers.finding import Finding, Trial

ZERO = Decimal(0)
ENDED = frozenset({"delivered", "closed", "cancelled", "rejected"})
ARRIVED = frozenset({"delivered", "closed", "return_requested", "returned", "inspected", "credited"})
HOLDING = frozenset({"allocated", "released", "picking", "picked", "packed", "label_ready"})
KEEPS = frozenset({Reservation.HELD, Reservation.COMMITTED, Reservation.ALLOCATED})
LineKey: TypeAlias = tuple[str, str]


def each_sales_order_once(trial: Trial) -> Finding:
    """What a caller was told is accepted exists once, and has ended, waits for supply or has an owner; what a warehouse
    was asked for was held for it."""
    found = Finding("I3", "each sales order once")
    rows = defaultdict(list)
    for row in trial.evidence.sales_orders:
        rows[row["tenant"], row["number"]].append(row)
    owned = {
        each for rows_ in trial.evidence.services.values() for e in rows_.exceptions for each in e["transaction_ids"]
    }
    waits = {row["order_id"] for row in trial.evidence.schedules if row["state"] == "backordered"}
    for operation in trial.history.of("PlaceOrder"):
        mine = rows[operation.tenant, operation.key]
        found.look(len(mine) > 1, f"sales order {operation.key} exists {len(mine)} times")
        found.look(operation.outcome == "ok" and not mine, f"sales order {operation.key} was accepted and is gone")
        for row in mine:
            ended = row["state"] in ENDED or row["order_id"] in owned | waits
            found.look(not ended, f"sales order {operation.key} is {row['state']} and nobody owns that")
    for row in trial.evidence.schedules:
        unheld = row["state"] in HOLDING | ARRIVED and not row["reservation_id"]
        place = f"line {row['line_number']} of sales order {row['number']}"
        found.look(unheld, f"{place} is {row['state']}, and nothing was held for it")
    return found


def each_shipment_and_invoice_once(trial: Trial) -> Finding:
    """By the books of warehouses, carrier and ERP, line by line: what was handed over has arrived here, is posted and
    invoiced, each once and in order."""
    found = Finding("I4", "each goods issue and invoice once")
    ledger = trial.cast.erp.sales
    issued = _sum(each.floor.issued for each in trial.cast.docks)
    arrived: defaultdict[LineKey, Decimal] = defaultdict(lambda: ZERO)
    for row in trial.evidence.schedules:
        arrived[row["number"], row["line_number"]] += row["quantity"] if row["state"] in ARRIVED else ZERO
    posted = {kind: _booked(trial, kind) for kind in ("shipment", "invoice")}
    for key in sorted(issued.keys() | arrived.keys() | posted["shipment"].keys() | posted["invoice"].keys()):
        left = issued.get(key, ZERO)
        for word, held in (("delivered", arrived), ("posted", posted["shipment"]), ("invoiced", posted["invoice"])):
            found.look(
                held.get(key, ZERO) != left,
                f"order {key[0]} line {key[1]}: {left:f} handed over, {held.get(key, ZERO):f} {word}",
            )
    times = Counter(map(_document, (each for each in ledger.booked.values() if each["posting"] != "change")))
    for (order, kind, reference, _), count in times.items():
        found.look(count > 1, f"order {order}: {kind} {reference} is posted {count} times")
    found.blame(f"the ERP was asked for {each} before what it follows" for each in ledger.out_of_sequence)
    return found


def _document(posting: Mapping[str, Any]) -> tuple[str, str, str, tuple[str, ...]]:
    """What is posted once. What came back of two shipments is credited once for each of their invoices."""
    of = (each["number"] for each in posting["after"]) if posting["posting"] == "credit" else ()
    return posting["order"], posting["posting"], posting["reference"], tuple(sorted(of))


def _sum(books: Iterable[Mapping[LineKey, Decimal]]) -> dict[LineKey, Decimal]:
    total: dict[LineKey, Decimal] = {}
    for book in books:
        for key, quantity in book.items():
            total[key] = total.get(key, ZERO) + quantity
    return total


def _booked(trial: Trial, kind: str) -> dict[LineKey, Decimal]:
    total: dict[LineKey, Decimal] = {}
    for each in trial.cast.erp.sales.booked.values():
        for line in each["lines"] if each["posting"] == kind else ():
            key = each["order"], line["line"]
            total[key] = total.get(key, ZERO) + Decimal(line["quantity"])
    return total


def called_off_holds_nothing(trial: Trial) -> Finding:
    """A cancelled order, or a cancelled part of one, has given back what was reserved for it; what is held for an order
    has somebody who waits for it; who was told that an order is cancelled finds nothing of it on its way."""
    found = Finding("I5", "called off holds nothing")
    waits: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in trial.evidence.schedules:
        if row["reservation_id"]:
            waits[row["tenant"], row["reservation_id"]].add(row["state"])
    state = {(row["tenant"], str(row["reservation_id"])): row["state"] for row in trial.evidence.reservations}
    for key, states in waits.items():
        held = key in state and Reservation(state[key]) in KEEPS
        found.look(held and not states & HOLDING, f"reservation {key[1]} is held for what is {', '.join(states)}")
        found.look(
            bool(states & HOLDING) and not held, f"reservation {key[1]} is gone, {', '.join(states)} counts on it"
        )
    live = Counter((row["tenant"], row["number"]) for row in trial.evidence.schedules if row["state"] in HOLDING)
    for operation in trial.history.of("CancelOrder", "ok"):
        left = live[operation.tenant, operation.key]
        found.look(left > 0, f"order {operation.key} was called off, and {left} parts of it still hold stock")
    return found
