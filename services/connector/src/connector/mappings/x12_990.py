"""x12.990, in: a carrier takes on or declines a load that it was offered by 204, by the shipment's number."""

from __future__ import annotations

from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock_edi.x12.load_tender import TenderResponse

from connector.codecs.json_document import DocumentFault
from connector.mappings import tender_answers
from connector.mappings.model import Command, Inbound, Reading

ACCEPTED, DECLINED, PRO_NUMBER = "A", "D", "CN"


def read(document: TenderResponse, reading: Reading) -> Command:
    ref = delivery.ShipmentRef(number=document.shipment[:64])
    carrier = (document.carrier or reading.partner.party_id or reading.partner.name)[:64]
    if document.answer == DECLINED:
        return tender_answers.declined(ref, carrier, "; ".join(document.remarks)[:200], reading)
    if document.answer != ACCEPTED:
        raise DocumentFault("B104", f"{document.answer!r} is neither A (accepted) nor D (declined)")
    pro = next((each.reference for each in document.notes if each.qualifier == PRO_NUMBER), "")
    return tender_answers.taken(ref, carrier, reading, tracking_number=pro[:64])


MAPPING = Inbound("x12.990", read)
