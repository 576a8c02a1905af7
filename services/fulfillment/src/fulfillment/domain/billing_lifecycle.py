"""Whether what was shipped can be invoiced and is, as one table: it runs beside the goods (trade: C12).

docs/lifecycles.md is rendered from it. What the customer's terms wait for is not known here.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from crossdock_kit.processes import Deadline, Process, Raise, Transition, advance

from fulfillment.domain.posting_lifecycle import CROSSDOCK, ERP, OWN_BOOKS

BILLING_DESK = "billing-desk"


class State(Enum):
    NOT_BILLABLE = "not_billable"
    BILLABLE = "billable"
    INVOICED = "invoiced"
    RETURNED = "returned"


BILLING = Process(
    "billing",
    tuple(each.value for each in State),
    (
        Transition(
            "not_billable",
            "trigger",
            "billable",
            frozenset({CROSSDOCK}),
            guard="goods issue, dispatch or proof, as the customer's terms say",
        ),
        Transition(
            "not_billable",
            "turn_back",
            "returned",
            frozenset({CROSSDOCK}),
            guard="all of it came back undelivered before the customer's terms let it be invoiced",
        ),
        Transition("billable", "invoice", "invoiced", frozenset({ERP}), guard="the invoice is posted under a number"),
        Transition("billable", "book", "invoiced", frozenset({CROSSDOCK}), guard=OWN_BOOKS),
    ),
    {
        "not_billable": Deadline(
            timedelta(days=7), Raise("BILLING_SKIPPED", BILLING_DESK), "fulfillment.billing_hours"
        ),
        "billable": Deadline(timedelta(hours=48), Raise("INVOICE_OVERDUE", BILLING_DESK), "fulfillment.invoice_hours"),
    },
)
POLICY_KEYS = sorted({each.policy_key for each in BILLING.deadlines.values()})


def moved(state: State, trigger: str, role: str) -> State:
    """Raises TransitionUnknown, TransitionNotOwned."""
    return State(advance(BILLING, state.value, trigger, role))
