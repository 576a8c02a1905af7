"""The life of a line of a purchase order as one table: who may lead it where, and how long it may stay there.

Where a line stands follows from its counts (OrderLine.state), so one document may carry it over several states at once,
and goods may reach it in any of them; every such step stands here. docs/lifecycles.md is rendered from it.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from crossdock_kit.processes import Deadline, Process, Raise, Transition, advance

from procurement.domain.concerns import BUYER, SUPPLIER_DESK
from procurement.domain.roles import CROSSDOCK, ERP, SUPPLIER, WMS

PURCHASE_ORDER_UNACKNOWLEDGED = "PURCHASE_ORDER_UNACKNOWLEDGED"
PROMISE_OVERDUE = "PROMISE_OVERDUE"
DECISION_OVERDUE = "DECISION_OVERDUE"
LINE_ON_HOLD = "LINE_ON_HOLD"
ESCALATION_HOURS = "procurement.escalation_hours"
DECISION_DAYS = "procurement.decision_days"
OVERDUE_DAYS = "procurement.overdue_days"
UNDATED_DAYS = "procurement.undated_days"


class State(Enum):
    """First where something is to come, then where nothing is."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    AWAITING_DECISION = "awaiting_decision"
    ON_HOLD = "on_hold"
    BACKORDERED = "backordered"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    RECEIVED = "received"
    CLOSED_SHORT = "closed_short"
    SHIPPED_DIRECT = "shipped_direct"


_ONWARD = {
    State.OPEN: ("ask", "the supplier has not answered for all of it"),
    State.CONFIRMED: ("confirm", "its answers speak for all that is still to come"),
    State.AWAITING_DECISION: ("propose", "it changed a price or the item, and the buyer has not decided"),
    State.ON_HOLD: ("hold", "it holds a part"),
    State.BACKORDERED: ("backorder", "it has no day for a part"),
    State.REJECTED: ("reject", "nothing of it is left to come, and nothing came"),
    State.CANCELLED: ("cancel", "the order no longer wants it; what came of it all the same is on its way or nothing"),
    State.RECEIVED: ("receive", "nothing more of it is to come, and it came"),
    State.CLOSED_SHORT: ("close_short", "nothing more of it is to come, and what is missing was given up"),
    State.SHIPPED_DIRECT: ("ship_direct", "nothing more of it is to come, and it left for the customer"),
}
_LIVE = frozenset(tuple(State)[:5])
_CAME = frozenset({State.RECEIVED, State.CLOSED_SHORT, State.SHIPPED_DIRECT})
_COUNTED_ON = frozenset({State.OPEN, State.CONFIRMED})


def _erp(from_: State, to: State) -> bool:
    """A revision asks the supplier again; a smaller quantity, or a cancellation, may find that all has come."""
    return to in {State.OPEN, State.CANCELLED, *_CAME}


def _supplier(from_: State, to: State) -> bool:
    """By its answers and its ship notices, which it may take back. What the buyer cancelled stays so; of that it may
    only say that more is on its way, or that it is not."""
    if State.CANCELLED in {from_, to}:
        return {from_, to} <= {State.CANCELLED, *_CAME}
    return True


def _warehouse(from_: State, to: State) -> bool:
    """By what came and what did not, whatever anybody wanted of it before."""
    if to in _CAME:
        return from_ in {*_LIVE, State.CANCELLED, State.REJECTED, State.CLOSED_SHORT}
    return from_ in _LIVE if to is State.REJECTED else {from_, to} <= _COUNTED_ON


def _buyer(from_: State, to: State) -> bool:
    """By the decision on what the supplier proposed."""
    return from_ is State.AWAITING_DECISION and to is not State.CANCELLED


_LEADS = {ERP: _erp, SUPPLIER: _supplier, WMS: _warehouse, CROSSDOCK: _buyer}


def _ways() -> tuple[Transition, ...]:
    steps = ((from_, to) for from_ in State for to in State if from_ is not to)
    owned = ((from_, to, frozenset(role for role, may in _LEADS.items() if may(from_, to))) for from_, to in steps)
    return tuple(
        Transition(from_.value, _ONWARD[to][0], to.value, who, guard=_ONWARD[to][1]) for from_, to, who in owned if who
    )


ORDER_LINE = Process(
    "purchase_order_line",
    tuple(each.value for each in State),
    _ways(),
    {
        # Reminded and escalated before: the last of three waits of a day each, by the supplier's calendar.
        "open": Deadline(timedelta(hours=72), Raise(PURCHASE_ORDER_UNACKNOWLEDGED, BUYER), ESCALATION_HOURS, "partner"),
        # After the day that was promised.
        "confirmed": Deadline(timedelta(days=3), Raise(PROMISE_OVERDUE, SUPPLIER_DESK), OVERDUE_DAYS),
        "awaiting_decision": Deadline(timedelta(days=2), Raise(DECISION_OVERDUE, BUYER), DECISION_DAYS, "partner"),
        # Raised with the answer itself.
        "on_hold": Deadline(timedelta(0), Raise(LINE_ON_HOLD, SUPPLIER_DESK)),
        "backordered": Deadline(timedelta(days=14), Raise(PROMISE_OVERDUE, SUPPLIER_DESK), UNDATED_DAYS),
    },
    rests=frozenset(each.value for each in State if each not in _LIVE),
)


def step(before: State, after: State, role: str) -> None:
    """Raises TransitionUnknown, TransitionNotOwned where `role` may not lead a line from the one to the other."""
    if after is not before:
        advance(ORDER_LINE, before.value, _ONWARD[after][0], role)
