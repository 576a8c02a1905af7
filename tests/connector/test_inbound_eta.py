"""What a carrier says of a supplier's shipment, by document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from connector.codecs import json_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import json_inbound_eta
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

ETA: dict[str, Any] = {
    "documentType": "inboundEta",
    "carrierReference": "PRO-77",
    "expectedOn": "2026-11-05",
    "saidAt": "2026-11-02T09:30:00Z",
}


@pytest.mark.feature("F069")
@pytest.mark.parametrize("role", ["CARRIER", "TMS"])
async def test_what_a_carrier_expects_is_reported_in_its_name(rig: Rig, role: str) -> None:
    notice = inbound_pb2.ShipNotice(lines=[inbound_pb2.ShipNoticeLine(purchase_order_id="po-77")])
    rig.procurement.accepts("RecordInboundEta", procurement.RecordInboundEtaResponse(ship_notices=[notice]))
    rig.procurement.requests.clear()
    name, path = f"eta-{role.lower()}", "etas"
    route = {"kind": "json.inbound_eta", "direction": "IN", "path": path}
    await rig.partner(name, role=role, partyId="CAR-1", system=name.upper(), transport=http(), documents=[route])
    document = await rig.given(name, json.dumps(ETA).encode(), path=path)
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("po-77",))
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.RecordInboundEtaRequest)
    assert request.origin.role == options_pb2.Role.Value(f"ROLE_{role}")
    assert request.origin.occurred_at.ToJsonString() == ETA["saidAt"]
    assert (request.eta.carrier_reference, request.eta.expected_on.day) == ("PRO-77", 5)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"carrierReference": None}, "carrierReference"),
        ({"expectedOn": "soon"}, "expectedOn"),
        ({"saidAt": None}, "saidAt"),
        ({"shipNotice": "SH-1"}, "supplier"),
    ],
)
def test_what_says_no_arrival_is_refused_with_its_path(changes: dict[str, Any], where: str) -> None:
    document = json_document.decode(json.dumps(ETA | changes).encode())
    with pytest.raises(DocumentFault) as fault:
        json_inbound_eta.read(document, orders.reading(orders.partner(options_pb2.ROLE_CARRIER)))
    assert fault.value.path == where
