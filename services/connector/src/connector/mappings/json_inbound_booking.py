"""json.inbound_booking, in: a booking platform, TMS or carrier fetches an order from its supplier, or does not.

It names the order by the number that the request named, and when it said so; the newest word counts.
"""

from __future__ import annotations

from crossdock.procurement.v1 import inbound_pb2, purchase_order_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading

_STATES = {
    "booked": purchase_order_pb2.BOOKING_STATE_BOOKED,
    "declined": purchase_order_pb2.BOOKING_STATE_DECLINED,
    "cancelled": purchase_order_pb2.BOOKING_STATE_CANCELLED,
}


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("documentType", ("inboundBooking",))
    number, said_at = document.text("purchaseOrder", longest=64), document.instant("saidAt")
    unit = document.optional_text("companyCode", longest=64) or reading.partner.business_unit
    booking = purchase_order_pb2.InboundBooking(
        number=document.text("booking", longest=64),
        state=_STATES[document.one_of("decision", tuple(_STATES))],
        carrier=document.optional_text("carrier", longest=64),
        carrier_reference=document.optional_text("carrierReference", longest=64),
        bill_of_lading=document.optional_text("billOfLading", longest=64),
        pick_up_on=canonical.to_day(document.optional_day("pickUpOn")),
        expected_on=canonical.to_day(document.optional_day("expectedOn")),
        reason=document.optional_text("reason")[:200],
    )
    request = procurement.RecordInboundBookingRequest(
        origin=reading.origin(occurred_at=said_at),
        ref=inbound_pb2.PurchaseOrderRef(number=number, business_unit=unit),
        booking=booking,
    )
    return Command(request, (number,), (f"po:{number}",), 1)


MAPPING = Inbound("json.inbound_booking", read)
