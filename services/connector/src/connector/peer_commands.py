"""Carries commands to their services. A refusal is an answer: it ends the delivery and not its ordering key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any

from crossdock.catalog.v1 import catalog_service_pb2 as catalog
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.v1 import allocation_service_pb2 as allocation
from crossdock.fulfillment.v1 import check_service_pb2 as check
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.fulfillment.v1 import posting_service_pb2 as posting
from crossdock.fulfillment.v1 import return_service_pb2 as returns
from crossdock.fulfillment.v1 import warehouse_service_pb2 as warehouse
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.inventory.v1 import stock_move_pb2 as moves
from crossdock.inventory.v1 import stock_transfer_pb2 as transfers
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_kit.deliveries import Delivered, Leased, Outcome
from crossdock_kit.deliveries.dispatcher import Carrier
from google.protobuf.message import Message

from connector.ports import Surroundings
from connector.use_cases.commanding import KINDS
from connector.use_cases.settling import BEHIND, LEFT_OUT, NOT_OWNED, PARTLY, TRANSACTION, WAITS, settle_commands

Call = Callable[..., Awaitable[Any]]
StubFor = Callable[[str, str], Any]
Opened = Callable[[Leased], Awaitable[bytes]]
_LONGEST = 1500


def carriers(stub_for: StubFor, opened: Opened, around: Surroundings) -> dict[str, Carrier]:
    """One per kind of command. `stub_for` gives the stub that has the method of a kind, for a tenant, and
    `opened` a command as it is said."""
    settle = partial(settle_commands, around=around)
    return {kind: Carrier(_carry(kind, stub_for, opened), settle=settle, refusals_are_answers=True) for kind in KINDS}


def _carry(kind: str, stub_for: StubFor, opened: Opened) -> Callable[[Leased], Awaitable[Outcome]]:
    method, request_type = kind.rpartition(".")[2], KINDS[kind]

    async def carry(leased: Leased) -> Outcome:
        call: Call = getattr(stub_for(kind, leased.tenant), method)
        return Delivered(results=results_of(await call(request_type.FromString(await opened(leased)))))

    return carry


def results_of(response: Message) -> dict[str, str]:
    """What the answer says that the document has to know: the transactions, and lines that were left out."""
    if isinstance(response, catalog.PutMasterDataResponse):
        return _left_out(response)
    if isinstance(response, procurement.RecordShipNoticeResponse) and response.refused_lines:
        return {PARTLY: "; ".join(response.refused_lines)[:_LONGEST]}
    found = ",".join(dict.fromkeys(filter(None, _transactions(response))))
    return {TRANSACTION: found} if found else {}


def _left_out(response: catalog.PutMasterDataResponse) -> dict[str, str]:
    """Records that catalog did not take, line by line, by why, as many as fit; and how many it does not show."""
    found: dict[str, list[str]] = {}
    for each in response.refused:
        why = WAITS if each.waits else NOT_OWNED if each.code == "FIELD_NOT_OWNED" else LEFT_OUT
        found.setdefault(why, []).append(f"{each.record}: {each.reason}")
    behind = {BEHIND: str(response.kept)} if response.kept else {}
    return {why: _lines(texts) for why, texts in found.items()} | behind


def _lines(texts: Sequence[str]) -> str:
    kept: list[str] = []
    for at, each in enumerate(texts):
        if sum(map(len, kept)) + len(each) > _LONGEST:
            return "\n".join((*kept, f"and {len(texts) - at} more"))
        kept.append(each)
    return "\n".join(kept)


def _transactions(response: Message) -> Iterable[str]:  # noqa: C901, PLR0911, PLR0912  one case for each kind of answer
    match response:
        case procurement.SubmitPurchaseOrderResponse() | procurement.AcknowledgePurchaseOrderResponse():
            return (response.purchase_order.purchase_order_id,)
        case procurement.SubmitBlanketOrderResponse():
            return (response.blanket_order.blanket_order_id,)
        case procurement.RecordSupplierInvoiceResponse() | procurement.RecordInvoiceVerdictResponse():
            invoice = response.supplier_invoice
            return [each.purchase_order_id for each in invoice.lines if each.purchase_order_id] or [invoice.invoice_id]
        case procurement.RecordInboundBookingResponse():
            return [response.purchase_order.purchase_order_id]
        case procurement.RecordInboundEtaResponse():
            return [line.purchase_order_id for each in response.ship_notices for line in each.lines]
        case procurement.RecordCertificateResponse():
            return [each.purchase_order_id for each in response.released] or [response.certificate.certificate_id]
        case delivery.RecordCarrierUpdatesResponse():
            return response.transaction_ids
        case delivery.AssignCarrierResponse() | delivery.DeclineTenderResponse():
            return _of_shipment(response.shipment)
        case delivery.RecordCallOffAnswerResponse() | delivery.RecordProofOfDeliveryResponse():
            return _of_shipment(response.shipment)
        case warehouse.RecordPickResponse() | warehouse.RecordPackingResponse() | warehouse.RecordGoodsIssueResponse():
            return response.order_ids
        case warehouse.RecordRecallResponse():
            return response.order_ids
        case sales.PlaceOrderResponse() | sales.ChangeOrderResponse() | sales.CancelOrderResponse():
            return (response.order.order_id,)
        case allocation.RecordAllocationResponse():
            return (response.order.order_id,)
        case check.RecordCheckResponse() | sales.OpenOrderResponse() | sales.SubmitOrderResponse():
            return (response.order.order_id,)
        case returns.RecordReturnReceiptResponse() | returns.RecordReturnInspectionResponse():
            return response.return_id, response.order_id
        case returns.AuthorizeReturnResponse():
            return response.customer_return.return_id, response.customer_return.order_id
        case control.RecordStockReportResponse():
            return (response.adjustment.adjustment_id,)
        case moves.RecordStockMovesResponse():
            return (response.report.report_id,)
        case transfers.SendTransferResponse() | transfers.RecordTransferReceiptResponse():
            return (response.transfer.transfer_id,)
        case posting.RecordPostingResponse() | posting.RecordPaymentResponse():
            return (response.posting.order_id,)
        case _:
            return ()


def _of_shipment(shipment: shipment_pb2.Shipment) -> Iterable[str]:
    """Its orders; a shipment of none is a transaction of its own, and one that nobody knows yet is none."""
    return [each.order_id for each in shipment.orders if each.order_id] or (shipment.shipment_id,)
