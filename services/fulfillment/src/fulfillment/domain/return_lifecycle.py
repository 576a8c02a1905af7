"""The life of a return, from the customer's wish to the credit note, as one table (trade: C7, C12).

Where it stands follows from how much of it was authorised, came back and was inspected; docs/lifecycles.md is rendered
from this. It must not know what a return is made of.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from crossdock_kit.processes import Deadline, Process, Raise, Transition, advance

from fulfillment.domain.lifecycle import CARRIER, CHANNEL, CRM, CROSSDOCK, ERP, RETURNS_DESK, WMS

_WAREHOUSE, _BOOK = frozenset({WMS}), frozenset({ERP})
_CUSTOMER = frozenset({CHANNEL, CRM, ERP})
_OPENS = _CUSTOMER | {CARRIER}
_OURS = frozenset({CROSSDOCK})


class State(Enum):
    REQUESTED = "requested"
    AUTHORIZED = "authorized"
    UNAUTHORIZED = "unauthorized"
    PARTLY_RECEIVED = "partly_received"
    RECEIVED = "received"
    INSPECTED = "inspected"
    CREDITED = "credited"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


def _told(days: float, code: str, key: str) -> Deadline:
    return Deadline(timedelta(days=days), Raise(code, RETURNS_DESK), f"fulfillment.{key}_hours")


def _ways() -> tuple[Transition, ...]:
    def way(state: str, trigger: str, to: str, who: frozenset[str], guard: str = "") -> Transition:
        return Transition(state, trigger, to, who, guard=guard)

    mine = "so much was delivered, or did not arrive, and is under no other return"
    some, whole = "some of what was authorised came back", "all that was authorised came back"
    open_, back = ("authorized", "partly_received"), ("authorized", "partly_received", "received")
    return (
        way("requested", "authorize", "authorized", _OPENS, mine),
        way("requested", "find", "unauthorized", _WAREHOUSE, "it came back and nobody had authorised it"),
        way("unauthorized", "authorize", "authorized", _OPENS, mine),
        way("unauthorized", "dismiss", "withdrawn", _CUSTOMER, "nobody is owed anything for it"),
        way("authorized", "receive_some", "partly_received", _WAREHOUSE, some),
        *(way(state, "receive", "received", _WAREHOUSE, whole) for state in open_),
        *(way(state, "inspect", "inspected", _WAREHOUSE, "what becomes of all of it is said") for state in back),
        way("authorized", "withdraw", "withdrawn", _OPENS, "nothing came back"),
        way("partly_received", "settle_for_less", "received", _CUSTOMER, "the rest stays with the customer"),
        way("inspected", "credit", "credited", _BOOK, "every credit note of it is posted, none above its invoice"),
        way("inspected", "close", "closed", _OURS, "it came back undelivered, and none of it was ever invoiced"),
    )


RETURN = Process(
    "return",
    tuple(each.value for each in State),
    _ways(),
    {
        "requested": _told(5, "RETURN_UNDECIDED", "return_decision"),
        "authorized": _told(30, "RETURN_NOT_RECEIVED", "return"),
        "unauthorized": _told(5, "RETURN_UNDECIDED", "return_decision"),
        "partly_received": _told(30, "RETURN_NOT_RECEIVED", "return"),
        "received": _told(5, "INSPECTION_OVERDUE", "inspection"),
        "inspected": _told(5, "CREDIT_OVERDUE", "credit"),
    },
)
POLICY_KEYS = sorted({each.policy_key for each in RETURN.deadlines.values()})


def moved(state: State, trigger: str, role: str) -> State:
    """Raises TransitionUnknown, TransitionNotOwned."""
    return State(advance(RETURN, state.value, trigger, role))
