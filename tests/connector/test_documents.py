"""From the stored file to the answered command, and the refusals on the way."""

from __future__ import annotations

import pytest
from connector.domain.documents import State
from connector_samples import files
from connector_samples.calls import ObsoleteRevision, control, purchase_order, refusal
from connector_samples.rig import Rig
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

pytestmark = pytest.mark.usefixtures("accepting")


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


@pytest.mark.feature("F186")
async def test_an_order_of_the_erp_is_submitted_and_its_transaction_is_known_afterwards(rig: Rig) -> None:
    document = await rig.given("erp-eu", purchase_order("PO-1"), name="m1", path="purchase-orders")
    assert document.state is State.UNDERSTOOD
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.SubmitPurchaseOrderRequest)
    assert (request.supplier_id, request.ship_to_id, request.lines[0].ordered.unit) == ("SUP-NORDIC", "WH-EAST", "EA")
    assert document.transaction_ids == ("po-77",)
    assert "po:PO-1" in document.keys


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


async def test_a_file_of_another_sender_on_this_partners_channel_is_refused(rig: Rig) -> None:
    content = files.interchange("855", ["BAK*00*AK*4500000001*20261102"], control=control(), sender="DELTA")
    document = await rig.given("sup-nordic", content)
    assert document.state is State.REFUSED
    assert "not this partner" in document.reason


async def test_an_answer_of_a_thousand_lines_is_one_command(rig: Rig) -> None:
    segments = ["BAK*00*AC*4500000001*20261102"]
    for number in range(1, 1001):
        segments += [f"PO1*{number}*100*EA*12.5*PE*BP*A1001", "ACK*IA*100*EA*068*20261110"]
    document = await rig.given("sup-nordic", files.interchange("855", segments, control=control()))
    assert document.state is State.UNDERSTOOD
    assert document.messages[0].lines == 1000


@pytest.mark.feature("F065")
async def test_a_ship_notice_in_the_suppliers_words_names_our_items_and_places(rig: Rig) -> None:
    content = files.ship_notice(control=control(), number="SH-OWN").replace(b"BP*A1001*VP*ND-77", b"VP*ND-77")
    content = content.replace(b"N1*ST**92*WH-EAST", b"N1*ST**UL*0614141000012")
    await rig.given("sup-nordic", content)
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.RecordShipNoticeRequest)
    assert request.ship_to_id == "WH-EAST"
    assert (request.lines[0].sku, request.lines[0].supplier_item) == ("A1001", "ND-77")
