"""The life of a shipment as one table: who may move it, and how long each state may last before somebody is told.

A shipment's state is derived from what is known of it (state_of), so a late scan may carry it over several states at
once, and a correction back; every such step stands here. docs/lifecycles.md is rendered from it.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from crossdock_kit.processes import Deadline, Fire, Process, Raise, Transition

CROSSDOCK, WMS, TMS, CARRIER, POD = "CROSSDOCK", "WMS", "TMS", "CARRIER", "POD"
_OURS = frozenset({CROSSDOCK})
_ASSIGNS = frozenset({TMS, CARRIER, WMS})
_WAREHOUSE = frozenset({WMS})
_ROAD = frozenset({TMS, CARRIER, POD})
_CALLS_OFF = _ROAD | _OURS
DELIVERY_DESK, DELIVERY_LEAD, WAREHOUSE, RETURNS_DESK = "delivery-desk", "delivery-lead", "warehouse", "returns-desk"


class State(Enum):
    """In the order in which a shipment comes through them; those at the side stand at the end."""

    PLANNED = "planned"
    ASSIGNED = "assigned"
    HANDED_OVER = "handed_over"
    DISPATCHED = "dispatched"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    PROVEN = "proven"
    EXCEPTION = "exception"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    CLOSED = "closed"


_ONWARD = {
    State.ASSIGNED: ("assign", _ASSIGNS, "a carrier is named; a label is no more than that"),
    State.HANDED_OVER: ("issue", _WAREHOUSE, "the warehouse issued the goods"),
    State.DISPATCHED: ("depart", _ROAD, "the carrier says that it left"),
    State.OUT_FOR_DELIVERY: ("go_out", _ROAD, ""),
    State.DELIVERED: ("deliver", _ROAD, "a fact of the table, of carrier, TMS or proof-of-delivery service"),
    State.PROVEN: ("prove", _ROAD, "evidence with a reference, of what was delivered"),
    State.EXCEPTION: ("fail", _ROAD, "a kind of the taxonomy"),
    State.RETURNED: ("turn_back", _ROAD, ""),
    State.CANCELLED: ("cancel", _CALLS_OFF, "its carrier says so; nobody has to while nobody carries it"),
}
_MAIN = tuple(State)[:7]
_SIDE = (State.EXCEPTION, State.RETURNED, State.CANCELLED)
LIVE = (*_MAIN, *_SIDE)


def _ways() -> tuple[Transition, ...]:
    return (
        *(
            Transition(from_.value, trigger, to.value, who, guard=guard)
            for from_ in LIVE
            for to, (trigger, who, guard) in _ONWARD.items()
            if to is not from_ and not _back(from_, to)
        ),
        *(
            Transition(from_.value, f"correct_to_{to.value}", to.value, _OURS, guard="a correction, with its reason")
            for from_ in LIVE
            for to in LIVE
            if _back(from_, to)
        ),
        *(Transition(each.value, "close", "closed", _OURS) for each in (State.PROVEN, State.RETURNED, State.CANCELLED)),
    )


def _back(from_: State, to: State) -> bool:
    """Whether only a correction leads there. What went wrong is settled by going on to where the shipment was."""
    if from_ in (State.RETURNED, State.CANCELLED):
        return to is not from_
    if from_ is State.EXCEPTION:
        return to in (State.PLANNED, State.ASSIGNED, State.HANDED_OVER)
    return to in _MAIN and _MAIN.index(to) < _MAIN.index(from_)


def _told(hours: float, code: str, owner: str, key: str) -> Deadline:
    return Deadline(timedelta(hours=hours), Raise(code, owner), f"delivery.{key}_hours")


DEADLINES = {
    "planned": _told(8, "CARRIER_NOT_ASSIGNED", DELIVERY_DESK, "assignment"),
    "assigned": _told(48, "GOODS_NOT_ISSUED", WAREHOUSE, "issue"),
    "handed_over": _told(24, "DEPARTURE_NOT_CONFIRMED", DELIVERY_DESK, "departure"),
    "dispatched": _told(7 * 24, "DELIVERY_OVERDUE", DELIVERY_DESK, "delivery"),
    "out_for_delivery": _told(24, "DELIVERY_OVERDUE", DELIVERY_DESK, "out_for_delivery"),
    "delivered": _told(48, "PROOF_OVERDUE", DELIVERY_DESK, "proof"),
    "proven": Deadline(timedelta(days=30), Fire("close"), "delivery.close_hours"),
    "exception": _told(24, "DELIVERY_EXCEPTION_UNDECIDED", DELIVERY_LEAD, "exception"),
    "returned": Deadline(timedelta(days=30), Fire("close"), "delivery.close_hours"),
    "cancelled": Deadline(timedelta(days=30), Fire("close"), "delivery.close_hours"),
}
SHIPMENT = Process("shipment", tuple(each.value for each in State), _ways(), DEADLINES)
POLICY_KEYS = sorted({each.policy_key for each in DEADLINES.values()})


WITHDRAW, VOID, INTERCEPT = "withdraw_tender", "void_label", "intercept_or_return"


def undoing(state: State) -> list[str]:
    """What cancels a shipment in this state: nothing once it cannot be called back."""
    match state:
        case State.PLANNED:
            return [WITHDRAW]
        case State.ASSIGNED:
            return [VOID]
        case State.HANDED_OVER | State.DISPATCHED | State.OUT_FOR_DELIVERY | State.EXCEPTION:
            return [INTERCEPT]
        case _:
            return []
