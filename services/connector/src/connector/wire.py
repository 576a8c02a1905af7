"""Documents and master data between rows and protobuf: the only place that knows both."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from crossdock.catalog.v1 import master_data_pb2
from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.connector.v1 import partner_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from connector.domain.documents import Finding, MessageEnd
from connector.mappings.canonical import from_day
from connector.outgoing import Outgoing
from connector.store.codes import Entry, Thing
from connector.store.document import Document
from connector.store.health import Health


def stamp(instant: datetime) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(instant)
    return found


def milliseconds(span: timedelta) -> int:
    """Rounded up: who waits so long is never too early."""
    return -(-span // timedelta(milliseconds=1))


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


def health(found: Health) -> partner_pb2.PartnerHealth:
    return partner_pb2.PartnerHealth(
        partner=found.partner,
        last_received_at=_stamp_of(found.last_received_at),
        last_sent_at=_stamp_of(found.last_sent_at),
        backlog=found.backlog,
        oldest_waiting_at=_stamp_of(found.oldest_waiting_at),
        given_up=found.given_up,
        unacknowledged=found.unacknowledged,
        oldest_unacknowledged_at=_stamp_of(found.oldest_unacknowledged_at),
        unread=found.unread,
        breaker=found.breaker,
        delivered_percent=found.delivered_percent,
        worker_active=found.worker_active,
        last_polled_at=_stamp_of(found.last_polled_at),
        cursor_moved_at=_stamp_of(found.cursor_moved_at),
        polling_fault=found.polling_fault,
        polling_code=found.polling_code,
    )


def _stamp_of(instant: datetime | None) -> Timestamp | None:
    return None if instant is None else stamp(instant)


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


_SINCE_EVER = date(1, 1, 1)
_CODE_KINDS = {
    master_data_pb2.CODE_KIND_ITEM: "item",
    master_data_pb2.CODE_KIND_UNIT: "unit",
    master_data_pb2.CODE_KIND_LOCATION: "location",
    master_data_pb2.CODE_KIND_PARTY: "party",
    master_data_pb2.CODE_KIND_CODE: "code",
}


def item(tenant: str, record: master_data_pb2.Item) -> Thing:
    return Thing(
        tenant,
        "item",
        record.sku,
        _numbers(record.gtin, *(level.gtin for level in record.packaging)),
        record.base_unit,
        {level.unit: level.base_quantity for level in record.packaging},
        _from(record.valid_from),
        from_day(record.valid_to),
    )


def location(tenant: str, record: master_data_pb2.Location) -> Thing:
    return Thing(
        tenant,
        "location",
        record.location_id,
        _numbers(record.gln),
        valid_from=_from(record.valid_from),
        valid_to=from_day(record.valid_to),
    )


def party(tenant: str, record: master_data_pb2.Party) -> Thing:
    return Thing(
        tenant,
        "party",
        record.party_id,
        _numbers(record.gln, record.duns),
        valid_from=_from(record.valid_from),
        valid_to=from_day(record.valid_to),
    )


def crosswalk_entry(tenant: str, entry: master_data_pb2.CrosswalkEntry) -> Entry:
    return Entry(
        tenant,
        entry.partner,
        _CODE_KINDS[entry.kind],
        entry.list,
        entry.partner_code,
        entry.canonical,
        _from(entry.valid_from),
        from_day(entry.valid_to),
    )


def _numbers(*numbers: str) -> tuple[str, ...]:
    return tuple(number for number in numbers if number)


def _from(day: Date) -> date:
    return from_day(day) or _SINCE_EVER
