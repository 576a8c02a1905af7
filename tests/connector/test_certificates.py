"""Certificates: the document stays here, encrypted; procurement hears what it certifies, and its digest."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from connector.domain.documents import State
from connector.mappings.json_certificate import MOST_BYTES
from connector_samples.calls import refusal
from connector_samples.rig import Rig
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import compliance_pb2, inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from procurement.domain.refusals import CertificateNumberReused

pytestmark = pytest.mark.usefixtures("accepting")

PDF = b"%PDF-1.4 analysis of lot L1"


def certificate(content: bytes = PDF, **facts: Any) -> bytes:
    head = {"documentType": "complianceCertificate", "number": "COA-17", "certificateType": "COA", "lot": "L1"}
    named = {"supplier": "V100010", "buyerItem": "A1001", "validTo": "2026-12-31"}
    file = {"mediaType": "application/pdf", "content": base64.b64encode(content).decode()}
    return json.dumps(head | named | {"file": file} | facts).encode()


@pytest.mark.feature("F035")
async def test_a_certificate_becomes_a_command_without_its_document(rig: Rig) -> None:
    known = compliance_pb2.ComplianceHold(purchase_order_id="po-1")
    rig.procurement.accepts("RecordCertificate", procurement.RecordCertificateResponse(released=[known]))
    document = await rig.given("erp-eu", certificate(), path="certificates")
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("po-1",))
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.RecordCertificateRequest)
    said = request.certificate
    assert (said.kind, said.number, said.sku, said.lot) == ("COA", "COA-17", "A1001", "L1")
    assert (said.sha256, said.size_bytes) == (hashlib.sha256(PDF).hexdigest(), len(PDF))
    assert said.document
    assert PDF not in request.SerializeToString()
    again = await rig.given("erp-eu", certificate(), path="certificates")
    assert (again.state, len(rig.procurement.requests)) == (State.DUPLICATE, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (certificate(b""), "content"),
        (certificate(b"x" * (MOST_BYTES + 1)), "content"),
        (certificate(file={"mediaType": "application/pdf", "content": "no base64!"}), "base64"),
        (certificate(file={"mediaType": "text/html", "content": "PGI+"}), "'text/html' is none of"),
        (certificate(certificateType=""), "certificateType"),
        (certificate(file=None), "file"),
    ],
    ids=["empty", "too large", "no base64", "no document", "no kind", "no file"],
)
async def test_what_is_no_document_is_refused(rig: Rig, content: bytes, says: str) -> None:
    document = await rig.given("erp-eu", content, path="certificates")
    assert document.state is State.REFUSED
    assert says in document.reason
    assert rig.procurement.requests == []


async def test_a_number_that_means_another_certificate_has_an_owner(rig: Rig) -> None:
    rig.procurement.refuses("RecordCertificate", refusal(CertificateNumberReused("SUP-NORDIC", "COA-17")))
    document = await rig.given("erp-eu", certificate(b"another analysis"), path="certificates")
    assert await rig.exceptions(document.document_id) == [("business", "CERTIFICATE_NUMBER_REUSED", "compliance")]


@pytest.mark.feature("F078")
async def test_the_erp_posts_goods_without_a_certificate_as_held(rig: Rig) -> None:
    line = inbound_pb2.ReceiptLine(
        line_id="1", sku="A1001", condition=inbound_pb2.CONDITION_GOOD, base_unit="EA", missing_certificates=["COA"]
    )
    line.quantity.value, line.quantity.unit = "10", "EA"
    receipt = inbound_pb2.Receipt(receipt_id="rc-1", business_unit="EU01", lines=[line])
    await rig.tell(
        events_pb2.GoodsReceived(receipt_id="rc-1", number="RC-1", location_id="WH-EAST", receipt=receipt),
        aggregate="receipt/rc-1",
    )
    [(_, content)] = await rig.send("erp-eu")
    [found] = json.loads(content)["lines"]
    assert (found["condition"], found["missingCertificates"]) == ("hold", ["COA"])
