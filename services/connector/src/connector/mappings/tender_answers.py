"""What all answers to a tender share: the shipment is taken on or it is not."""

from __future__ import annotations

from datetime import datetime

from crossdock.delivery.v1 import delivery_service_pb2 as delivery

from connector.mappings import canonical
from connector.mappings.model import Command, Reading
from connector.mappings.service_levels import normalised


def taken(
    ref: delivery.ShipmentRef,
    carrier: str,
    reading: Reading,
    *,
    service_level: str = "",
    tracking_number: str = "",
    eta: datetime | None = None,
) -> Command:
    request = delivery.AssignCarrierRequest(
        origin=reading.origin(),
        ref=ref,
        carrier=carrier,
        service_level=normalised(service_level, carrier, reading.partner)[:64],
        tracking_number=tracking_number,
        eta=canonical.stamp(eta),
    )
    tracking = (f"tracking:{tracking_number}",) if tracking_number else ()
    return Command(request, (), (*_keys(ref), *tracking), 1)


def declined(ref: delivery.ShipmentRef, carrier: str, reason: str, reading: Reading) -> Command:
    request = delivery.DeclineTenderRequest(origin=reading.origin(), ref=ref, carrier=carrier, reason=reason)
    return Command(request, (), _keys(ref), 1)


def called_off(ref: delivery.ShipmentRef, stopped: bool, reason: str, reading: Reading) -> Command:
    request = delivery.RecordCallOffAnswerRequest(origin=reading.origin(), ref=ref, stopped=stopped, reason=reason)
    return Command(request, (), _keys(ref), 1)


def _keys(ref: delivery.ShipmentRef) -> tuple[str, ...]:
    return (f"shipment:{ref.number}",) if ref.number else ()
