"""The life of a posting, which is one document that the ERP is to put into its books of an order, as one table.

The ERP alone says posted or refused, but where the books are ours. docs/lifecycles.md is rendered from it. It must not
know what is posted.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from crossdock_kit.processes import Deadline, Process, Raise, Transition, advance

CROSSDOCK, ERP = "CROSSDOCK", "ERP"
_OURS, _BOOK = frozenset({CROSSDOCK}), frozenset({ERP})
OWN_BOOKS = "the business unit's books are ours (fulfillment.books)"
FINANCE = "finance"


class State(Enum):
    WAITING = "waiting"
    REQUESTED = "requested"
    REFUSED = "refused"
    POSTED = "posted"


def _told(hours: float, code: str, key: str) -> Deadline:
    return Deadline(timedelta(hours=hours), Raise(code, FINANCE), f"fulfillment.{key}_hours")


POSTING = Process(
    "posting",
    tuple(each.value for each in State),
    (
        Transition("waiting", "request", "requested", _OURS, guard="all that it follows is posted"),
        Transition("requested", "request", "requested", _OURS, guard="somebody asks again: the answer was lost"),
        Transition("refused", "request", "requested", _OURS, guard="somebody asks again: the cause is gone"),
        Transition("waiting", "post", "posted", _BOOK, guard="the ERP booked it unasked"),
        Transition("requested", "post", "posted", _BOOK, guard="a number; totals of invoices and credit notes"),
        Transition("refused", "post", "posted", _BOOK, guard="a number; totals of invoices and credit notes"),
        Transition("requested", "refuse", "refused", _BOOK, guard="a reason"),
        *(Transition(state, "book", "posted", _OURS, guard=OWN_BOOKS) for state in ("waiting", "requested", "refused")),
        *(
            Transition(state, "reject", "refused", _OURS, guard=f"{OWN_BOOKS}, and prices do not tell what it comes to")
            for state in ("waiting", "requested", "refused")
        ),
    ),
    {
        "waiting": _told(48, "POSTING_WAITS", "posting_wait"),
        "requested": _told(4, "POSTING_OVERDUE", "posting"),
        "refused": _told(24, "POSTING_UNDECIDED", "posting_decision"),
    },
)
POLICY_KEYS = sorted({each.policy_key for each in POSTING.deadlines.values()})


def moved(state: State, trigger: str, role: str) -> State:
    """Raises TransitionUnknown, TransitionNotOwned."""
    return State(advance(POSTING, state.value, trigger, role))
