"""The life of a ship notice as one table: announced by its supplier, ended by the warehouse that takes it in.

docs/lifecycles.md is rendered from it. What goes straight to a customer stays on its way here: nobody of ours receives
it, and nothing waits for it.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from crossdock_kit.processes import Deadline, Process, Raise, Transition, advance

from procurement.domain.concerns import SUPPLIER_DESK
from procurement.domain.roles import SUPPLIER, WMS

SHIP_NOTICE_NOT_RECEIVED = "SHIP_NOTICE_NOT_RECEIVED"
ARRIVAL_DAYS = "procurement.arrival_days"
_SUPPLIER, _WAREHOUSE = frozenset({SUPPLIER}), frozenset({WMS})


class State(Enum):
    IN_TRANSIT = "in_transit"
    PARTLY_RECEIVED = "partly_received"
    RECEIVED = "received"
    CLOSED_SHORT = "closed_short"
    REPLACED = "replaced"
    CANCELLED = "cancelled"


_TRIGGERS = {
    State.PARTLY_RECEIVED: "receive_some",
    State.RECEIVED: "receive",
    State.CLOSED_SHORT: "close_short",
    State.REPLACED: "replace",
    State.CANCELLED: "cancel",
}


def _way(from_: State, to: State, who: frozenset[str], guard: str) -> Transition:
    return Transition(from_.value, _TRIGGERS[to], to.value, who, guard=guard)


def _ways() -> tuple[Transition, ...]:
    nothing_came = "nothing of it has been received"
    return (
        _way(State.IN_TRANSIT, State.PARTLY_RECEIVED, _WAREHOUSE, "some of it was received"),
        *(
            _way(from_, to, _WAREHOUSE, guard)
            for from_ in (State.IN_TRANSIT, State.PARTLY_RECEIVED)
            for to, guard in (
                (State.RECEIVED, "all of it was received"),
                (State.CLOSED_SHORT, "receiving is over, and some of it did not come"),
            )
        ),
        _way(State.IN_TRANSIT, State.REPLACED, _SUPPLIER, f"{nothing_came}; another notice of the same number"),
        _way(State.IN_TRANSIT, State.CANCELLED, _SUPPLIER, nothing_came),
        _way(State.CANCELLED, State.REPLACED, _SUPPLIER, "another notice of the same number"),
    )


_ARRIVES = Deadline(timedelta(days=2), Raise(SHIP_NOTICE_NOT_RECEIVED, SUPPLIER_DESK), ARRIVAL_DAYS)
"""After the day that it is expected on."""

SHIP_NOTICE = Process(
    "ship_notice",
    tuple(each.value for each in State),
    _ways(),
    {"in_transit": _ARRIVES, "partly_received": _ARRIVES},
    rests=frozenset({"cancelled"}),
)


def moved(state: State, to: State, role: str) -> State:
    """Raises TransitionUnknown, TransitionNotOwned."""
    if to is state:
        return state
    return State(advance(SHIP_NOTICE, state.value, _TRIGGERS.get(to, to.value), role))
