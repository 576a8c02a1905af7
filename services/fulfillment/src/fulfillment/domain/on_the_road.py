"""What carriers say of goods that a warehouse handed over: each schedule of a shipment comes to where the shipment is.

Only a carrier, its TMS or a proof-of-delivery service moves anything here; delivery has looked at who says so. What is
still at the dock comes to nothing before its own departure, whatever the rest of its shipment does. A departure that is
taken back leaves its mark, because delivery tells each only once: what bears it goes with its shipment's next word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fulfillment.domain import events
from fulfillment.domain.allocating import Pair
from fulfillment.domain.lifecycle import CARRIER, State
from fulfillment.domain.order_line import OrderLine, Schedule
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.sales_order import SalesOrder, steps_of
from fulfillment.domain.warehouse_report import Shipment

_WAYS: Mapping[State, Mapping[State, tuple[str, ...]]] = {
    State.HANDED_OVER: {
        State.SHIPPED: ("take_back",),
        State.OUT_FOR_DELIVERY: ("take_back", "take_back"),
        State.DELIVERY_EXCEPTION: ("go_on", "take_back"),
        State.DELIVERED: ("take_back", "take_back"),
    },
    State.SHIPPED: {
        State.OUT_FOR_DELIVERY: ("take_back",),
        State.DELIVERY_EXCEPTION: ("go_on",),
        State.DELIVERED: ("take_back",),
    },
    State.OUT_FOR_DELIVERY: {
        State.SHIPPED: ("go_out",),
        State.DELIVERY_EXCEPTION: ("go_out",),
        State.DELIVERED: ("take_back", "go_out"),
    },
    State.DELIVERY_EXCEPTION: {
        State.SHIPPED: ("fail_delivery",),
        State.OUT_FOR_DELIVERY: ("fail_delivery",),
        State.DELIVERED: ("take_back", "fail_delivery"),
    },
    State.DELIVERED: dict.fromkeys((State.SHIPPED, State.OUT_FOR_DELIVERY, State.DELIVERY_EXCEPTION), ("deliver",)),
}
"""To where the shipment is, from where a schedule may stand, by which triggers. What stands elsewhere stays."""
_ONWARDS: Mapping[State, tuple[str, ...]] = {
    State.SHIPPED: ("ship",),
    State.OUT_FOR_DELIVERY: ("ship", "go_out"),
    State.DELIVERY_EXCEPTION: ("ship", "fail_delivery"),
    State.DELIVERED: ("ship", "deliver"),
}
"""The same for what had left and was taken back to the dock."""


DISPATCHED, OUT_FOR_DELIVERY, DELIVERED = "dispatched", "out_for_delivery", "delivered"


@dataclass(frozen=True, slots=True)
class Word:
    """What delivery tells of a shipment: a milestone that was reached or taken back, an exception or its end, and who
    carries it under which number where it says that."""

    shipment_id: str
    at: datetime | None = None
    reached: str = ""
    taken_back: str = ""
    trouble: str = ""
    settled: str = ""
    carrier: str = ""
    tracking_number: str = ""
    comes_back: bool = False
    """By its exception it is on its way back to its sender."""
    foretold: bool = False
    """`eta` is the newest estimate; None where the last one was taken back."""
    eta: datetime | None = None
    delayed: bool | None = None
    """Whether a delay began or ended; None where neither is said."""


DEPARTURE_TAKEN_BACK = "DEPARTURE_TAKEN_BACK"


def hear(shipment: Shipment, word: Word) -> State:
    """Where what has left of the shipment stands now. The end of an exception takes nothing back that was reached."""
    shipment.reached = _without(shipment.reached, word.taken_back, word.reached)
    shipment.troubles = _without(shipment.troubles, word.settled, word.trouble)
    shipment.coming_back = _without(shipment.coming_back, word.settled, word.trouble if word.comes_back else "")
    shipment.carried_by(word.carrier, word.tracking_number)
    shipment.eta = word.eta if word.foretold else shipment.eta
    shipment.delayed = shipment.delayed if word.delayed is None else word.delayed
    if DELIVERED in shipment.reached:
        return State.DELIVERED
    if shipment.troubles:
        return State.DELIVERY_EXCEPTION
    if OUT_FOR_DELIVERY in shipment.reached:
        return State.OUT_FOR_DELIVERY
    return State.SHIPPED if DISPATCHED in shipment.reached else State.HANDED_OVER


def _without(known: tuple[str, ...], gone: str, new: str) -> tuple[str, ...]:
    return tuple(sorted({*known, new} - {gone, ""}))


def depart(order: SalesOrder, shipment: Shipment, gone: Mapping[str, Decimal], word: Word) -> None:
    """So much of each line, by its id, has left with its carrier; of what was handed over and no more than that."""
    left: list[Pair] = []
    for line in order.lines.values():
        wanted = gone.get(line.line_id, ZERO)
        waiting = _of(line, shipment.shipment_id, State.HANDED_OVER)
        for schedule in [each for each in waiting if each.reason != DEPARTURE_TAKEN_BACK]:
            if wanted > ZERO:
                taken = order.split(line, schedule, wanted)
                wanted -= taken.quantity
                order.move(taken, "ship", CARRIER)
                left.append((line, taken))
    _tell(order, left, State.SHIPPED, shipment, word)


def follow(order: SalesOrder, shipment: Shipment, stands: State, word: Word) -> None:
    """Everything of the shipment that has left comes to where the shipment stands now."""
    moved: list[Pair] = []
    for line in order.lines.values():
        standing = [
            (each, way) for before, way in _WAYS[stands].items() for each in _of(line, shipment.shipment_id, before)
        ]
        if stands is not State.HANDED_OVER:
            left = _of(line, shipment.shipment_id, State.HANDED_OVER)
            onwards = _ONWARDS[stands]
            standing += [(each, onwards) for each in left if each.reason == DEPARTURE_TAKEN_BACK]
        for schedule, triggers in standing:
            for trigger in triggers:
                order.move(schedule, trigger, CARRIER)
            schedule.reason = DEPARTURE_TAKEN_BACK if stands is State.HANDED_OVER else ""
            moved.append((line, schedule))
    _tell(order, moved, stands, shipment, word)


def foretell(order: SalesOrder, shipment: Shipment, word: Word) -> None:
    """What is on its way, and where: the channel hears another day, or that a delay began or ended."""
    for state in (State.HANDED_OVER, State.SHIPPED, State.OUT_FOR_DELIVERY, State.DELIVERY_EXCEPTION):
        pairs = [(line, each) for line in order.lines.values() for each in _of(line, shipment.shipment_id, state)]
        _tell(order, pairs, state, shipment, word)


def _of(line: OrderLine, shipment_id: str, state: State) -> list[Schedule]:
    """What is under a return goes its way."""
    mine = [each for each in line.schedules if each.shipment_id == shipment_id and not each.return_id]
    return [each for each in mine if each.state is state]


def _tell(order: SalesOrder, moved: Iterable[Pair], state: State, shipment: Shipment, word: Word) -> None:
    """One fact for each part."""
    by_part: dict[int, list[Pair]] = {}
    for line, schedule in moved:
        by_part.setdefault(line.part, []).append((line, schedule))
    for part, pairs in sorted(by_part.items()):
        told = steps_of(pairs)
        ahead = (None, False) if state is State.DELIVERED else (shipment.eta, shipment.delayed)
        order.events.append(events.OrderStatusChanged(order, part, told, state, shipment.sending, word.at, *ahead))
