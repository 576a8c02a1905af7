"""What is asked back and was never sent is not asked back either: whoever asked hears that it is stopped.

A release and its recall, an offer and its withdrawal, an order and its cancellation have one thread; of a thread the
first document may end without being sent, as when its consignee was erased. It must not know how documents are handed
out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.delivery.events.v1 import events_pb2 as delivery
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment
from crossdock.fulfillment.v1 import warehouse_service_pb2 as warehouse
from crossdock.procurement.events.v1 import events_pb2 as procurement
from crossdock_kit.context import cause
from crossdock_kit.deliveries import Declined, Dropped, NewDelivery
from crossdock_kit.deliveries.settling import Ended
from crossdock_kit.errors import FailureClass
from crossdock_kit.events import Received
from crossdock_kit.exceptions import NewException
from crossdock_kit.ids import derived
from crossdock_kit.unit_of_work import Work
from google.protobuf.message import Message

from connector import wire
from connector.mappings.model import Partner
from connector.store.document import Document
from connector.store.threads import Heard

NEVER_SENT, SENT_TO_OTHERS = "NEVER_SENT", "SENT_TO_OTHERS_ONLY"
ORDER_DESK = "order-desk"
_OWN_ANSWER = "never-sent:"


def thread_of(message: Message) -> str:
    """What of our documents belongs together, so that one of them asks back what another asked for."""
    match message:
        case fulfillment.OrderReleased() | fulfillment.OrderReleaseRecalled():
            number = message.release_number or f"{message.number}/{message.part}"
            return f"release:{message.order_id}:{message.location_id}:{number}"
        case delivery.ShipmentPlanned() | delivery.ShipmentCallOffRequested():
            return f"shipment:{message.shipment_id}"
        case (
            procurement.PurchaseOrderReleased()
            | procurement.PurchaseOrderRevised()
            | procurement.PurchaseOrderCancelled()
        ):
            return f"po:{message.purchase_order.purchase_order_id}"
        case _:
            return ""


def unsent_answer(event: Received[Any], partner: Partner) -> bytes | None:
    """The command that says what the partner would have answered, had nothing of the thread reached it; empty where
    nobody waits for an answer, and None for what asks nothing back."""
    match event.message:
        case fulfillment.OrderReleaseRecalled() as recalled:
            return _stopped(recalled, event.business_unit, partner).SerializeToString()
        case delivery.ShipmentCallOffRequested() | procurement.PurchaseOrderCancelled():
            return b""
        case _:
            return None


def _stopped(
    recalled: fulfillment.OrderReleaseRecalled, business_unit: str, partner: Partner
) -> warehouse.RecordRecallRequest:
    """All of it, as it was asked for: nobody has begun with it."""
    return warehouse.RecordRecallRequest(
        origin=values_pb2.Origin(
            system=partner.system or partner.name,
            role=partner.speaks_as or partner.role,
            ownership=partner.ownership,
        ),
        business_unit=business_unit,
        location_id=recalled.location_id,
        lines=[
            warehouse.RecalledLine(
                order_id=recalled.order_id,
                order_number=recalled.number,
                line_number=step.line_number,
                sku=step.sku,
                stopped=step.quantity,
            )
            for step in recalled.steps
        ],
    )


def never_heard(document: Document, heard: Heard | None) -> Dropped | None:
    """Whether there is nothing to be asked back from the partner. Of a thread of which nothing is known it is asked."""
    if document.unsent is None or heard is None or heard.here:
        return None
    code = SENT_TO_OTHERS if heard.anywhere else NEVER_SENT
    return Dropped(f"{code}: what it asks back was never sent here", code)


def own_answer(document: Document, work: Work) -> NewDelivery | None:
    """The command by which whoever asked hears that all of it is stopped; None where nobody waits for that. It is one
    answer, however many partners of the place were not told."""
    if not document.unsent:
        return None
    request = warehouse.RecordRecallRequest.FromString(document.unsent)
    request.request_id = str(derived(_OWN_ANSWER, document.document_id))
    request.number = document.source_event_id
    request.origin.document = f"{_OWN_ANSWER}{document.document_id}"
    request.answered_at.CopyFrom(wire.stamp(work.now))
    request.origin.occurred_at.CopyFrom(request.answered_at)
    why = cause()
    return NewDelivery(
        tenant=document.tenant,
        business_unit=document.business_unit,
        partner="fulfillment",
        kind="fulfillment.RecordRecall",
        ordering_key=f"{document.partner}/{_OWN_ANSWER}{document.document_id}",
        payload=request.SerializeToString(),
        idempotency_key=f"{_OWN_ANSWER}{document.document_id}",
        transaction_ids=document.transaction_ids,
        keys=(*document.keys, f"document:{document.document_id}"),
        correlation_id=why.correlation_id,
        causation_id=why.causation_id,
        traceparent=why.traceparent,
    )


def is_own_answer(call: Ended) -> bool:
    return call.leased.idempotency_key.startswith(_OWN_ANSWER)


def settle_own_answers(ended_calls: Sequence[Ended], work: Work) -> None:
    """There is no document to answer: what is refused is somebody's."""
    for each in ended_calls:
        if not isinstance(each.outcome, Declined):
            continue
        with each.step():
            subject = f"delivery/{each.leased.delivery_id}"
            work.raise_exception(
                NewException(
                    tenant=each.leased.tenant,
                    failure_class=FailureClass.BUSINESS,
                    code=each.outcome.code or NEVER_SENT,
                    summary=f"what was never sent could not be recalled: {each.outcome.reason}"[:500],
                    owner=ORDER_DESK,
                    subject=subject,
                    transaction_ids=each.leased.transaction_ids,
                    keys=each.leased.keys,
                    dedupe_key=subject,
                )
            )
