"""json.tender_response, in: the TMS takes a shipment on with carrier, service, number and ETA, or declines it; of one
that was called off it says whether it is carried no further."""

from __future__ import annotations

from crossdock.delivery.v1 import delivery_service_pb2 as delivery

from connector.codecs.json_document import JsonObject
from connector.mappings import tender_answers
from connector.mappings.model import Command, Inbound, Reading

ACCEPTED, DECLINED = "accepted", "declined"
CANCELLED, CANCELLATION_REFUSED = "cancelled", "cancellation_refused"


def read(document: JsonObject, reading: Reading) -> Command:
    shipment_id = document.optional_text("shipmentId", longest=64)
    number = document.text("shipment", longest=64)
    ref = delivery.ShipmentRef(shipment_id=shipment_id, number=number)
    decision = document.one_of("decision", (ACCEPTED, DECLINED, CANCELLED, CANCELLATION_REFUSED))
    if decision in (CANCELLED, CANCELLATION_REFUSED):
        return tender_answers.called_off(ref, decision == CANCELLED, document.optional_text("reason")[:200], reading)
    if decision == DECLINED:
        carrier, reason = document.optional_text("carrier", longest=64), document.optional_text("reason")
        return tender_answers.declined(ref, carrier, reason, reading)
    return tender_answers.taken(
        ref,
        document.text("carrier", longest=64),
        reading,
        service_level=document.optional_text("serviceLevel", longest=64),
        tracking_number=document.optional_text("trackingNumber", longest=64),
        eta=document.optional_instant("eta"),
    )


MAPPING = Inbound("json.tender_response", read)
