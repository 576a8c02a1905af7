"""wms_a.appointment, in: when a warehouse takes in the shipments that it was asked for, or that it does not."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import dock_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading

_STATES = {"SET": dock_pb2.APPOINTMENT_STATE_BOOKED, "CANCEL": dock_pb2.APPOINTMENT_STATE_CANCELLED}


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("type", ("APPOINTMENT",))
    number = document.text("appointmentNumber", longest=64)
    day = canonical.to_day(document.day("date"))
    notices = [_notice(each) for each in document.objects("shipments")]
    request = procurement.RecordDockAppointmentRequest(
        origin=reading.origin(occurred_at=document.instant("changedAt")),
        number=number,
        location_id=reading.codes.location(document.text("warehouse", longest=80)),
        state=_STATES[document.one_of("action", tuple(_STATES))],
        window=values_pb2.DeliveryWindow(
            from_date=day,
            to_date=day,
            from_time=document.text("from", longest=5),
            to_time=document.text("to", longest=5),
            zone=document.optional_text("zone", longest=64),
        ),
        door=document.optional_text("door", longest=40),
        ship_notices=notices,
    )
    keys = (f"appointment:{number}", *(f"asn:{each.number}" for each in notices if each.number))
    return Command(request, (), keys, len(notices), sequence=(f"appointment:{number}",))


def _notice(shipment: JsonObject) -> dock_pb2.ShipNoticeRef:
    """By the reference of the question, or by the supplier's number."""
    found = dock_pb2.ShipNoticeRef(
        ship_notice_id=shipment.optional_text("reference", longest=64), number=shipment.optional_text("asn", longest=64)
    )
    if not (found.ship_notice_id or found.number):
        raise shipment.fault("asn", "a shipment is named by its reference or its ASN")
    return found


MAPPING = Inbound("wms_a.appointment", read)
