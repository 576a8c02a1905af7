"""From the stored file to the answered command: duplicates, acknowledgments, revisions, refusals and waits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc
import pytest
from connector.domain.documents import Outcome, State
from connector.store.codes import Entry, Thing
from connector.use_cases.read_again import read_again
from connector.use_cases.send import NotRepresentable
from connector_samples import files, orders
from connector_samples.rig import TENANT, Rig, a_cause
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_kit.context import caused_by
from crossdock_kit.deliveries import Delivered, Retry
from crossdock_kit.errors import Refused
from crossdock_kit.exceptions import NothingLeft
from crossdock_kit.server.refusals import status_of
from crossdock_kit.subscriptions.model import EventFailed


@dataclass
class ObsoleteRevision(Refused):
    revision: int


@dataclass
class ItemUnknown(Refused):
    sku: str


def refusal(error: Refused) -> grpc.aio.AioRpcError:
    """An error as it comes out of a call: with the rich status in its trailing metadata."""
    status = status_of(error, "procurement.crossdock.dev")
    return grpc.aio.AioRpcError(
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.aio.Metadata(),
        grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString())),
        details=status.message,
    )


@pytest.fixture(autouse=True)
async def _fresh(rig: Rig) -> None:
    rig.procurement.accepts("AcknowledgePurchaseOrder", procurement.AcknowledgePurchaseOrderResponse())
    rig.procurement.accepts("RecordShipNotice", procurement.RecordShipNoticeResponse())
    rig.procurement.accepts("RecordReceipt", procurement.RecordReceiptResponse())
    rig.procurement.accepts(
        "SubmitPurchaseOrder",
        procurement.SubmitPurchaseOrderResponse(
            purchase_order=purchase_order_pb2.PurchaseOrder(purchase_order_id="po-77")
        ),
    )
    for partner in ("sup-nordic", "erp-eu", "wms-east"):
        await rig.translate(partner)
        await rig.dispatch()
        await rig.send(partner)
    rig.procurement.requests.clear()


_control = iter(range(1000, 999_999))


def control() -> int:
    return next(_control)


async def sent_order(rig: Rig, number: str, revision: int = 1) -> str:
    """An order or its change goes out by EDI; the group control number under which it went."""
    order = orders.order(number=number, revision=revision, purchase_order_id=f"id-{number}")
    event: Any = orders.released(order)
    if revision > 1:
        event = events_pb2.PurchaseOrderRevised(
            purchase_order_id=order.purchase_order_id, number=number, purchase_order=order
        )
    await rig.tell(event, aggregate=f"purchase_order/{order.purchase_order_id}", version=revision)
    [(document, content)] = [each for each in await rig.send("sup-nordic") if each[0].kind != "x12.997"]
    assert document.state is State.SENT
    assert f"GS*P{'O' if revision == 1 else 'C'}*".encode() in content
    return document.group_control


@pytest.mark.feature("F188")
@pytest.mark.feature("F191")
async def test_an_order_is_sent_and_its_997_is_correlated(rig: Rig) -> None:
    group = await sent_order(rig, "PO-ACK")
    answer = await rig.given(
        "sup-nordic", files.functional_acknowledgment(group, control=control(), written="20261102*0900")
    )
    assert answer.state is State.UNDERSTOOD
    sent = await rig.value("SELECT state FROM document WHERE group_control = $1 AND outbound", group)
    assert sent == State.ACKNOWLEDGED
    assert await rig.value("SELECT count(*) FROM timer WHERE kind = 'functional_ack'") == 0
    accepted = await rig.value("SELECT accepted_at IS NOT NULL FROM sent_revision WHERE number = 'PO-ACK'")
    assert accepted is True


async def test_a_997_before_the_delivery_report_is_not_undone_by_it(rig: Rig) -> None:
    order = orders.order(number="PO-RACE", purchase_order_id="id-race")
    await rig.tell(orders.released(order), aggregate="purchase_order/id-race")
    group = await rig.value(
        "SELECT group_control FROM document WHERE outbound AND kind = 'x12.850' ORDER BY position DESC"
    )
    await rig.given("sup-nordic", files.functional_acknowledgment(group, control=control(), written="20261102*0900"))
    [(document, _)] = [each for each in await rig.send("sup-nordic") if each[0].kind == "x12.850"]
    assert document.state is State.ACKNOWLEDGED


async def test_a_rejecting_997_is_an_exception_of_the_supplier_desk(rig: Rig) -> None:
    group = await sent_order(rig, "PO-REJ")
    await rig.given(
        "sup-nordic", files.functional_acknowledgment(group, control=control(), written="20261102*0900", verdict="R")
    )
    rows = await rig.rows("SELECT document_id, state FROM document WHERE group_control = $1 AND outbound", group)
    assert rows[0]["state"] == State.REJECTED
    assert await rig.exceptions(rows[0]["document_id"]) == [("partner", "FUNCTIONAL_ACK_REJECTED", "supplier-desk")]


async def test_a_997_for_an_unknown_group_is_refused_and_seen(rig: Rig) -> None:
    document = await rig.given(
        "sup-nordic", files.functional_acknowledgment("987654", control=control(), written="20261102*0900")
    )
    assert document.state is State.REFUSED
    assert "was not sent" in document.reason
    assert [code for _, code, _ in await rig.exceptions(document.document_id)] == ["DOCUMENT_REFUSED"]


@pytest.mark.feature("F189")
@pytest.mark.feature("F060")
async def test_an_855_becomes_a_command_and_gets_a_997(rig: Rig) -> None:
    number = control()
    document = await rig.given("sup-nordic", files.acknowledgment(control=number))
    assert document.state is State.UNDERSTOOD
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.AcknowledgePurchaseOrderRequest)
    assert request.ref.number == "4500000001"
    assert request.supplier_id == "SUP-NORDIC"
    [line] = request.lines
    assert (line.line_number, line.sku, line.supplier_item) == ("10", "A1001", "ND-77")
    assert line.acknowledgments[0].outcome == procurement.ACKNOWLEDGMENT_OUTCOME_ACCEPTED
    [(answer, content)] = await rig.send("sup-nordic")
    assert answer.kind == "x12.997"
    assert answer.related == document.document_id
    assert f"AK1*PR*{number}".encode() in content
    assert b"AK5*A" in content


@pytest.mark.feature("F057")
@pytest.mark.parametrize(
    ("written", "revision", "basis"),
    [
        ("20261102*0859", 0, procurement.REVISION_BASIS_UNKNOWN),
        ("20261102*0930", 1, procurement.REVISION_BASIS_FUNCTIONAL_ACK),
        ("20261102*1030", 2, procurement.REVISION_BASIS_FUNCTIONAL_ACK),
    ],
)
async def test_an_855_answers_the_last_revision_that_was_accepted_before_its_own_time(
    rig: Rig, written: str, revision: int, basis: int
) -> None:
    number = f"PO-{written[-4:]}"
    first = await sent_order(rig, number)
    await rig.given("sup-nordic", files.functional_acknowledgment(first, control=control(), written="20261102*0900"))
    second = await sent_order(rig, number, revision=2)
    await rig.given(
        "sup-nordic",
        files.functional_acknowledgment(
            second, control=control(), written="20261102*1000", set_id="860", functional="PC"
        ),
    )
    rig.procurement.requests.clear()
    await rig.given("sup-nordic", files.acknowledgment(control=control(), written=written, number=number))
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.AcknowledgePurchaseOrderRequest)
    assert (request.revision, request.revision_basis) == (revision, basis)


async def test_the_same_bytes_again_are_a_duplicate_without_effect_and_acknowledged_again(rig: Rig) -> None:
    content = files.acknowledgment(control=control())
    first = await rig.given("sup-nordic", content, name="a.edi")
    await rig.send("sup-nordic")
    again = await rig.given("sup-nordic", content, name="b.edi")
    assert again.state is State.DUPLICATE
    assert again.related == first.document_id
    assert len(rig.procurement.requests) == 1
    assert [each.kind for each, _ in await rig.send("sup-nordic")] == ["x12.997"]


async def test_the_same_file_handed_in_again_is_the_same_document(rig: Rig) -> None:
    content = files.acknowledgment(control=control())
    first = await rig.given("sup-nordic", content, name="once.edi")
    assert await rig.hand_in("sup-nordic", content, name="once.edi") == first.document_id


async def test_a_control_number_reused_for_other_content_is_refused(rig: Rig) -> None:
    number = control()
    await rig.given("sup-nordic", files.acknowledgment(control=number))
    other = await rig.given("sup-nordic", files.acknowledgment(control=number, code="IR"))
    assert other.state is State.REFUSED
    assert "used before with other content" in other.reason
    assert other.findings[-1].code == "control-number-reused"
    assert ("partner", "DOCUMENT_REFUSED", "integration") in await rig.exceptions(other.document_id)
    assert len(rig.procurement.requests) == 1


async def test_a_corrected_resend_under_the_number_of_a_refused_file_is_no_duplicate(rig: Rig) -> None:
    number = control()
    broken = files.acknowledgment(control=number).replace(b"ACK*IA", b"ACK*??")
    assert (await rig.given("sup-nordic", broken)).state is State.REFUSED
    assert (await rig.given("sup-nordic", files.acknowledgment(control=number))).state is State.UNDERSTOOD


@pytest.mark.feature("F228")
async def test_a_refused_command_is_an_exception_and_does_not_block_the_next(rig: Rig) -> None:
    rig.procurement.refuses("AcknowledgePurchaseOrder", refusal(ObsoleteRevision(1)))
    document = await rig.given("sup-nordic", files.acknowledgment(control=control()))
    assert document.state is State.EXCEPTION
    assert await rig.exceptions(document.document_id) == [("business", "OBSOLETE_REVISION", "supplier-desk")]
    rig.procurement.accepts("AcknowledgePurchaseOrder", procurement.AcknowledgePurchaseOrderResponse())
    assert (await rig.given("sup-nordic", files.acknowledgment(control=control()))).state is State.UNDERSTOOD


@pytest.mark.feature("F064")
@pytest.mark.feature("F066")
@pytest.mark.feature("F190")
async def test_an_856_is_read_by_parent_and_a_wrong_check_digit_is_told_while_the_rest_goes_on(rig: Rig) -> None:
    document = await rig.given("sup-nordic", files.ship_notice(control=control(), sscc="106141411234567890"))
    assert document.state is State.UNDERSTOOD
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.RecordShipNoticeRequest)
    [line] = request.lines
    assert (line.purchase_order_number, line.line_number, line.sku) == ("4500000001", "10", "A1001")
    assert (line.pallet_sscc, line.carton_sscc) == ("106141411234567897", "106141411234567890")
    assert (line.lot.number, line.packed_on_revision, line.shipped.value) == ("L-9", 2, "24")
    assert (request.carrier, request.bill_of_lading, request.ship_to_id) == ("DHLF", "BL-1", "WH-EAST")
    assert await rig.exceptions(document.document_id) == [("partner", "CHECK_DIGIT_WRONG", "supplier-desk")]


async def test_lines_that_procurement_could_not_place_leave_the_document_as_exception(rig: Rig) -> None:
    rig.procurement.accepts(
        "RecordShipNotice", procurement.RecordShipNoticeResponse(refused_lines=["line 2: unknown order PO-?"])
    )
    document = await rig.given("sup-nordic", files.ship_notice(control=control(), number="SH-PART"))
    assert document.state is State.EXCEPTION
    assert "unknown order" in document.messages[0].reason


def purchase_order(number: str, material: str = "A1001", **changes: Any) -> bytes:
    order = {
        "number": number,
        "version": "1",
        "changedAt": "2026-11-02T08:00:00Z",
        "orderDate": "2026-11-02",
        "supplier": "V100010",
        "shipTo": "1010",
        "currency": "EUR",
        "lines": [{"line": "10", "material": material, "quantity": "100", "unit": "ST"}],
    }
    body = {
        "documentType": "purchaseOrder",
        "action": "release",
        "companyCode": "EU01",
        "purchaseOrder": order | changes,
    }
    return json.dumps(body).encode()


@pytest.mark.feature("F186")
async def test_an_order_of_the_erp_is_submitted_and_its_transaction_is_known_afterwards(rig: Rig) -> None:
    document = await rig.given("erp-eu", purchase_order("PO-1"), name="m1", path="purchase-orders")
    assert document.state is State.UNDERSTOOD
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.SubmitPurchaseOrderRequest)
    assert (request.supplier_id, request.ship_to_id, request.lines[0].ordered.unit) == ("SUP-NORDIC", "WH-EAST", "EA")
    assert document.transaction_ids == ("po-77",)
    assert "po:PO-1" in document.keys


async def test_an_unknown_item_waits_and_goes_on_when_catalog_knows_it(rig: Rig) -> None:
    document = await rig.given("erp-eu", purchase_order("PO-W", "B9999"), name="m2", path="purchase-orders")
    assert document.state is State.WAITING
    assert rig.procurement.requests == []
    assert "B9999" in document.messages[0].reason
    assert await rig.exceptions(document.document_id) == []

    behind = await rig.given(
        "erp-eu", purchase_order("PO-W", changedAt="2026-11-02T09:00:00Z"), name="m3", path="purchase-orders"
    )
    assert behind.state is State.WAITING, "the change of an order that waits may not overtake it"

    await rig.knows(Thing(TENANT, "item", "B9999", (), "EA"))
    for each in (document, behind):
        await rig.due_now(each.document_id)
        await rig.translate("erp-eu")
    await rig.due_now(behind.document_id)
    await rig.translate("erp-eu")
    await rig.dispatch()
    assert (await rig.document(document.document_id)).state is State.UNDERSTOOD
    assert (await rig.document(behind.document_id)).state is State.UNDERSTOOD
    assert len(rig.procurement.requests) == 2


async def test_a_message_that_waits_neither_repeats_nor_loses_the_others_of_its_file(rig: Rig) -> None:
    document_id = await rig.hand_in("sup-nordic", files.two_answers(control=control(), unit="Q9"))
    await rig.translate("sup-nordic")
    document = await rig.document(document_id)
    assert document.state is State.WAITING
    assert [each.outcome for each in document.messages] == [Outcome.PENDING, Outcome.WAITING]
    await rig.due_now(document_id)
    await rig.translate("sup-nordic")
    await rig.dispatch()
    document = await rig.document(document_id)
    assert [each.outcome for each in document.messages] == [Outcome.ACCEPTED, Outcome.WAITING]
    await rig.knows(entries=[Entry(TENANT, "sup-nordic", "unit", "", "Q9", "EA")])
    await rig.due_now(document_id)
    await rig.translate("sup-nordic")
    await rig.dispatch()
    assert (await rig.document(document_id)).state is State.UNDERSTOOD
    assert len(rig.procurement.requests) == 2
    answers = [each for each, _ in await rig.send("sup-nordic") if each.related == document_id]
    assert len(answers) == 1, "one 997 for the group, however often the file was read"


async def test_what_procurement_does_not_know_yet_is_asked_again_under_a_new_request_id(rig: Rig) -> None:
    rig.procurement.refuses("SubmitPurchaseOrder", refusal(ItemUnknown("A1001")))
    document = await rig.given("erp-eu", purchase_order("PO-L"), name="m4", path="purchase-orders")
    assert document.state is State.WAITING
    rig.procurement.accepts("SubmitPurchaseOrder", procurement.SubmitPurchaseOrderResponse())
    await rig.due_now(document.document_id)
    await rig.translate("erp-eu")
    await rig.dispatch()
    assert (await rig.document(document.document_id)).state is State.UNDERSTOOD
    first, second = rig.procurement.requests
    assert first.request_id != second.request_id  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not JSON"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"[" * 100_000, "deeper"),
        (b"\xff\xfe", "not UTF-8"),
        (purchase_order("PO-X").replace(b'"100"', b"1e-9"), "plain number"),
        (purchase_order("PO-X").replace(b'"100"', b"NaN"), "no number"),
        (purchase_order("PO-X").replace(b'"2026-11-02"', b'"20260230"'), "date"),
        (purchase_order("PO-X").replace(b'"lines"', b'"none"'), "at least one line"),
    ],
)
async def test_a_document_that_cannot_be_understood_is_refused_with_its_place(
    rig: Rig, content: bytes, said: str
) -> None:
    document = await rig.given("erp-eu", content, path="purchase-orders")
    assert document.state is State.REFUSED
    assert said in document.reason
    assert rig.procurement.requests == []
    assert [code for _, code, _ in await rig.exceptions(document.document_id)] == ["DOCUMENT_REFUSED"]


async def test_an_id_of_a_message_that_comes_again_with_other_content_is_refused(rig: Rig) -> None:
    await rig.given("erp-eu", purchase_order("PO-A"), name="msg-1", path="purchase-orders")
    other = await rig.given("erp-eu", purchase_order("PO-B"), name="msg-1", path="purchase-orders")
    assert other.state is State.REFUSED
    assert len(rig.procurement.requests) == 1


async def test_a_file_of_another_sender_on_this_partners_channel_is_refused(rig: Rig) -> None:
    content = files.interchange("855", ["BAK*00*AK*4500000001*20261102"], control=control(), sender="DELTA")
    document = await rig.given("sup-nordic", content)
    assert document.state is State.REFUSED
    assert "not this partner" in document.reason


async def test_a_set_without_a_flow_is_refused_and_the_997_says_so(rig: Rig) -> None:
    await rig.send("sup-nordic")
    content = files.interchange("810", ["BIG*20261102*INV1*20261102*PO1"], control=control(), group="IN")
    document = await rig.given("sup-nordic", content)
    assert document.state is State.REFUSED
    assert document.reason == "set 810 has no flow here"
    [(_, answer)] = await rig.send("sup-nordic")
    assert b"AK5*R*1" in answer


@pytest.mark.feature("F072")
@pytest.mark.feature("F073")
async def test_a_receipt_is_posted_to_the_erp_once_under_its_own_key(rig: Rig) -> None:
    await rig.send("erp-eu")
    event = events_pb2.GoodsReceived(
        receipt_id="0190c0de-0000-7000-8000-00000000aaaa", number="RC-1", location_id="WH-EAST"
    )
    event.receipt.business_unit = "EU01"
    await rig.tell(event, aggregate=f"receipt/{event.receipt_id}")
    await rig.tell(event, aggregate=f"receipt/{event.receipt_id}", version=2)
    sent = await rig.send("erp-eu", Delivered(foreign_number="5000000001"))
    assert len(sent) == 1
    document, content = sent[0]
    assert json.loads(content)["plant"] == "1010"
    assert document.foreign_number == "5000000001"
    journal = await rig.rows("SELECT body FROM journal WHERE type LIKE '%DocumentSent'")
    assert any(b"5000000001" in row["body"] for row in journal)


async def test_an_order_that_x12_cannot_carry_is_refused_before_it_is_sent(rig: Rig) -> None:
    order = orders.order(number="PO-LONG", purchase_order_id="id-long")
    order.lines[0].ordered.value = "1000.000001"
    with pytest.raises(EventFailed) as failed:
        await rig.tell(orders.released(order), aggregate="purchase_order/id-long")
    assert isinstance(failed.value.__cause__, NotRepresentable)


async def test_a_fact_for_nobody_is_an_exception(rig: Rig) -> None:
    event = events_pb2.InboundExpected(reference="r1", location_id="WH-NOWHERE", sequence=1)
    await rig.tell(event, aggregate="expected_receipt/r1")
    assert ("business", "NO_PARTNER", "integration") in await rig.exceptions()


async def test_raw_bytes_are_encrypted_at_rest_and_come_back(rig: Rig) -> None:
    content = files.acknowledgment(control=control())
    document_id = await rig.hand_in("sup-nordic", content)
    stored = await rig.value("SELECT content FROM document WHERE document_id = $1", document_id)
    assert b"BAK" not in stored
    document = await rig.document(document_id)
    async with rig.uow(tenants=(TENANT,)) as work:
        assert await rig.around.vault.within(work.driver).open(document.kept, stored) == content


async def test_a_change_never_leaves_before_the_order_that_it_changes(rig: Rig) -> None:
    order = orders.order(number="PO-SEQ", purchase_order_id="id-seq")
    await rig.tell(orders.released(order), aggregate="purchase_order/id-seq")
    changed = orders.order(number="PO-SEQ", purchase_order_id="id-seq", revision=2)
    event = events_pb2.PurchaseOrderRevised(purchase_order_id="id-seq", number="PO-SEQ", purchase_order=changed)
    await rig.tell(event, aggregate="purchase_order/id-seq", version=2)
    away = Retry("away", after=timedelta(0))
    assert [each.kind for each, _ in await rig.send("sup-nordic", away)] == ["x12.850"]
    assert [each.kind for each, _ in await rig.send("sup-nordic", away)] == ["x12.850"]
    first, content = (await rig.send("sup-nordic"))[0]
    assert (first.kind, first.state) == ("x12.850", State.SENT)
    second, _ = (await rig.send("sup-nordic"))[0]
    assert second.kind == "x12.860"
    assert int(second.group_control) > int(first.group_control)
    stored = await rig.rows("SELECT control_numbers FROM document WHERE document_id = $1", first.document_id)
    assert stored[0]["control_numbers"][0].encode() in content


async def test_an_operator_has_a_refused_message_read_again_and_nothing_that_had_its_effect(rig: Rig) -> None:
    rig.procurement.refuses("AcknowledgePurchaseOrder", refusal(ObsoleteRevision(1)))
    document = await rig.given("sup-nordic", files.acknowledgment(control=control()))
    assert document.state is State.EXCEPTION
    rig.procurement.accepts("AcknowledgePurchaseOrder", procurement.AcknowledgePurchaseOrderResponse())
    with caused_by(a_cause()):
        async with rig.uow(tenants=(TENANT,)) as work:
            assert "1 of its messages" in await read_again(document.subject, work, rig.around)
    await rig.translate("sup-nordic")
    await rig.dispatch()
    again = await rig.document(document.document_id)
    assert again.state is State.UNDERSTOOD
    first, second = rig.procurement.requests
    assert first.request_id != second.request_id  # type: ignore[attr-defined]
    with caused_by(a_cause()), pytest.raises(NothingLeft):
        async with rig.uow(tenants=(TENANT,)) as work:
            await read_again(document.subject, work, rig.around)


async def test_an_answer_of_a_thousand_lines_is_one_command(rig: Rig) -> None:
    segments = ["BAK*00*AC*4500000001*20261102"]
    for number in range(1, 1001):
        segments += [f"PO1*{number}*100*EA*12.5*PE*BP*A1001", "ACK*IA*100*EA*068*20261110"]
    document = await rig.given("sup-nordic", files.interchange("855", segments, control=control()))
    assert document.state is State.UNDERSTOOD
    assert document.messages[0].lines == 1000


@pytest.mark.feature("F127")
@pytest.mark.feature("F267")
async def test_order_and_both_acknowledgments_stand_in_one_timeline(rig: Rig) -> None:
    group = await sent_order(rig, "4500000777")
    await rig.given("sup-nordic", files.functional_acknowledgment(group, control=control(), written="20261102*0900"))
    await rig.given("sup-nordic", files.acknowledgment(control=control(), number="4500000777", written="20261102*0930"))
    rows = await rig.rows(
        "SELECT kind, name FROM step WHERE 'id-4500000777' = ANY(transaction_ids) OR 'po-1' = ANY(transaction_ids)"
        " ORDER BY position"
    )
    steps = [(row["kind"], row["name"]) for row in rows]
    assert ("document", "translate document") in steps
    assert ("delivery", "procurement.AcknowledgePurchaseOrder") in steps
    found = await rig.value(
        "SELECT count(*) FROM transaction_key WHERE key = 'po:4500000777' AND transaction_id = 'id-4500000777'"
    )
    assert found == 1


@pytest.mark.feature("F065")
async def test_a_ship_notice_in_the_suppliers_words_names_our_items_and_places(rig: Rig) -> None:
    content = files.ship_notice(control=control(), number="SH-OWN").replace(b"BP*A1001*VP*ND-77", b"VP*ND-77")
    content = content.replace(b"N1*ST**92*WH-EAST", b"N1*ST**UL*0614141000012")
    await rig.given("sup-nordic", content)
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.RecordShipNoticeRequest)
    assert request.ship_to_id == "WH-EAST"
    assert (request.lines[0].sku, request.lines[0].supplier_item) == ("A1001", "ND-77")
