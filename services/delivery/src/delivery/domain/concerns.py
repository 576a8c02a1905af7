"""Something that somebody has to look at, though what happened was recorded: said beside the events.

A concern becomes an open exception with its owner; `settled` names one that has gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crossdock_kit.errors import FailureClass

DELIVERY_DESK = "delivery-desk"
MAPPING_DESK = "mapping-desk"
ORDER_DESK = "order-desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """`subject` says what it stands for; while one of the same code and subject is open it is not raised twice."""

    code: str
    owner: str
    subject: str
    summary: str
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)
    failure_class: FailureClass = FailureClass.BUSINESS

    @property
    def identity(self) -> str:
        return identity(self.code, self.subject)


def identity(code: str, subject: str) -> str:
    return f"{code}:{subject}"


LABEL_BEFORE_CHECKS = "LABEL_BEFORE_CHECKS"


def packed_subject(shipment_id: str) -> str:
    """A shipment as a warehouse packed it, whether anybody carries it or not."""
    return f"outbound_shipment/{shipment_id}"


CODE_UNMAPPED = "CARRIER_CODE_UNMAPPED"


def mapping_task(partner: str, vocabulary: str, code: str) -> Concern:
    """A code that nobody has mapped: kept with its update, and a task for who keeps the codes."""
    return Concern(
        code=CODE_UNMAPPED,
        owner=MAPPING_DESK,
        subject=code_subject(partner, vocabulary, code),
        summary=f"{partner} says {code!r}, which the {vocabulary} codes do not know; no milestone follows from it",
        details={"partner": partner, "vocabulary": vocabulary, "code": code},
    )


def code_subject(partner: str, vocabulary: str, code: str) -> str:
    return f"code/{partner}/{vocabulary}/{code}"
