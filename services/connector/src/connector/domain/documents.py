"""What becomes of a received document: the ends of its messages, and what they make of the whole.

Numbers of states are those of the contract (DocumentState), so that a row and an answer say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class State(IntEnum):
    RECEIVED = 1
    TRANSLATED = 2
    UNDERSTOOD = 3
    REFUSED = 4
    EXCEPTION = 5
    DUPLICATE = 6
    WAITING = 7
    RENDERED = 8
    SENT = 9
    ACKNOWLEDGED = 10
    REJECTED = 11


class Outcome(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WAITING = "waiting"
    DUPLICATE = "duplicate"
    EXCEPTION = "exception"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong or odd, and where. `segment` counts from the message's header, `offset` in the file."""

    code: str
    severity: str
    text: str
    segment: int = 0
    element: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class MessageEnd:
    """One business message of a document and its end."""

    kind: str
    control_number: str = ""
    lines: int = 0
    outcome: Outcome = Outcome.PENDING
    reason: str = ""
    keys: tuple[str, ...] = ()
    transaction_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """A document that the partner had sent before, of the same content or under the same control number."""

    document_id: str
    sha256: str
    control_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repetition:
    """`related` is the earlier document; `reused` says that its control number came again with other content."""

    related: str
    reused: bool = False
    control_number: str = ""


def repetition(sha256: str, control_numbers: Sequence[str], earlier: Iterable[Earlier]) -> Repetition | None:
    """What an earlier document makes of this one. Documents that were refused as a whole are not asked: a corrected
    resend under the same number is no repetition."""
    known = list(earlier)
    for each in known:
        if each.sha256 == sha256:
            return Repetition(each.document_id)
    for each in known:
        for number in control_numbers:
            if number in each.control_numbers:
                return Repetition(each.document_id, reused=True, control_number=number)
    return None


def state_of(outcomes: Sequence[Outcome]) -> State:
    """What the ends of its messages make of a document. A wait comes first: it is what has the document read again."""
    for outcome, state in (
        (Outcome.WAITING, State.WAITING),
        (Outcome.PENDING, State.TRANSLATED),
        (Outcome.EXCEPTION, State.EXCEPTION),
    ):
        if outcome in outcomes:
            return state
    if Outcome.REFUSED in outcomes:
        whole = all(each in {Outcome.REFUSED, Outcome.IGNORED} for each in outcomes)
        return State.REFUSED if whole else State.EXCEPTION
    return State.UNDERSTOOD


SETTLED = frozenset({State.UNDERSTOOD, State.REFUSED, State.EXCEPTION, State.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command was not carried out, as the exception that somebody gets to see."""

    code: str
    text: str
    owner: str
    details: dict[str, str] = field(default_factory=dict)


MASTER_DATA = "master-data"
LONGEST_REASON = 2000
WAITS_FOR_MASTER_DATA = frozenset({"ITEM_UNKNOWN", "UNIT_NOT_CONVERTIBLE", "LOCATION_UNKNOWN", "PARTY_UNKNOWN"})

_OWNERS = {
    "OBSOLETE_REVISION": "supplier-desk",
    "REVISION_UNDECIDABLE": "buyer",
    "PURCHASE_ORDER_UNKNOWN": "supplier-desk",
    "LINE_UNKNOWN": "supplier-desk",
    "SHIP_NOTICE_REUSED": "supplier-desk",
    "SHIP_NOTICE_LINES_UNKNOWN": "supplier-desk",
    "RECEIPT_NUMBER_REUSED": "warehouse",
    "INVOICE_NUMBER_REUSED": "accounts-payable",
    "SHIPMENT_UNKNOWN": "delivery-desk",
    "LOCATION_OF_ANOTHER_SYSTEM": "integration",
}
_OWNERS_BY_COMMAND = {
    "SubmitPurchaseOrder": "procurement",
    "SubmitBlanketOrder": "procurement",
    "AcknowledgePurchaseOrder": "supplier-desk",
    "RecordShipNotice": "supplier-desk",
    "RecordReceipt": "warehouse",
    "RecordDockAppointment": "warehouse",
    "RecordSupplierInvoice": "accounts-payable",
    "RecordInvoiceVerdict": "accounts-payable",
    "RecordInboundBooking": "procurement",
    "RecordInboundEta": "delivery-desk",
    "RecordCertificate": "compliance",
    "RecordCarrierUpdates": "delivery-desk",
    "AssignCarrier": "delivery-desk",
    "DeclineTender": "delivery-desk",
    "RecordCallOffAnswer": "delivery-desk",
    "RecordProofOfDelivery": "delivery-desk",
    "RecordPick": "warehouse",
    "RecordPacking": "warehouse",
    "RecordGoodsIssue": "warehouse",
    "AuthorizeReturn": "returns-desk",
    "RecordReturnReceipt": "warehouse",
    "RecordReturnInspection": "warehouse",
    "RecordPosting": "finance",
    "RecordPayment": "finance",
    "RecordCheck": "order-desk",
    "RecordAllocation": "order-desk",
    "PlaceOrder": "order-desk",
    "OpenOrder": "order-desk",
    "AppendLines": "order-desk",
    "SubmitOrder": "order-desk",
    "ChangeOrder": "order-desk",
    "CancelOrder": "order-desk",
    "RecordStockReport": "warehouse",
    "RecordStockMoves": "warehouse",
    "SendTransfer": "warehouse",
    "RecordTransferReceipt": "warehouse",
    "RecordStatement": "warehouse",
    "PutMasterData": MASTER_DATA,
}
_DESKS = {
    **dict.fromkeys(("x12.855", "x12.856", "x12.810", "x12.812", "x12.865"), "order-desk"),
    "x12.180": "returns-desk",
    "x12.204": "delivery-desk",
}


def desk_of(kind: str) -> str:
    """Who looks after what a partner says, or does not say, of a document of ours."""
    return _DESKS.get(kind, "supplier-desk")


def owner_of(reason: str, command: str) -> str:
    """Who has to look at a refused command: by the reason where it says so, else by what was asked."""
    if reason in WAITS_FOR_MASTER_DATA:
        return MASTER_DATA
    return _OWNERS.get(reason) or _OWNERS_BY_COMMAND.get(command, "integration")
