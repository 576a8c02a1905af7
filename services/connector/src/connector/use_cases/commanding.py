"""A translated message becomes a command to the service that owns it: a delivery row, in the order of its business
documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from crossdock.catalog.v1 import catalog_service_pb2 as catalog
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.fulfillment.v1 import allocation_service_pb2 as allocation
from crossdock.fulfillment.v1 import check_service_pb2 as check
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.fulfillment.v1 import posting_service_pb2 as posting
from crossdock.fulfillment.v1 import return_service_pb2 as returns
from crossdock.fulfillment.v1 import warehouse_service_pb2 as warehouse
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.inventory.v1 import stock_move_pb2 as moves
from crossdock.inventory.v1 import stock_transfer_pb2 as transfers
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_kit.context import cause
from crossdock_kit.deliveries import NewDelivery
from crossdock_kit.ids import derived
from crossdock_kit.validation import validate
from google.protobuf.message import Message

from connector.domain.revision import Basis, SentRevision, answered_revision
from connector.mappings.model import Answer, Command
from connector.store.document import Document

PROCUREMENT, FULFILLMENT, DELIVERY, INVENTORY = "procurement", "fulfillment", "delivery", "inventory"
CATALOG = "catalog"
PEERS = frozenset({PROCUREMENT, FULFILLMENT, DELIVERY, INVENTORY, CATALOG})
# Request type → the peer and its method; what a command may be.
METHODS: dict[type[Message], tuple[str, str]] = {
    procurement.SubmitPurchaseOrderRequest: (PROCUREMENT, "SubmitPurchaseOrder"),
    procurement.SubmitBlanketOrderRequest: (PROCUREMENT, "SubmitBlanketOrder"),
    procurement.AcknowledgePurchaseOrderRequest: (PROCUREMENT, "AcknowledgePurchaseOrder"),
    procurement.RecordShipNoticeRequest: (PROCUREMENT, "RecordShipNotice"),
    procurement.RecordReceiptRequest: (PROCUREMENT, "RecordReceipt"),
    procurement.RecordDockAppointmentRequest: (PROCUREMENT, "RecordDockAppointment"),
    procurement.RecordInboundBookingRequest: (PROCUREMENT, "RecordInboundBooking"),
    procurement.RecordInboundEtaRequest: (PROCUREMENT, "RecordInboundEta"),
    procurement.RecordCertificateRequest: (PROCUREMENT, "RecordCertificate"),
    procurement.RecordSupplierInvoiceRequest: (PROCUREMENT, "RecordSupplierInvoice"),
    procurement.RecordInvoiceVerdictRequest: (PROCUREMENT, "RecordInvoiceVerdict"),
    delivery.RecordCarrierUpdatesRequest: (DELIVERY, "RecordCarrierUpdates"),
    delivery.AssignCarrierRequest: (DELIVERY, "AssignCarrier"),
    delivery.DeclineTenderRequest: (DELIVERY, "DeclineTender"),
    delivery.RecordProofOfDeliveryRequest: (DELIVERY, "RecordProofOfDelivery"),
    delivery.RecordCallOffAnswerRequest: (DELIVERY, "RecordCallOffAnswer"),
    sales.PlaceOrderRequest: (FULFILLMENT, "PlaceOrder"),
    sales.OpenOrderRequest: (FULFILLMENT, "OpenOrder"),
    sales.AppendLinesRequest: (FULFILLMENT, "AppendLines"),
    sales.SubmitOrderRequest: (FULFILLMENT, "SubmitOrder"),
    sales.ChangeOrderRequest: (FULFILLMENT, "ChangeOrder"),
    sales.CancelOrderRequest: (FULFILLMENT, "CancelOrder"),
    warehouse.RecordPickRequest: (FULFILLMENT, "RecordPick"),
    warehouse.RecordPackingRequest: (FULFILLMENT, "RecordPacking"),
    warehouse.RecordGoodsIssueRequest: (FULFILLMENT, "RecordGoodsIssue"),
    warehouse.RecordRecallRequest: (FULFILLMENT, "RecordRecall"),
    returns.AuthorizeReturnRequest: (FULFILLMENT, "AuthorizeReturn"),
    returns.RecordReturnReceiptRequest: (FULFILLMENT, "RecordReturnReceipt"),
    returns.RecordReturnInspectionRequest: (FULFILLMENT, "RecordReturnInspection"),
    posting.RecordPostingRequest: (FULFILLMENT, "RecordPosting"),
    posting.RecordPaymentRequest: (FULFILLMENT, "RecordPayment"),
    check.RecordCheckRequest: (FULFILLMENT, "RecordCheck"),
    allocation.RecordAllocationRequest: (FULFILLMENT, "RecordAllocation"),
    control.RecordStockReportRequest: (INVENTORY, "RecordStockReport"),
    control.RecordStatementRequest: (INVENTORY, "RecordStatement"),
    moves.RecordStockMovesRequest: (INVENTORY, "RecordStockMoves"),
    catalog.PutMasterDataRequest: (CATALOG, "PutMasterData"),
    transfers.SendTransferRequest: (INVENTORY, "SendTransfer"),
    transfers.RecordTransferReceiptRequest: (INVENTORY, "RecordTransferReceipt"),
}
KINDS: dict[str, type[Message]] = {f"{peer}.{method}": request for request, (peer, method) in METHODS.items()}
_BASES = {
    Basis.CARRIED: procurement.REVISION_BASIS_CARRIED,
    Basis.FUNCTIONAL_ACK: procurement.REVISION_BASIS_FUNCTIONAL_ACK,
    Basis.UNKNOWN: procurement.REVISION_BASIS_UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Sender:
    """The message that a command came from: its document, its place in it, and which attempt at translating it was.
    `part` of `parts` where the message is more than one command."""

    document_id: UUID
    number: int
    generation: int
    part: int = 1
    parts: int = 1

    @property
    def text(self) -> str:
        said = f"{self.document_id}:{self.number}:{self.generation}"
        return said if self.parts == 1 else f"{said}:{self.part}:{self.parts}"

    @property
    def is_last(self) -> bool:
        return self.part == self.parts

    @classmethod
    def parse(cls, text: str) -> Sender:
        document_id, *numbers = text.split(":")
        return cls(UUID(document_id), *(int(each) for each in numbers))


def order_keys(translated: Command) -> list[str]:
    """Of the keys of a message those that name orders: what is about one order stays in order."""
    return [*(key for key in translated.keys if key.startswith("po:")), *translated.sequence]


def decide_revision(document: Document, request: Message, answer: Answer, sent: Iterable[SentRevision]) -> None:
    """Fills in which revision an answer is for, from what was sent and what the supplier had accepted by then."""
    if not isinstance(request, procurement.AcknowledgePurchaseOrderRequest):
        raise TypeError(f"{type(request).__name__} answers nothing")
    decided = answered_revision(sent, answer.answered, answer.carried)
    request.revision = decided.revision
    request.revision_basis = _BASES[decided.basis]
    request.ref.MergeFrom(inbound_pb2.PurchaseOrderRef(business_unit=document.business_unit))


def _express(request: Message) -> bool:
    """What overtakes others does so on its way to its owner already."""
    if isinstance(request, sales.PlaceOrderRequest | sales.OpenOrderRequest):
        return request.order.same_day
    return isinstance(request, procurement.SubmitPurchaseOrderRequest) and request.express


def commands(
    document: Document, number: int, translated: Command, transaction_ids: Sequence[str], after: tuple[UUID, ...]
) -> list[NewDelivery]:
    """What a message comes to, one behind the other: the first waits for those named in `after`. Repeated, they are the
    same requests; after a wait for master data they are new ones.

    Raises InvalidFields where the document leaves out what the contract needs.
    """
    requests = (translated.request, *translated.then)
    made: list[NewDelivery] = []
    for part, request in enumerate(requests, start=1):
        sender = Sender(document.document_id, number, document.generation, part, len(requests))
        before = (made[-1].delivery_id,) if made else after
        made.append(_command(document, sender, request, translated, transaction_ids, before))
    return made


def _command(
    document: Document,
    sender: Sender,
    request: Message,
    translated: Command,
    transaction_ids: Sequence[str],
    after: tuple[UUID, ...],
) -> NewDelivery:
    request.request_id = str(derived(sender.text))  # type: ignore[attr-defined]
    validate(request)
    about = (*translated.orders, *translated.sequence, sender.text)
    peer, method = METHODS[type(request)]
    why = cause()
    return NewDelivery(
        tenant=document.tenant,
        business_unit=document.business_unit,
        partner=peer,
        kind=f"{peer}.{method}",
        ordering_key=f"{document.partner}/{about[0]}",
        payload=request.SerializeToString(),
        idempotency_key=sender.text,
        transaction_ids=tuple(transaction_ids),
        keys=(*translated.keys, f"document:{document.document_id}"),
        # All of a message goes by one lane: its first command says which.
        express=_express(translated.request),
        after=after,
        correlation_id=why.correlation_id,
        causation_id=why.causation_id,
        traceparent=why.traceparent,
    )
