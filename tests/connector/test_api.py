"""The RPCs for operators: profiles, documents, their raw bytes; nobody sees another tenant's or partner's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from connector.api import ConnectorServicer, WorkerServicer
from connector.domain.documents import State
from connector.use_cases.acknowledge import TIMER, acknowledgment_overdue
from connector_samples import files, orders
from connector_samples.partners import edi_supplier
from connector_samples.rig import TENANT, Rig, a_cause
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock.connector.v1 import partner_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_kit import timers
from crossdock_kit.context import caused_by
from crossdock_kit.testing import RunningServer, start_service

EVERYTHING = (
    "connector.partner.write",
    "connector.partner.read",
    "connector.document.submit",
    "connector.document.read",
    "connector.document.read_content",
)


@pytest.fixture(scope="module")
async def server(rig: Rig) -> AsyncIterator[RunningServer]:
    rig.procurement.accepts("AcknowledgePurchaseOrder", procurement.AcknowledgePurchaseOrderResponse())
    servicers = (
        (pb_grpc.add_WorkerServiceServicer_to_server, WorkerServicer(rig.around, rig.desk)),
        (pb_grpc.add_ConnectorServiceServicer_to_server, ConnectorServicer(rig.engine, rig.around)),
    )
    async with start_service(*servicers, uow=rig.uow) as running:
        yield running


def stub(server: RunningServer, tenant: str = TENANT, **more: Any) -> Any:
    return server.stub(pb_grpc.ConnectorServiceStub, server.issuer.token((tenant,), EVERYTHING, **more))


async def refused(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return error.value.code()


def submission(content: bytes, name: str = "by-hand.edi", partner: str = "sup-nordic") -> pb.SubmitDocumentRequest:
    return pb.SubmitDocumentRequest(request_id=str(uuid4()), partner=partner, name=name, content=content)


@pytest.mark.feature("F184")
async def test_the_same_profile_again_changes_nothing_and_a_wrong_one_is_refused(
    rig: Rig, server: RunningServer
) -> None:
    connector = stub(server)
    listed = await connector.ListPartners(pb.ListPartnersRequest(page_size=1))
    assert len(listed.profiles) == 1
    assert listed.next_page_token
    profile = listed.profiles[0]
    again = await connector.PutPartner(pb.PutPartnerRequest(request_id=str(uuid4()), profile=profile))
    assert not again.changed
    profile.business_unit = ""
    assert (
        await refused(connector.PutPartner(pb.PutPartnerRequest(request_id=str(uuid4()), profile=profile)))
        == grpc.StatusCode.INVALID_ARGUMENT
    )
    names = [profile.partner]
    token = listed.next_page_token
    while token:
        page = await connector.ListPartners(pb.ListPartnersRequest(page_size=1, page_token=token))
        names += [each.partner for each in page.profiles]
        token = page.next_page_token
    assert names == sorted({*names})
    assert {"erp-eu", "sup-nordic", "wms-east"} <= set(names)
    assert (
        await refused(connector.ListPartners(pb.ListPartnersRequest(page_token="ä~")))
        == grpc.StatusCode.INVALID_ARGUMENT
    )


async def test_a_submitted_document_can_be_looked_at_with_its_bytes(rig: Rig, server: RunningServer) -> None:
    connector, content = stub(server), files.acknowledgment(control=55_001)
    request = submission(content)
    stored = (await connector.SubmitDocument(request)).document
    assert (stored.state, stored.bytes) == (pb.DOCUMENT_STATE_RECEIVED, len(content))
    assert (await connector.SubmitDocument(request)).document.document_id == stored.document_id
    got = await connector.GetDocument(pb.GetDocumentRequest(document_id=stored.document_id))
    assert got.document.sha256 == stored.sha256
    raw = await connector.GetDocumentContent(pb.GetDocumentContentRequest(document_id=stored.document_id))
    assert raw.content == content
    listed = await connector.ListDocuments(pb.ListDocumentsRequest(partner="sup-nordic", page_size=1))
    assert [each.document_id for each in listed.documents] == [stored.document_id]


async def test_nobody_sees_another_tenants_or_partners_documents(rig: Rig, server: RunningServer) -> None:
    stored = (await stub(server).SubmitDocument(submission(b"x", name="secret.edi"))).document
    wanted = pb.GetDocumentRequest(document_id=stored.document_id)
    raw = pb.GetDocumentContentRequest(document_id=stored.document_id)
    for other in (stub(server, "globex"), stub(server, partner="wms-east")):
        assert await refused(other.GetDocument(wanted)) == grpc.StatusCode.NOT_FOUND
        assert await refused(other.GetDocumentContent(raw)) == grpc.StatusCode.NOT_FOUND
        listed = await other.ListDocuments(pb.ListDocumentsRequest(partner="sup-nordic"))
        assert all(each.partner != "sup-nordic" for each in listed.documents)
    assert await refused(stub(server, "globex").SubmitDocument(submission(b"x"))) == grpc.StatusCode.NOT_FOUND
    assert (
        await refused(stub(server, partner="wms-east").SubmitDocument(submission(b"x")))
        == grpc.StatusCode.PERMISSION_DENIED
    )


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (submission(b""), grpc.StatusCode.INVALID_ARGUMENT),
        (submission(b"x", name=""), grpc.StatusCode.INVALID_ARGUMENT),
        (submission(b"x", partner="nobody"), grpc.StatusCode.NOT_FOUND),
        (submission(b"x" * 4_100_000), grpc.StatusCode.INVALID_ARGUMENT),
        (submission(b"x" * 6_000_000), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
async def test_a_bad_submission_gets_its_clear_error(
    server: RunningServer, request_: pb.SubmitDocumentRequest, code: grpc.StatusCode
) -> None:
    assert await refused(stub(server).SubmitDocument(request_)) == code


async def test_a_caller_without_token_or_permission_is_refused(server: RunningServer) -> None:
    nobody: Any = server.stub(pb_grpc.ConnectorServiceStub)
    assert await refused(nobody.ListPartners(pb.ListPartnersRequest())) == grpc.StatusCode.UNAUTHENTICATED
    reader: Any = server.stub(
        pb_grpc.ConnectorServiceStub, server.issuer.token((TENANT,), ("connector.document.read",))
    )
    raw = pb.GetDocumentContentRequest(document_id=str(uuid4()))
    assert await refused(reader.GetDocumentContent(raw)) == grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.feature("F191")
async def test_an_overdue_997_is_an_exception_until_it_comes(rig: Rig) -> None:
    order = orders.order(number="PO-DUE", purchase_order_id="id-due")
    await rig.tell(orders.released(order), aggregate="purchase_order/id-due")
    [(document, _)] = [each for each in await rig.send("sup-nordic") if each[0].kind == "x12.850"]
    assert document.state is State.SENT
    due = await rig.value(
        "SELECT due_at - now() FROM timer WHERE kind = $1 AND subject = $2", TIMER, str(document.document_id)
    )
    assert timedelta(seconds=30) < due <= timedelta(seconds=60)
    with caused_by(a_cause("timer")):
        async with rig.uow(tenants=(TENANT,)) as work:
            await work.driver.execute("UPDATE timer SET due_at = now() WHERE subject = $1", str(document.document_id))
            await acknowledgment_overdue(await timers.take_due(work.driver, TENANT, TIMER, 10), work)
    assert await rig.exceptions(document.document_id) == [("partner", "FUNCTIONAL_ACK_OVERDUE", "supplier-desk")]
    answer = files.functional_acknowledgment(document.group_control, control=55_002, written="20261102*0900")
    await rig.given("sup-nordic", answer)
    assert await rig.exceptions(document.document_id) == []
    assert (await rig.document(document.document_id)).state is State.ACKNOWLEDGED


async def test_a_997_is_overdue_in_the_time_of_the_partners_calendar(rig: Rig) -> None:
    closed = sorted({(datetime.now(UTC) + timedelta(days=n)).date().isoformat() for n in range(-1, 3)})
    await rig.partner("sup-nordic", **edi_supplier(calendar={"closures": closed}))
    try:
        order = orders.order(number="PO-CLOSED", purchase_order_id="id-closed")
        await rig.tell(orders.released(order), aggregate="purchase_order/id-closed")
        [(document, _)] = [each for each in await rig.send("sup-nordic") if each[0].kind == "x12.850"]
    finally:
        await rig.partner("sup-nordic", **edi_supplier())
    due = await rig.value("SELECT due_at FROM timer WHERE kind = $1 AND subject = $2", TIMER, str(document.document_id))
    opens = datetime.fromisoformat(closed[-1]).replace(tzinfo=UTC) + timedelta(days=1)
    assert due == opens + timedelta(seconds=60)


async def test_a_paused_partner_is_sent_nothing_and_a_shadow_keeps_what_it_would_have_sent(rig: Rig) -> None:
    for name, change in (("sup-paused", {"state": "paused"}), ("sup-shadow", {"stage": "shadow"})):
        await rig.partner(
            name,
            role="SUPPLIER",
            partyId=name.upper(),
            transport={"fileDrop": {"inbox": f"{name}/in", "outbox": f"{name}/out"}},
            edi={"partnerId": "ZZ:X", "ownId": "ZZ:ACME"},
            documents=[{"kind": "x12.850", "direction": "OUT"}],
            **change,
        )
        order = orders.order(supplier_id=name.upper(), purchase_order_id=f"id-{name}")
        await rig.tell(orders.released(order), aggregate=f"purchase_order/id-{name}")
        assert await rig.send(name) == []
    states = await rig.rows("SELECT partner, state FROM delivery WHERE partner IN ('sup-paused', 'sup-shadow')")
    assert {row["partner"]: row["state"] for row in states} == {"sup-paused": "waiting", "sup-shadow": "suppressed"}
    steps = await rig.rows("SELECT kind, name, transaction_ids, outcome, reason FROM step WHERE outcome = 'suppressed'")
    told = ("delivery", "x12.850", ["po-1"], "suppressed", "SHADOW")
    assert [tuple(row.values()) for row in steps] == [told], "a trace says that it went to nobody"


async def test_a_profile_is_judged_as_it_would_be_kept_and_is_not_kept(server: RunningServer) -> None:
    connector = stub(server)
    listed = (await connector.ListPartners(pb.ListPartnersRequest())).profiles
    profile = partner_pb2.PartnerProfile()
    profile.CopyFrom(next(each for each in listed if each.partner == "sup-nordic"))
    profile.partner, profile.party_id = "sup-unheard-of", "SUP-UNHEARD-OF"
    await connector.CheckPartner(pb.CheckPartnerRequest(profile=profile))
    assert (await connector.ListPartners(pb.ListPartnersRequest())).profiles == listed
    profile.documents[0].kind = "x12.999999"
    assert await refused(connector.CheckPartner(pb.CheckPartnerRequest(profile=profile))) == (
        grpc.StatusCode.INVALID_ARGUMENT
    )
    profile.documents[0].kind, profile.calendar.cut_off = "x12.850", "at noon"
    assert await refused(connector.CheckPartner(pb.CheckPartnerRequest(profile=profile))) == (
        grpc.StatusCode.INVALID_ARGUMENT
    )


async def health_of(connector: Any, partner: str) -> Any:
    answer = await connector.ListPartnerHealth(pb.ListPartnerHealthRequest())
    return next(each for each in answer.partners if each.partner == partner)


@pytest.mark.feature("F183")
async def test_the_health_of_a_partner_counts_what_is_open(rig: Rig, server: RunningServer) -> None:
    connector = stub(server)
    before = await health_of(connector, "sup-nordic")
    order = orders.order(number="PO-HEALTH", purchase_order_id="id-health")
    await rig.tell(orders.released(order), aggregate="purchase_order/id-health")
    waiting = await health_of(connector, "sup-nordic")
    assert waiting.backlog == before.backlog + 1
    assert waiting.HasField("oldest_waiting_at")
    [(document, _)] = [each for each in await rig.send("sup-nordic") if each[0].kind == "x12.850"]
    sent = await health_of(connector, "sup-nordic")
    assert (sent.backlog, sent.unacknowledged) == (before.backlog, before.unacknowledged + 1)
    assert sent.delivered_percent > 0
    assert datetime.now(UTC) - sent.last_sent_at.ToDatetime(tzinfo=UTC) < timedelta(minutes=5)
    await rig.given(
        "sup-nordic", files.functional_acknowledgment(document.group_control, control=55_003, written="20261102*0901")
    )
    answered = await health_of(connector, "sup-nordic")
    assert (answered.unacknowledged, answered.breaker) == (before.unacknowledged, "closed")
    assert answered.last_received_at.ToDatetime() > sent.last_received_at.ToDatetime()


async def test_health_comes_by_pages_and_a_partner_hears_of_itself_alone(server: RunningServer) -> None:
    connector = stub(server)
    everybody = (await connector.ListPartnerHealth(pb.ListPartnerHealthRequest())).partners
    page = await connector.ListPartnerHealth(pb.ListPartnerHealthRequest(page_size=1))
    names = [each.partner for each in page.partners]
    while page.next_page_token:
        asked = pb.ListPartnerHealthRequest(page_size=1, page_token=page.next_page_token)
        page = await connector.ListPartnerHealth(asked)
        names += [each.partner for each in page.partners]
    assert names == sorted(each.partner for each in everybody)
    own = stub(server, partner="wms-east")
    heard = (await own.ListPartnerHealth(pb.ListPartnerHealthRequest())).partners
    assert [each.partner for each in heard] == ["wms-east"]
