"""Documents that wait for master data, and documents that an operator has read again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from connector.domain.documents import Outcome, State
from connector.store.codes import Entry, Thing
from connector.use_cases.read_again import read_again
from connector_samples import files
from connector_samples.calls import ItemUnknown, ObsoleteRevision, control, purchase_order, refusal
from connector_samples.rig import TENANT, Rig, a_cause
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_kit.context import caused_by
from crossdock_kit.exceptions import NothingLeft

pytestmark = pytest.mark.usefixtures("accepting")


@pytest.mark.feature("F178")
async def test_an_unknown_item_waits_and_goes_on_when_catalog_knows_it(rig: Rig) -> None:
    document = await rig.given("erp-eu", purchase_order("PO-W", "B9999"), name="m2", path="purchase-orders")
    assert document.state is State.WAITING
    assert rig.procurement.requests == []
    assert "B9999" in document.messages[0].reason
    [step] = await rig.rows(
        "SELECT name, outcome, reason FROM step WHERE kind = 'document' AND $1 = ANY(keys)",
        f"document:{document.document_id}",
    )
    assert tuple(step) == ("read json.purchase_order", "held", "WAITING")
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


@pytest.mark.feature("F178")
async def test_what_waits_too_long_has_an_owner_until_the_master_data_comes(rig: Rig) -> None:
    impatient = Rig(rig.engine, rig.procurement, patience=timedelta(0))
    document = await impatient.given("erp-eu", purchase_order("PO-X", "B9998"), name="m9", path="purchase-orders")
    assert document.state is State.WAITING
    assert [each[1:] for each in await rig.exceptions(document.document_id)] == [("MASTER_DATA_MISSING", "master-data")]
    await rig.knows(Thing(TENANT, "item", "B9998", (), "EA"))
    await rig.due_now(document.document_id)
    await impatient.translate("erp-eu")
    await impatient.dispatch()
    assert (await rig.document(document.document_id)).state is State.UNDERSTOOD
    assert await rig.exceptions(document.document_id) == []


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


@pytest.mark.feature("F178")
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
