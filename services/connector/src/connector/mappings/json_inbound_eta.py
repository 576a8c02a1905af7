"""json.inbound_eta, in: when a carrier, or whoever arranges carriage, will be at our dock with a supplier's goods."""

from __future__ import annotations

from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical
from connector.mappings.model import Command, Inbound, Reading

NAMES = ("carrierReference", "billOfLading", "shipNotice")


def read(document: JsonObject, reading: Reading) -> Command:
    """By any of the names that the shipment has; `expectedOn` is a day at the dock."""
    document.one_of("documentType", ("inboundEta",))
    said_at = document.instant("saidAt")
    request = procurement.RecordInboundEtaRequest(origin=reading.origin(occurred_at=said_at))
    names = {each: document.optional_text(each, longest=64) for each in NAMES}
    if not any(names.values()):
        raise document.fault("carrierReference", f"one of {', '.join(NAMES)} names the shipment")
    eta = request.eta
    eta.carrier_reference, eta.bill_of_lading = names["carrierReference"], names["billOfLading"]
    if names["shipNotice"]:
        eta.ship_notice_number = names["shipNotice"]
        eta.supplier_id = reading.codes.party(document.text("supplier", longest=80))
    eta.MergeFrom(inbound_pb2.InboundEta(expected_on=canonical.to_day(document.day("expectedOn"))))
    named = tuple(
        f"{kind}:{name}" for kind, name in zip(("tracking", "bol", "asn"), names.values(), strict=True) if name
    )
    return Command(request, (), named, 1, sequence=named)


MAPPING = Inbound("json.inbound_eta", read)
