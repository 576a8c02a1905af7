"""What wishes to send goods back share, whatever format they come in."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.fulfillment.v1 import fulfillment_service_pb2, return_service_pb2

from connector.mappings.model import Command, Reading

MOST_LINES = 200


def wished(
    order: fulfillment_service_pb2.OrderRef,
    number: str,
    lines: Sequence[return_service_pb2.WantedBack],
    reason: str,
    reading: Reading,
) -> Command:
    """Behind what else is said of the order: it may be placed, or changed, by a document that is read later."""
    request = return_service_pb2.AuthorizeReturnRequest(
        origin=reading.origin(), ref=order, number=number, lines=lines, reason=reason
    )
    about = f"order:{order.number or order.order_id}"
    return Command(request, (), (f"return:{number}", about), len(lines), sequence=(about,))
