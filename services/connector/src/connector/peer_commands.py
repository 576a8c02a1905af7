"""Carries commands to their services. A refusal is an answer: it ends the delivery and not its ordering key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.fulfillment.v1 import posting_service_pb2 as posting
from crossdock.fulfillment.v1 import warehouse_service_pb2 as warehouse
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_kit.deliveries import Delivered, Leased, Outcome
from crossdock_kit.deliveries.dispatcher import Carrier
from google.protobuf.message import Message

from connector.use_cases.commanding import KINDS
from connector.use_cases.settling import PARTLY, TRANSACTION, settle_commands

Call = Callable[..., Awaitable[Any]]
StubFor = Callable[[str, str], Any]
_LONGEST = 1500


def carriers(stub_for: StubFor) -> dict[str, Carrier]:
    """One per kind of command. `stub_for` gives the stub that has the method of a kind, for a tenant."""
    return {kind: Carrier(_carry(kind, stub_for), settle=settle_commands, refusals_are_answers=True) for kind in KINDS}


def _carry(kind: str, stub_for: StubFor) -> Callable[[Leased], Awaitable[Outcome]]:
    method, request_type = kind.rpartition(".")[2], KINDS[kind]

    async def carry(leased: Leased) -> Outcome:
        call: Call = getattr(stub_for(kind, leased.tenant), method)
        return Delivered(results=results_of(await call(request_type.FromString(leased.payload))))

    return carry


def results_of(response: Message) -> dict[str, str]:
    """What the answer says that the document has to know: the transaction, and lines that were left out."""
    match response:
        case procurement.SubmitPurchaseOrderResponse() | procurement.AcknowledgePurchaseOrderResponse():
            found = response.purchase_order.purchase_order_id
            return {TRANSACTION: found} if found else {}
        case delivery.RecordCarrierUpdatesResponse() if response.transaction_ids:
            return {TRANSACTION: ",".join(response.transaction_ids)}
        case procurement.RecordShipNoticeResponse() if response.refused_lines:
            return {PARTLY: "; ".join(response.refused_lines)[:_LONGEST]}
        case (
            warehouse.RecordPickResponse() | warehouse.RecordPackingResponse() | warehouse.RecordGoodsIssueResponse()
        ) if response.order_ids:
            return {TRANSACTION: ",".join(response.order_ids)}
        case posting.RecordPostingResponse():
            return {TRANSACTION: response.posting.order_id}
        case _:
            return {}
