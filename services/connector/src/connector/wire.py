"""Documents and partners between rows and protobuf: the only place that knows both."""

from __future__ import annotations

from datetime import datetime

from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.connector.v1 import partner_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from connector.domain.documents import Finding, MessageEnd
from connector.outgoing import Outgoing
from connector.store.documents import Document


def stamp(instant: datetime) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(instant)
    return found


def message(end: MessageEnd) -> connector.DocumentMessage:
    return connector.DocumentMessage(
        kind=end.kind,
        control_number=end.control_number,
        lines=end.lines,
        outcome=end.outcome.value,
        reason=end.reason,
        keys=end.keys,
        transaction_ids=end.transaction_ids,
    )


def finding(found: Finding) -> connector.DocumentFinding:
    return connector.DocumentFinding(
        code=found.code,
        severity=found.severity,
        text=found.text,
        segment=found.segment,
        element=found.element,
        offset=found.offset,
    )


def document(stored: Document) -> connector.Document:
    return connector.Document(
        document_id=str(stored.document_id),
        partner=stored.partner,
        direction=partner_pb2.DIRECTION_OUT if stored.outbound else partner_pb2.DIRECTION_IN,
        state=connector.DocumentState.ValueType(stored.state),
        name=stored.name,
        content_type=stored.content_type,
        bytes=stored.bytes,
        sha256=stored.sha256,
        received_at=stamp(stored.received_at),
        messages=[message(each) for each in stored.messages],
        findings=[finding(each) for each in stored.findings],
        reason=stored.reason,
        control_number=", ".join(stored.control_numbers)[:200],
        related_document_id=str(stored.related) if stored.related else "",
    )


def delivery(outgoing: Outgoing) -> connector.LeasedDelivery:
    leased, sent = outgoing.leased, outgoing.document
    return connector.LeasedDelivery(
        delivery_id=str(leased.delivery_id),
        lease_epoch=leased.epoch,
        kind=leased.kind,
        path=sent.path,
        content_type=sent.content_type,
        content=outgoing.content,
        idempotency_key=leased.idempotency_key,
        name=sent.name,
        attempt=leased.attempt,
        traceparent=leased.traceparent,
    )
