"""Facts as messages: one case for each event of the domain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.delivery.events.v1 import events_pb2
from crossdock_kit.dates_wire import timestamp
from google.protobuf.message import Message

from delivery.domain import events
from delivery.domain.carriage import Billing, Carriage
from delivery.domain.scan import Scan
from delivery.domain.shipment import Shipment
from delivery.ports import IssuedLine
from delivery.wire import values
from delivery.wire.shipments import call_off, orders, shipment


@singledispatch
def to_message(event: events.Event) -> Message:
    raise TypeError(f"{type(event).__name__} has no wire form")


@to_message.register
def _(event: events.ShipmentPlanned) -> Message:
    found = event.shipment
    return events_pb2.ShipmentPlanned(
        shipment_id=found.shipment_id, number=found.terms.number, shipment=shipment(found)
    )


@to_message.register
def _(event: events.CarrierAssigned) -> Message:
    carriage = event.carriage
    return events_pb2.CarrierAssigned(
        **_about(event.shipment),
        carrier=carriage.carrier,
        service_level=carriage.service_level,
        tracking_number=carriage.tracking_number,
        eta=timestamp(event.shipment.told.eta),
    )


@to_message.register
def _(event: events.ShipmentCallOffRequested) -> Message:
    found = event.shipment
    return events_pb2.ShipmentCallOffRequested(
        shipment_id=found.shipment_id, number=found.terms.number, shipment=shipment(found)
    )


@to_message.register
def _(event: events.ShipmentCallOffAnswered) -> Message:
    return events_pb2.ShipmentCallOffAnswered(
        **_about(event.shipment), call_off=call_off(event.call_off), reason=event.reason
    )


@to_message.register
def _(event: events.ShipmentDispatched) -> Message:
    """Its lines stand with the issue; who announces it adds them."""
    carriage = event.shipment.carriage or Carriage(carrier="")
    return events_pb2.ShipmentDispatched(
        **_about(event.shipment),
        carrier=carriage.carrier,
        service_level=carriage.service_level,
        tracking_number=carriage.tracking_number,
        issue_number=event.issue_number,
        issued_at=timestamp(event.issued_at),
        dispatched_at=timestamp(event.at),
    )


@to_message.register
def _(event: events.BillingTriggered) -> Message:
    return events_pb2.BillingTriggered(
        **_about(event.shipment),
        customer_id=event.shipment.terms.customer_id,
        basis=values.BASES[Billing(event.basis)],
        evidence=event.evidence,
        at=timestamp(event.at),
    )


@to_message.register
def _(event: events.MilestoneReached) -> Message:
    return events_pb2.MilestoneReached(
        **_about(event.shipment),
        milestone=values.MILESTONES[event.milestone],
        at=timestamp(event.at),
        carrier=event.scan.carrier or _carried(event.shipment)["carrier"],
        tracking_number=event.scan.tracking_number or _carried(event.shipment)["tracking_number"],
        evidence=_evidence(event.scan),
    )


@to_message.register
def _(event: events.MilestoneCorrected) -> Message:
    return events_pb2.MilestoneCorrected(
        **_about(event.shipment),
        milestone=values.MILESTONES[event.milestone],
        old_at=timestamp(event.old_at),
        new_at=timestamp(event.new_at),
        reason=event.reason,
    )


@to_message.register
def _(event: events.DelayEnded) -> Message:
    return events_pb2.DelayEnded(**_about(event.shipment))


@to_message.register
def _(event: events.EtaChanged) -> Message:
    return events_pb2.EtaChanged(
        **_about(event.shipment),
        old_eta=timestamp(event.old),
        new_eta=timestamp(event.new),
        promised_by=timestamp(event.shipment.terms.promised_by),
    )


@to_message.register
def _(event: events.DeliveryExceptionRaised) -> Message:
    scan = event.scan
    return events_pb2.DeliveryExceptionRaised(
        **_about(event.shipment),
        exception_id=scan.scan_id,
        trouble=values.TROUBLES[event.trouble],
        fault=values.FAULTS[scan.fault],
        owner=event.owner,
        code=scan.code,
        reason=scan.reason,
        at=timestamp(scan.occurred_at),
        attempts=event.shipment.attempts,
    )


@to_message.register
def _(event: events.DeliveryExceptionResolved) -> Message:
    return events_pb2.DeliveryExceptionResolved(**_about(event.shipment), exception_id=event.exception_id)


@to_message.register
def _(event: events.ProofOfDeliveryReceived) -> Message:
    return events_pb2.ProofOfDeliveryReceived(
        **_about(event.shipment),
        kind=values.EVIDENCE_KINDS[event.evidence.kind],
        evidence_reference=event.evidence.reference,
        content_sha256=event.evidence.content_sha256,
        delivered_at=timestamp(event.at),
        recipient_id=event.evidence.recipient_id,
    )


def add_lines(message: Message, lines: Sequence[IssuedLine]) -> None:
    """What an issue held, into the fact of its dispatch."""
    if isinstance(message, events_pb2.ShipmentDispatched):
        message.lines.extend(_dispatched(each) for each in lines)


def _dispatched(line: IssuedLine) -> events_pb2.DispatchedLine:
    return events_pb2.DispatchedLine(
        order_id=line.order_id,
        order_number=line.order_number,
        line_id=line.line_id,
        line_number=line.line_number,
        sku=line.sku,
        quantity=values_pb2.Quantity(value=line.quantity, unit=line.unit),
    )


def _about(found: Shipment) -> dict[str, Any]:
    return {"shipment_id": found.shipment_id, "number": found.terms.number, "orders": orders(found)}


def _carried(found: Shipment) -> dict[str, str]:
    carriage = found.carriage
    return {
        "carrier": carriage.carrier if carriage else "",
        "tracking_number": carriage.tracking_number if carriage else "",
    }


def _evidence(scan: Scan) -> events_pb2.Evidence:
    return events_pb2.Evidence(
        update_id=scan.scan_id,
        vocabulary=scan.vocabulary,
        code=scan.code,
        reason=scan.reason,
        fault=values.FAULTS[scan.fault],
        table_version=scan.meaning.version,
    )
