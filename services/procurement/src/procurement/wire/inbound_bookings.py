"""Bookings of carriage: documents in, and what stands with an order out."""

from __future__ import annotations

from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb2
from crossdock_kit import dates_wire

from procurement.domain.carriage import Booking, BookingState
from procurement.domain.refusals import FieldMissing
from procurement.ports import OrderName, Origin, carrier_references
from procurement.use_cases.commands import RecordInboundBooking

STATES = {
    BookingState.BOOKED: order_pb2.BOOKING_STATE_BOOKED,
    BookingState.DECLINED: order_pb2.BOOKING_STATE_DECLINED,
    BookingState.CANCELLED: order_pb2.BOOKING_STATE_CANCELLED,
}
_STATE_OF = {number: state for state, number in STATES.items()}


def record_inbound_booking(
    request: service_pb2.RecordInboundBookingRequest, source: Origin, order: OrderName
) -> RecordInboundBooking:
    """Raises FieldMissing for a word without its instant: it stands among the others by that."""
    said = request.booking
    if source.occurred_at is None:
        raise FieldMissing("origin.occurred_at")
    booking = Booking(
        number=said.number,
        state=_STATE_OF[said.state],
        said_at=source.occurred_at,
        system=source.system,
        carrier=said.carrier,
        carrier_reference=said.carrier_reference,
        bill_of_lading=said.bill_of_lading,
        pick_up_on=dates_wire.day(said, "pick_up_on"),
        expected_on=dates_wire.day(said, "expected_on"),
        reason=said.reason,
    )
    references = carrier_references(said.carrier_reference, said.bill_of_lading, "", "")
    return RecordInboundBooking(source, order, booking, references)


def booking(found: Booking | None) -> order_pb2.InboundBooking | None:
    if found is None:
        return None
    return order_pb2.InboundBooking(
        number=found.number,
        state=STATES[found.state],
        carrier=found.carrier,
        carrier_reference=found.carrier_reference,
        bill_of_lading=found.bill_of_lading,
        pick_up_on=dates_wire.date_message(found.pick_up_on),
        expected_on=dates_wire.date_message(found.expected_on),
        reason=found.reason,
        said_at=dates_wire.timestamp(found.said_at),
        system=found.system,
    )
