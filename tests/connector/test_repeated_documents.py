"""The same again, and the same number with other content."""

from __future__ import annotations

import pytest
from connector.domain.documents import State
from connector_samples import files
from connector_samples.calls import control, purchase_order
from connector_samples.rig import Rig

pytestmark = pytest.mark.usefixtures("accepting")


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


async def test_an_id_of_a_message_that_comes_again_with_other_content_is_refused(rig: Rig) -> None:
    await rig.given("erp-eu", purchase_order("PO-A"), name="msg-1", path="purchase-orders")
    other = await rig.given("erp-eu", purchase_order("PO-B"), name="msg-1", path="purchase-orders")
    assert other.state is State.REFUSED
    assert len(rig.procurement.requests) == 1
