"""The life of a received line as one table: the warehouse's report stands; what it lacks holds it until it is uploaded.

docs/lifecycles.md is rendered from it. What a warehouse itself holds for quality is inventory's to say.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from crossdock_kit.processes import Deadline, Process, Raise, Transition, advance

from procurement.domain.concerns import COMPLIANCE
from procurement.domain.roles import CROSSDOCK, ERP, SUPPLIER

CERTIFICATE_MISSING = "CERTIFICATE_MISSING"


class State(Enum):
    BOOKED = "booked"
    HELD = "held"
    RELEASED = "released"


RECEIPT_LINE = Process(
    "receipt_line",
    tuple(each.value for each in State),
    (
        Transition(
            "booked", "hold", "held", frozenset({CROSSDOCK}), guard="a certificate that the policy asks for is missing"
        ),
        Transition(
            "held",
            "release",
            "released",
            frozenset({SUPPLIER, ERP, CROSSDOCK}),
            guard="the last certificate that it lacked was uploaded",
        ),
    ),
    # Raised with the receipt itself.
    {"held": Deadline(timedelta(0), Raise(CERTIFICATE_MISSING, COMPLIANCE))},
    rests=frozenset({"booked"}),
)


def moved(state: State, trigger: str, role: str) -> State:
    """Raises TransitionUnknown, TransitionNotOwned."""
    return State(advance(RECEIPT_LINE, state.value, trigger, role))
