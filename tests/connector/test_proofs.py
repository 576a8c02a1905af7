"""What proves a delivery comes in as a document of who took it, and is told to delivery with its evidence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from connector.codecs import json_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import json_proof_of_delivery
from connector_samples import orders
from connector_samples.partners import http
from connector_samples.rig import Rig
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.options.v1 import options_pb2

SIGNED: dict[str, Any] = {
    "shipment": "SH-1",
    "trackingNumber": "1Z1",
    "kind": "signature",
    "evidence": "https://pod.example.com/1Z1",
    "sha256": "AB" * 32,
    "deliveredAt": "2026-11-04T15:00:00Z",
    "receivedBy": "Kim Doe",
}


def read(**more: Any) -> Any:
    said = {name: value for name, value in (SIGNED | more).items() if value is not None}
    document = json_document.decode(json.dumps(said).encode())
    return json_proof_of_delivery.read(document, orders.reading())


@pytest.mark.feature("F143", "F145")
async def test_a_carriers_proof_is_told_to_delivery_in_the_role_that_its_profile_gives_it(rig: Rig) -> None:
    routes = [{"kind": "json.proof_of_delivery", "direction": "IN", "path": "proofs", "speaksAs": "POD"}]
    await rig.partner("pod-app", role="CARRIER", transport=http(), documents=routes)
    # No shipment has the number yet: the proof waits for it, and its document is done.
    rig.procurement.accepts("RecordProofOfDelivery", delivery.RecordProofOfDeliveryResponse(waits=True))
    rig.procurement.requests.clear()
    found = await rig.given("pod-app", json.dumps(SIGNED).encode(), name="p1", path="proofs")
    assert found.state is State.UNDERSTOOD
    assert {"shipment:SH-1", "tracking:1Z1"} <= set(found.keys)
    [told] = rig.procurement.requests
    assert isinstance(told, delivery.RecordProofOfDeliveryRequest)
    assert (told.ref.number, told.tracking_number, told.kind) == ("SH-1", "1Z1", delivery.EVIDENCE_KIND_SIGNATURE)
    assert (told.evidence_reference, told.content_sha256) == ("https://pod.example.com/1Z1", "ab" * 32)
    assert (told.delivered_at.ToJsonString(), told.received_by) == ("2026-11-04T15:00:00Z", "Kim Doe")
    assert (told.origin.role, told.origin.system) == (options_pb2.ROLE_POD, "pod-app")
    [row] = await rig.rows("SELECT payload, keys FROM delivery WHERE kind = 'delivery.RecordProofOfDelivery'")
    assert b"Kim" not in row["payload"], "who received it rests sealed"


def test_a_proof_that_names_no_place_of_its_evidence_is_the_evidence() -> None:
    command = read(evidence=None, shipment=None, sha256=None)
    assert command.request.evidence_reference == orders.reading().document
    assert (command.request.ref.number, command.request.ref.tracking_number) == ("", "1Z1")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"shipment": None, "trackingNumber": None}, "neither the shipment's number"),
        ({"kind": "hearsay"}, "hearsay"),
        ({"deliveredAt": None}, "deliveredAt"),
        ({"receivedBy": "x" * 201}, "receivedBy"),
    ],
)
def test_a_proof_without_a_shipment_a_kind_or_an_instant_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentFault, match=said):
        read(**wrong)
