"""What cancellations of every channel share: the command, and that it stays behind the order that it takes back."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2

from connector.mappings.model import Command, Reading


def cancelled(number: str, reason: str, origin: values_pb2.Origin, reading: Reading) -> Command:
    """Of a whole order, by the number that its channel gave it."""
    request = fulfillment_service_pb2.CancelOrderRequest(
        origin=origin,
        ref=fulfillment_service_pb2.OrderRef(channel=reading.partner.name, number=number),
        reason=reason[:200],
    )
    key = f"order:{number}"
    return Command(request, (), (key,), 0, sequence=(key,))
