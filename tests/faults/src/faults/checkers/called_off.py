"""I5 for what is called off when it is packed, labelled and offered to a carrier: each who had a part in it is asked
once, and undoes it.

By the books of warehouses, TMS and carrier. What a warehouse could not stop any more goes out; then somebody knows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from partners.picking import PickFloor

from faults.checkers.finding import Finding, Trial

ANSWERED = frozenset({"RECALL_UNANSWERED", "CALL_OFF_UNANSWERED"})
"""Warehouses and TMS have answered whatever they were asked before a run is quiet."""
TOLD_LATE = "HANDLED_WITHOUT_RELEASE"
"""A warehouse's report on what it has stopped came after the word that it has: its owner has to look at it."""
UNDONE = "done"
ZERO = Decimal(0)


def carried_by_nobody(trial: Trial) -> Finding:
    """What a warehouse has stopped is not on the road, and its label is void; nothing of it lies picked; its order has
    ended. Nobody is asked twice, and no answer is still waited for."""
    found = Finding("I5", "called off, carried by nobody")
    books = _Books(trial)
    for stopped in books.stopped():
        _stopped(stopped, books, found)
    for (shipment, action), times in trial.cast.tms.asked.items():
        found.look(times > 1, f"the TMS was asked for {action} of {shipment} {times} times")
    _orders(books, found)
    _picked(books, found)
    for name in ("delivery", "fulfillment"):
        open_now = trial.evidence.services[name].exceptions
        found.blame(f"{row['subject']}: {row['code']}" for row in open_now if row["code"] in ANSWERED)
    return found


@dataclass(frozen=True, slots=True)
class _Stopped:
    """A request that a warehouse has stopped in time."""

    floor: PickFloor
    request: str

    @property
    def order(self) -> str:
        said: str = self.floor.requests[self.request]["order"]
        return said

    @property
    def shipment(self) -> str:
        return self.floor.shipment_of(self.request)


class _Books:
    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.orders = {row["number"]: row for row in trial.evidence.sales_orders}
        self.shipments = {row["number"]: row for row in trial.evidence.shipments}
        self.on_the_road = {each.shipment for each in trial.cast.carrier.parcels}
        self._open: dict[str, set[str]] = defaultdict(set)
        for rows in trial.evidence.services.values():
            for row in rows.exceptions:
                for transaction_id in row["transaction_ids"]:
                    self._open[transaction_id].add(row["code"])

    def stopped(self) -> Iterator[_Stopped]:
        for dock in self.trial.cast.docks:
            for request in dock.floor.requests:
                if request in dock.floor.stopped:
                    yield _Stopped(dock.floor, request)

    def codes(self, order: str) -> set[str]:
        """What is open about an order."""
        row = self.orders.get(order)
        return self._open[row["order_id"]] if row is not None else set()

    def told_late(self, order: str) -> bool:
        return TOLD_LATE in self.codes(order)


def _stopped(stopped: _Stopped, books: _Books, found: Finding) -> None:
    shipment, row = stopped.shipment, books.shipments.get(stopped.shipment)
    tms = books.trial.cast.tms
    told = f"shipment {shipment} was stopped at its warehouse"
    found.look(shipment in books.on_the_road, f"{told} and is with its carrier")
    if row is not None:
        found.look(bool(row["milestone"]), f"{told} and is {row['milestone']}")
    if books.told_late(stopped.order):
        return
    if row is not None:
        found.look(row["call_off"] != UNDONE, f"{told}, its carriage is called off: {row['call_off'] or 'never'}")
    if shipment in tms.taken:
        found.look(shipment not in tms.voided, f"{told} and its label is not void")


def _orders(books: _Books, found: Finding) -> None:
    """Of those that were told that an order is cancelled: what was stopped whole has ended, what went out is owned."""
    going = {order for dock in books.trial.cast.docks for order, _ in dock.floor.issued}
    stopped = {each.order for each in books.stopped()}
    for operation in books.trial.history.of("CancelOrder", "ok"):
        row = books.orders.get(operation.key)
        if operation.key in going:
            told = f"order {operation.key} was called off and went out, and nobody owns that"
            found.look(not books.codes(operation.key), told)
        elif operation.key in stopped:
            state = "gone" if row is None else row["state"]
            found.look(state != "cancelled", f"order {operation.key} was called off and stopped, it is {state}")


def _picked(books: _Books, found: Finding) -> None:
    """What was picked has left, or lies on its shelf again."""
    unsure = {
        (dock.location, line["sku"])
        for dock in books.trial.cast.docks
        for request in dock.floor.requests.values()
        if books.told_late(request["order"])
        for line in request["lines"]
    }
    for row in books.trial.evidence.stock:
        if row["tenant"] == books.trial.day.tenant and (row["location_id"], row["sku"]) not in unsure:
            told = f"{row['staged']:f} of {row['sku']} lie picked at {row['location_id']}"
            found.look(row["staged"] > ZERO, told)
