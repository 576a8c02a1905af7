"""What carriers say of arrivals: documents in, and what stands with a ship notice out."""

from __future__ import annotations

from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock_kit import dates_wire

from procurement.domain.refusals import FieldMissing
from procurement.domain.ship_notice import CarrierEta
from procurement.ports import carrier_references
from procurement.use_cases.commands import RecordInboundEta
from procurement.wire.ownership import owned
from procurement.wire.purchase_order import origin


def record_inbound_eta(request: service_pb2.RecordInboundEtaRequest) -> RecordInboundEta:
    """Raises FieldMissing for a shipment without a name, a word without a day or without its instant."""
    request, not_owned = owned(request, request.origin)
    source, said = origin(request.origin, not_owned), request.eta
    on = dates_wire.day(said, "expected_on")
    if on is None:
        raise FieldMissing("eta.expected_on")
    if source.occurred_at is None:
        raise FieldMissing("origin.occurred_at")
    notice = (said.supplier_id, said.ship_notice_number)
    references = carrier_references(said.carrier_reference, said.bill_of_lading, *notice)
    if not references:
        raise FieldMissing("eta.carrier_reference, eta.bill_of_lading or eta.ship_notice_number with eta.supplier_id")
    return RecordInboundEta(source, references, CarrierEta(on, source.occurred_at, source.system))


def carrier_eta(found: CarrierEta | None) -> inbound_pb2.InboundEta | None:
    if found is None:
        return None
    return inbound_pb2.InboundEta(
        expected_on=dates_wire.date_message(found.on),
        said_at=dates_wire.timestamp(found.said_at),
        system=found.system,
    )
