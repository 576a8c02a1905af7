"""The life of a supplier's invoice as one table: led by the match, by accounts payable, or by the ERP's verdict.

Where it stands follows from its lines (SupplierInvoice.state). docs/lifecycles.md is rendered from it. Its supplier
leads it nowhere: it writes the invoice, and another one if that is refused.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from crossdock_kit.processes import Deadline, Process, Raise, Transition, advance

from procurement.domain.concerns import ACCOUNTS_PAYABLE, PROCUREMENT
from procurement.domain.roles import CROSSDOCK, ERP

_OURS, _BOOK = frozenset({CROSSDOCK}), frozenset({ERP})
_EITHER = _OURS | _BOOK
INVOICE_CONCERNS = "INVOICE_*"
"""One code for each outcome: INVOICE_PRICE_VARIANCE; each variance has an owner of its own."""


class State(Enum):
    """An invoice that nobody has matched yet is blocked."""

    BLOCKED = "blocked"
    AWAITING_RECEIPT = "awaiting_receipt"
    READY = "ready"
    REJECTED = "rejected"


_ONWARD = {
    State.BLOCKED: ("block", "something of it differs, or cannot be compared"),
    State.AWAITING_RECEIPT: ("wait", "nothing is wrong with it but that nothing was received"),
    State.READY: ("pass", "every line and the charges match, or were accepted or released"),
    State.REJECTED: ("reject", "somebody gave a reason"),
}
_OPEN = (State.BLOCKED, State.AWAITING_RECEIPT)


def _ways() -> tuple[Transition, ...]:
    def way(from_: State, to: State, who: frozenset[str], guard: str = "") -> Transition:
        return Transition(from_.value, _ONWARD[to][0], to.value, who, guard=guard or _ONWARD[to][1])

    given_back = "a credit memo that it had passed by was rejected"
    return (
        *(way(from_, to, _EITHER) for from_ in _OPEN for to in State if to is not from_),
        *(way(State.READY, to, _EITHER, given_back) for to in _OPEN),
        way(State.READY, State.REJECTED, _BOOK),
        *(
            way(State.REJECTED, to, _BOOK, "it is released after all, in whole or in part")
            for to in (State.READY, *_OPEN)
        ),
    )


INVOICE = Process(
    "supplier_invoice",
    tuple(each.value for each in State),
    _ways(),
    # Raised with the match itself.
    {
        "blocked": Deadline(timedelta(0), Raise(INVOICE_CONCERNS, ACCOUNTS_PAYABLE)),
        "awaiting_receipt": Deadline(timedelta(0), Raise("INVOICE_NO_RECEIPT", PROCUREMENT)),
    },
    rests=frozenset({"ready", "rejected"}),
)


def step(before: State, after: State, role: str) -> None:
    """Raises TransitionUnknown, TransitionNotOwned where `role` may not lead an invoice from the one to the other."""
    if after is not before:
        advance(INVOICE, before.value, _ONWARD[after][0], role)
