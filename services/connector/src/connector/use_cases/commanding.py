"""A translated message becomes a command to procurement: a delivery row, in the order of its business documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_kit.context import cause
from crossdock_kit.deliveries import NewDelivery
from crossdock_kit.driver import Driver
from crossdock_kit.ids import derived
from crossdock_kit.unit_of_work import Work
from crossdock_kit.validation import validate
from google.protobuf.message import Message

from connector.domain.revision import Basis, answered_revision
from connector.mappings.model import Answer, Command
from connector.store import orders
from connector.store.documents import Document

PEER = "procurement"
# Request type → method of the peer; what a command may be.
METHODS: dict[type[Message], str] = {
    procurement.SubmitPurchaseOrderRequest: "SubmitPurchaseOrder",
    procurement.AcknowledgePurchaseOrderRequest: "AcknowledgePurchaseOrder",
    procurement.RecordShipNoticeRequest: "RecordShipNotice",
    procurement.RecordReceiptRequest: "RecordReceipt",
}
KINDS: dict[str, type[Message]] = {f"{PEER}.{method}": request for request, method in METHODS.items()}
_BASES = {
    Basis.CARRIED: procurement.REVISION_BASIS_CARRIED,
    Basis.FUNCTIONAL_ACK: procurement.REVISION_BASIS_FUNCTIONAL_ACK,
    Basis.UNKNOWN: procurement.REVISION_BASIS_UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Sender:
    """The message that a command came from: its document, its place in it, and which attempt at translating it was."""

    document_id: UUID
    number: int
    generation: int

    @property
    def text(self) -> str:
        return f"{self.document_id}:{self.number}:{self.generation}"

    @classmethod
    def parse(cls, text: str) -> Sender:
        document_id, number, generation = text.split(":")
        return cls(UUID(document_id), int(number), int(generation))


async def decide_revision(driver: Driver, document: Document, request: Message, answer: Answer) -> None:
    """Fills in which revision an answer is for, from what was sent and what the supplier had accepted by then."""
    if not isinstance(request, procurement.AcknowledgePurchaseOrderRequest):
        raise TypeError(f"{type(request).__name__} answers nothing")
    sent = await orders.sent(driver, document.tenant, document.partner, answer.order)
    decided = answered_revision(sent, answer.answered, answer.carried)
    request.revision = decided.revision
    request.revision_basis = _BASES[decided.basis]
    request.ref.MergeFrom(inbound_pb2.PurchaseOrderRef(business_unit=document.business_unit))


async def command(
    work: Work, document: Document, number: int, translated: Command, transaction_ids: Sequence[str]
) -> None:
    """Writes the command. Repeated, it is the same request; after a wait for master data it is a new one.

    Raises InvalidFields where the document leaves out what the contract needs.
    """
    sender = Sender(document.document_id, number, document.generation)
    request = translated.request
    request.request_id = str(derived(sender.text))  # type: ignore[attr-defined]
    validate(request)
    orderings = [f"{document.partner}/{order}" for order in translated.orders] or [f"{document.partner}/{sender.text}"]
    after = await _unfinished(work.driver, document, translated.keys)
    why = cause()
    work.deliver(
        NewDelivery(
            tenant=document.tenant,
            business_unit=document.business_unit,
            partner=PEER,
            kind=f"{PEER}.{METHODS[type(request)]}",
            ordering_key=orderings[0],
            payload=request.SerializeToString(),
            idempotency_key=sender.text,
            transaction_ids=tuple(transaction_ids),
            keys=(*translated.keys, f"document:{document.document_id}"),
            express=isinstance(request, procurement.SubmitPurchaseOrderRequest) and request.express,
            after=after,
            correlation_id=why.correlation_id,
            causation_id=why.causation_id,
            traceparent=why.traceparent,
        )
    )


_UNFINISHED = """
SELECT delivery_id FROM delivery WHERE tenant = $1 AND partner = $2 AND state IN ('waiting', 'leased')
  AND ordering_key LIKE $3 AND keys && $4::text[]
"""


async def _unfinished(driver: Driver, document: Document, keys: Sequence[str]) -> tuple[UUID, ...]:
    """Commands of the partner's earlier documents that concern one of the same orders and have no answer yet."""
    of_orders = [key for key in keys if key.startswith("po:")]
    if not of_orders:
        return ()
    like = document.partner.replace("_", r"\_").replace("%", r"\%") + "/%"
    rows = await driver.fetch(_UNFINISHED, document.tenant, PEER, like, of_orders)
    return tuple(row["delivery_id"] for row in rows)
