"""The life of one check of an order, as one table for each kind: who is asked, who looks after what is held, how long
an answer may take.

A check that lapses goes where its declared fallback says. An order that grows is checked anew, by a new question.
docs/lifecycles.md is rendered from this. It must not know what is checked or how an answer travels.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from crossdock_kit.processes import Deadline, Fire, Process, Raise, Transition, advance

CROSSDOCK, ERP, CRM = "CROSSDOCK", "ERP", "CRM"
_OURS, _ANSWERS = frozenset({CROSSDOCK}), frozenset({ERP, CRM, CROSSDOCK})


class State(Enum):
    ASKED = "asked"
    HELD = "held"
    PASSED = "passed"
    REFUSED = "refused"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


class Kind(Enum):
    CUSTOMER = "customer"
    PRICE = "price"
    CREDIT = "credit"
    TAX = "tax"
    EXPORT = "export"


OWNERS = {
    Kind.CUSTOMER: "order-desk",
    Kind.PRICE: "pricing-desk",
    Kind.CREDIT: "credit-desk",
    Kind.TAX: "tax-desk",
    Kind.EXPORT: "trade-compliance",
}
ASKED_OF_PARTNERS = (Kind.CREDIT, Kind.TAX, Kind.EXPORT)
"""What Crossdock cannot say by itself: whoever has the authority is asked."""
BARRING = frozenset({State.ASKED, State.HELD})
"""While one check stands there, nothing of the order is released to a warehouse."""
LET_THROUGH = frozenset({State.PASSED, State.RELEASED})
"""Where it ends. Who takes that back asks a new question, which holds the order until it is answered."""

_WAYS = (
    Transition("asked", "pass", "passed", _ANSWERS, guard="the answer, or an earlier one that still counts"),
    Transition("asked", "hold", "held", _ANSWERS, guard="no answer in time, a no to what is owed, or it is taken back"),
    Transition("asked", "refuse", "refused", _ANSWERS, guard="a no, and the channel has not confirmed the order"),
    Transition("asked", "withdraw", "withdrawn", _OURS, guard="nothing is wanted any more, or it is asked anew"),
    Transition("held", "pass", "passed", _ANSWERS, guard="the answer came after all, or what held it is gone"),
    Transition("held", "release", "released", _OURS, guard="a person with the permission says so, and why"),
    Transition("held", "withdraw", "withdrawn", _OURS, guard="nothing is wanted any more, or it is asked anew"),
)


def _process(kind: Kind) -> Process:
    """`hold` stands for what its fallback says: an earlier answer, the hold, or the refusal."""
    name = kind.value
    return Process(
        f"{name}_check",
        tuple(each.value for each in State),
        _WAYS,
        {
            "asked": Deadline(timedelta(minutes=30), Fire("hold"), f"fulfillment.{name}_check_hours"),
            "held": Deadline(
                timedelta(hours=24), Raise("HOLD_UNDECIDED", OWNERS[kind]), f"fulfillment.{name}_hold_hours"
            ),
        },
    )


CUSTOMER_CHECK = _process(Kind.CUSTOMER)
PRICE_CHECK = _process(Kind.PRICE)
CREDIT_CHECK = _process(Kind.CREDIT)
TAX_CHECK = _process(Kind.TAX)
EXPORT_CHECK = _process(Kind.EXPORT)
CHECKS = {
    Kind.CUSTOMER: CUSTOMER_CHECK,
    Kind.PRICE: PRICE_CHECK,
    Kind.CREDIT: CREDIT_CHECK,
    Kind.TAX: TAX_CHECK,
    Kind.EXPORT: EXPORT_CHECK,
}
SPANS = sorted(each.policy_key for process in CHECKS.values() for each in process.deadlines.values())


def moved(kind: Kind, state: State, trigger: str, role: str) -> State:
    """Raises TransitionUnknown, TransitionNotOwned."""
    return State(advance(CHECKS[kind], state.value, trigger, role))
