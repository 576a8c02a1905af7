"""json.proof_of_delivery, in: what proves a delivery, by who took it: a signature, a photo, a document or a PIN.

Where the document names no place of the evidence, it is the evidence. Who received it goes to delivery, which keeps it
as personal data.
"""

from __future__ import annotations

from crossdock.delivery.v1 import delivery_service_pb2 as delivery

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.carrier_updates import LONGEST_NUMBER
from connector.mappings.model import Command, Inbound, Reading

KINDS = {
    "signature": delivery.EVIDENCE_KIND_SIGNATURE,
    "photo": delivery.EVIDENCE_KIND_PHOTO,
    "document": delivery.EVIDENCE_KIND_DOCUMENT,
    "pin": delivery.EVIDENCE_KIND_PIN,
}
LONGEST_REFERENCE, LONGEST_NAME = 500, 200


def read(document: JsonObject, reading: Reading) -> Command:
    shipment = document.optional_text("shipment", longest=LONGEST_NUMBER)
    tracking = document.optional_text("trackingNumber", longest=LONGEST_NUMBER)
    if not (shipment or tracking):
        raise document.fault("shipment", "neither the shipment's number nor a tracking number is given")
    delivered_at = document.instant("deliveredAt")
    request = delivery.RecordProofOfDeliveryRequest(
        origin=reading.origin(occurred_at=delivered_at),
        # A tracking number names the package, and the shipment where nothing else does.
        ref=delivery.ShipmentRef(number=shipment, tracking_number="" if shipment else tracking),
        kind=KINDS[document.one_of("kind", tuple(KINDS))],
        evidence_reference=document.optional_text("evidence", longest=LONGEST_REFERENCE) or reading.document,
        content_sha256=document.optional_text("sha256", longest=64).lower(),
        delivered_at=canonical.stamp(delivered_at),
        received_by=document.optional_text("receivedBy", longest=LONGEST_NAME),
        tracking_number=tracking,
    )
    keys = (("shipment", shipment), ("tracking", tracking))
    return Command(request, (), tuple(f"{kind}:{number}" for kind, number in keys if number), 1)


MAPPING = Inbound("json.proof_of_delivery", read)
